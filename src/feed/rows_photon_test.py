"""Photon's lists and OVAL, compared row by row."""
import json
import re

import oval_rows
import rows


def read_list(path):
    release = re.search(r"photon(\d\.\d)", path).group(1)
    for entry in json.loads(rows.unpacked(path)):
        fixed = entry["res_ver"] if entry["res_ver"] != "NA" else ""
        status = entry.get("status", "")
        state = "fixed" if fixed else "not-affected" if status == "Not Affected" else "affected"
        row = oval_rows.row("photon:" + release, entry["pkg"], "source", state=state, fixed=fixed,
                            word="" if fixed else status)
        score = float(entry["cve_score"])
        severity = next(n for limit, n in ((4, "low"), (7, "medium"), (9, "high"), (11, "critical"))
                        if score < limit)
        yield {"id": entry["cve_id"], "severity": severity, "severity_source": "photon",
               "affected": [row]}


def read_oval(path):
    for d in oval_rows.Document(path).definitions:
        found = []
        for case in d.cases():
            release = re.search(r"Photon OS (\d) is installed", case[0].comment).group(1)
            package = [leaf for leaf in case if leaf.known and "evr" in leaf.state][0]
            found.append(oval_rows.row("photon:%s.0" % release, package.name,
                                       fixed=package.state["evr"][1]))
        yield {**d.advisory(d.text("title").split()[0], "photon", "PHSA"),
               "affected": oval_rows.unique(found)}


for branch in ("1.0", "4.0", "5.0"):
    name = "cve_data_photon%s.json" % branch
    rows.compare("photon reads " + name, "photon", name, "photon/cve/" + name,
                 lambda p: list(read_list(p)), *oval_rows.KEYS)
OVAL = "com.vmware.phsa-photon3.xml"
rows.compare("photon reads " + OVAL, "photon", OVAL, "photon/oval/%s.xz" % OVAL,
             lambda p: list(read_oval(p)), *oval_rows.KEYS)
oval_rows.check_literals("rows of Photon 4.0 that were looked up", "photon", "cve_data_photon4.0.json",
                         "photon/cve/cve_data_photon4.0.json", [
    ("CVE-2025-9086", {"namespace": "photon:4.0", "package": "curl-libs", "fixed": "8.16.0-1.ph4"}),
    ("UNK-1", {"package": "curl-devel", "state": "not-affected"}),
    ("Re", {"package": "linux", "state": "not-affected"}),
])
oval_rows.check_literals("rows of Photon 1.0 that were looked up", "photon", "cve_data_photon1.0.json",
                         "photon/cve/cve_data_photon1.0.json", [
    ("CVE-2020-1945", {"namespace": "photon:1.0", "package": "apache-ant", "fixed": "1.10.8-1.ph1"}),
    ("CVE-2020-11979", {"package": "apache-ant", "fixed": "1.10.8-2.ph1"}),
])
oval_rows.check_literals("rows of Photon 3's OVAL that were looked up", "photon", OVAL,
                         "photon/oval/%s.xz" % OVAL, [
    ("PHSA-2020:00001", {"namespace": "photon:3.0", "package": "sqlite-libs", "scope": "binary",
                         "fixed": "0:3.27.2-5.ph3"}),
    ("PHSA-2020:00002", {"package": "sqlite-devel", "fixed": "0:3.27.2-2.ph3"}),
    ("PHSA-2020:00003", {"package": "sqlite", "fixed": "0:3.27.2-1.ph3"}),
    ("PHSA-2020:00222", {"fixed": "0:1.8.0.212-1.ph3"}),
])
rows.done()
