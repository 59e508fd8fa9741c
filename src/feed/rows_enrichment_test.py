#!/usr/bin/env python3
"""rows_enrichment_test.py: NVD, the CVE programme, CISA's catalogue and EPSS, read by Python and
compared with limpid's readers, entry by entry."""
import csv
import datetime
import decimal
import io
import json
import os
import re
import tarfile
import tempfile

import rows

WORDS = {"NONE": "negligible", "LOW": "low", "MEDIUM": "medium", "HIGH": "high", "CRITICAL": "critical"}


def seconds(text):
    when = datetime.datetime.fromisoformat(text.split(".")[0].rstrip("Z"))
    return int(when.replace(tzinfo=datetime.timezone.utc).timestamp())


def cut(text):
    text = re.sub(r"[ \t\r\n\v\f]+", " ", text).strip(" ")
    data = text.encode()
    if len(data) <= 4096:
        return text
    return data[:4093].decode(errors="ignore") + "…"


def nvd(data):
    order = {"cvssMetricV40": 40, "cvssMetricV31": 31, "cvssMetricV30": 30, "cvssMetricV2": 20}
    for entry in json.loads(data)["vulnerabilities"]:
        cve = entry["cve"]
        metrics = [(m.get("type") == "Primary", order[kind], -i, m) for kind, list in cve["metrics"].items()
                   if kind in order for i, m in enumerate(list)]
        a = {"id": cve["id"], "description": cut([d["value"] for d in cve["descriptions"]
                                                  if d["lang"] == "en"][-1]),
             "published": seconds(cve["published"]), "modified": seconds(cve["lastModified"]),
             "url": "https://nvd.nist.gov/vuln/detail/" + cve["id"]}
        if cve["vulnStatus"] == "Rejected":
            a["withdrawn"] = a["modified"]
        if metrics:
            best = max(metrics, key=lambda m: m[:3])[3]
            a["cvss"] = best["cvssData"]["vectorString"]
            word = best["cvssData"].get("baseSeverity") or best.get("baseSeverity")
            if word:
                a.update(severity=WORDS[word], severity_source="nvd")
        yield a


def kev(data):
    for v in json.loads(data)["vulnerabilities"]:
        a = {"id": v["cveID"], "description": cut(v["shortDescription"]),
             "url": "https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
             "kev_added": seconds(v["dateAdded"]), "modified": seconds(v["dateAdded"]),
             "kev_due": seconds(v["dueDate"])}
        if v["knownRansomwareCampaignUse"] == "Known":
            a["kev_ransomware"] = 1
        yield a


def epss(data):
    text = data.decode().splitlines()
    date = None
    if text[0].startswith("#"):
        date = seconds(text[0].split("score_date:")[1][:10])
        text = text[1:]
    for line in csv.DictReader(io.StringIO("\n".join(text))):
        def whole(word):
            return int((decimal.Decimal(word) * 100000).quantize(decimal.Decimal(1),
                                                                 decimal.ROUND_HALF_UP))
        a = {"id": line["cve"], "epss": whole(line["epss"]),
             "epss_percentile": whole(line.get("percentile") or "0"), "modified": date}
        yield {k: v for k, v in a.items() if v}


