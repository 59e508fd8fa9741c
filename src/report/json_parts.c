#include "report/json_parts.h"

#include "model/risk.h"

enum { EPSS_DECIMALS = 5 };

void json_exploitation(struct jsonw *j, const struct exploitation *x)
{
    if (risk_has_epss(x)) {
        jsonw_decimal(j, "epss", x->epss, EPSS_DECIMALS);
        jsonw_decimal(j, "epss_percentile", x->epss_percentile, EPSS_DECIMALS);
    } else {
        jsonw_null(j, "epss");
        jsonw_null(j, "epss_percentile");
    }
    if (x->kev_added_s == 0) {
        jsonw_null(j, "kev");
        return;
    }
    jsonw_object(j, "kev");
    jsonw_time(j, "added", x->kev_added_s);
    jsonw_time(j, "due", x->kev_due_s);
    jsonw_bool(j, "ransomware", x->kev_ransomware);
    jsonw_close(j);
}

void json_cvss(struct jsonw *j, str vector, str source, unsigned tenths)
{
    jsonw_str(j, "cvss", vector);
    jsonw_str(j, "cvss_source", source);
    if (tenths > 0) {
        jsonw_decimal(j, "cvss_score", tenths, 1);
    } else {
        jsonw_null(j, "cvss_score");
    }
}

void json_affected(struct jsonw *j, const struct affected *row)
{
    jsonw_str(j, "namespace", row->namespace_);
    jsonw_str(j, "product", row->product);
    jsonw_str(j, "package", row->package);
    jsonw_text(j, "scope", row->scope == SCOPE_SOURCE ? "source" : "binary");
    jsonw_str(j, "arch", row->arch);
    jsonw_str(j, "module", row->module);
    jsonw_text(j, "state", fix_state_name(row->state));
    jsonw_str(j, "introduced", row->introduced);
    jsonw_str(j, "fixed", row->fixed);
    jsonw_str(j, "last_affected", row->last_affected);
    jsonw_str(j, "word", row->word);
}