def programme(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(".json"):
                continue
            record = json.load(archive.extractfile(member))
            meta, parts = record["cveMetadata"], record["containers"]
            texts = parts["cna"].get("descriptions") or parts["cna"].get("rejectedReasons") or []
            english = [d["value"] for d in texts if d["lang"].startswith("en")]
            a = {"id": meta["cveId"], "url": "https://www.cve.org/CVERecord?id=" + meta["cveId"],
                 "description": cut(english[0] if english else parts["cna"].get("title", ""))}
            for key, name in (("datePublished", "published"), ("dateUpdated", "modified")):
                if meta.get(key):
                    a[name] = seconds(meta[key])
            if meta["state"] == "REJECTED":
                a["withdrawn"] = a["modified"]
            scores = []
            for primary, container in [(True, parts["cna"])] + [(False, p) for p in parts.get("adp", [])]:
                for m in container.get("metrics", []):
                    for kind, version in (("cvssV4_0", 40), ("cvssV3_1", 31), ("cvssV3_0", 30),
                                          ("cvssV2_0", 20)):
                        if kind in m:
                            scores.append((primary, version, -len(scores), m[kind]))
            if scores:
                best = max(scores, key=lambda s: s[:3])[3]
                a["cvss"] = best["vectorString"]
                if best.get("baseSeverity"):
                    a.update(severity=WORDS[best["baseSeverity"]], severity_source="cve")
            yield {k: v for k, v in a.items() if v}


def check(name, feed, document, path, read):
    whole = os.path.join(rows.FEEDS, path)
    if not os.path.exists(whole):
        return rows.skip(name, "no " + path)
    got, _ = rows.dump(feed, document, whole)
    mine = list(read(rows.unpacked(whole)))
    wrong = []
    for a, b in zip(got, mine):
        a = {k: v for k, v in a.items() if k not in ("ids", "affected")}
        if a != b:
            wrong.append({k: (a.get(k), b.get(k)) for k in a.keys() | b.keys() if a.get(k) != b.get(k)})
    rows.report(f"{name}: {len(got)} entries", len(got) == len(mine) and not wrong,
                f"{len(got)} and {len(mine)} entries", *wrong[:5])


for folder, _, names in sorted(os.walk(os.path.join(rows.FEEDS, "nvd"))):
    for name in sorted(names):
        path = os.path.relpath(os.path.join(folder, name), rows.FEEDS)
        check(path, "nvd", "nvd/x.json", path, nvd)
check("kev", "kev", "known_exploited_vulnerabilities.json",
      "kev/known_exploited_vulnerabilities.json.zst", kev)
check("epss", "epss", "epss_scores-2026-08-16.csv", "epss/epss_scores-2026-08-16.csv.gz", epss)
old = os.path.join(rows.FEEDS, "epss", "old-formats")
for name in sorted(os.listdir(old)) if os.path.isdir(old) else ():
    check(name, "epss", "epss_scores-x.csv", "epss/old-formats/" + name, epss)
check("cve", "cve", "cve-v5/records.tar", "cve-v5/records.tar.zst", programme)


def refused(name, feed, document, text, expected):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        try:
            rows.dump(feed, document, file.name)
            rows.report(name, False, "was read")
        except ValueError as error:
            rows.report(name, expected in str(error), error)


def made(name, feed, document, text, expected):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        got, _ = rows.dump(feed, document, file.name)
        rows.report(name, [{k: a.get(k) for k in expected[0]} for a in got] == expected, got)


HEAD = "cve,epss,percentile\n"
made("probabilities in other spellings are rounded to five digits", "epss", "epss_scores-x.csv",
     HEAD + "CVE-2020-1,1e-05,0.9981063485700858\nCVE-2020-2,1,1.0\nCVE-2020-3,4.5E-4,0.000004\n",
     [{"id": "CVE-2020-1", "epss": 1, "epss_percentile": 99811},
      {"id": "CVE-2020-2", "epss": 100000, "epss_percentile": 100000},
      {"id": "CVE-2020-3", "epss": 45, "epss_percentile": None}])
for bad in ("1.1,0.5", "-0.1,0.5", "x,0.5", "0.1e5,0.5", ",0.5", "0.5,2"):
    refused(f"'{bad}' is no probability", "epss", "epss_scores-x.csv", HEAD + "CVE-2020-1," + bad + "\n",
            "no probability")
refused("a page in place of the scores", "epss", "epss_scores-x.csv", "<html></html>\n", "no head")
refused("scores without a row", "epss", "epss_scores-x.csv", HEAD, "no scores")
refused("a catalogue that has less than it says", "kev", "known_exploited_vulnerabilities.json",
        '{"count": 2, "vulnerabilities": [{"cveID": "CVE-2020-1", "dateAdded": "2020-01-01"}]}', "1 of 2")
refused("an entry without its CVE", "kev", "known_exploited_vulnerabilities.json",
        '{"vulnerabilities": [{"dateAdded": "2020-01-01"}]}', "no cveID")
refused("a catalogue that is cut", "kev", "known_exploited_vulnerabilities.json",
        '{"vulnerabilities": [{"cveID": "CVE-2020-1"}', "")
refused("an answer without vulnerabilities", "nvd", "nvd/x.json", '{"message": "none"}', "no list")
refused("a record without its CVE", "nvd", "nvd/x.json", '{"vulnerabilities": [{"cve": {}}]}', "no id")
made("the newest version of the publisher's own score", "nvd", "nvd/x.json", json.dumps({
    "vulnerabilities": [{"cve": {"id": "CVE-2020-1", "published": "2020-01-01T00:00:00", "metrics": {
        "cvssMetricV40": [{"type": "Secondary", "cvssData": {"vectorString": "CVSS:4.0/x"}}],
        "cvssMetricV2": [{"type": "Primary", "baseSeverity": "LOW", "cvssData": {"vectorString": "AV:L"}}],
        "cvssMetricV31": [{"cvssData": {"vectorString": "CVSS:3.1/y", "baseSeverity": "HIGH"},
                           "type": "Primary"}]}}}]}),
     [{"id": "CVE-2020-1", "cvss": "CVSS:3.1/y", "severity": "high"}])
rows.done()
