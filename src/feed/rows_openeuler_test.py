"""openEuler's CSAF and OSV, read by json and re alone; see docs/feeds/openeuler.md."""
import json
import os
import re

import rows
from rows_redhat_test import SEVERITIES, STATUSES, collapse, statements, tree

ARCHES = "x86_64 aarch64 noarch src i686 ppc64le loongarch64 riscv64 aarch64_ilp32".split()


def of_file(name):
    name = name.removesuffix(".rpm")
    head, _, arch = name.rpartition(".")
    name, arch = (head, arch) if arch in ARCHES else (name, "")
    found = re.fullmatch(r"(.+)-([^-]+-[^-]+)", name)
    return (found.group(1), found.group(2), "" if arch == "src" else arch, arch == "src") if found else None


def csaf(path):
    with open(path, encoding="utf-8") as file:
        document = json.loads(re.sub(r",(\s*[\]}])", r"\1", file.read()))
    vulnerabilities = document["vulnerabilities"]
    identifier = document["document"]["tracking"]["id"]
    update = not identifier.startswith("CVE-")
    _, relations = tree(document)
    said = []
    for v in vulnerabilities:
        for i, (status, state, word, severity) in statements(v, update).items():
            component, of = relations[i]
            if update and status == STATUSES["known_not_affected"]:
                continue
            package = of_file(component) or (component, "", "", True)
            said.append({"namespace": "openeuler:" + of.removeprefix("openEuler-"), "product": "",
                         "stream": of, "package": package[0], "build": package[1],
                         "arch": package[2], "source": package[3], "module": "", "state": state,
                         "fixed": package[1] if state == "fixed" else "", "word": word,
                         "severity": severity})
    cvss = [s["cvss_v3"]["vectorString"] for v in vulnerabilities for s in v.get("scores", [])]
    severity = SEVERITIES[document["document"]["aggregate_severity"]["text"].lower()]
    ids = sorted({v["cve"] for v in vulnerabilities}) if update else []
    return [{"id": identifier, "ids": ids, "severity": severity, "affected": collapse(said),
             **({"cvss": cvss[0]} if cvss and not update else {})}]


def osv(path):
    with open(path, encoding="utf-8") as file:
        record = json.load(file)
    affected = []
    for a in record["affected"]:
        for event in (e for r in a["ranges"] for e in r["events"] if "fixed" in e):
            affected.append({"namespace": a["package"]["ecosystem"].lower().replace("lts", "LTS")
                             .replace("sp", "SP"), "package": a["package"]["name"],
                             "scope": "source", "state": "fixed", "fixed": event["fixed"]})
    return [{"id": record["id"], "ids": record["upstream"], "affected": affected,
             "severity": SEVERITIES[record["database_specific"]["severity"].lower()]}]


# Read by eye in the documents.
HAND = {
    "csaf/advisories/2025/csaf-openeuler-sa-2025-1351.json": [
        ("openEuler-SA-2025-1351", {
            "namespace": "openeuler:22.03-LTS-SP3", "package": "vim-X11", "scope": "binary",
            "state": "fixed", "fixed": "9.0-33.oe2203sp3", "word": "openEuler-SA-2025-1351"}),
        ("openEuler-SA-2025-1351", {
            "namespace": "openeuler:24.03-LTS", "package": "vim", "scope": "source",
            "state": "fixed", "fixed": "9.0.2092-18.oe2403", "word": "openEuler-SA-2025-1351"}),
    ],
    "csaf/cve/2025/csaf-openeuler-cve-2025-30346.json": [
        ("CVE-2025-30346", {
            "namespace": "openeuler:24.03-LTS-SP1", "package": "varnish", "scope": "binary",
            "state": "fixed", "fixed": "7.4.3-2.oe2403sp1", "word": "openEuler-SA-2025-1333"}),
    ],
    "csaf/cve/2024/csaf-openeuler-cve-2024-50187.json": [
        ("CVE-2024-50187", {
            "namespace": "openeuler:22.03-LTS-SP3", "package": "kernel-debuginfo",
            "scope": "binary", "state": "fixed", "fixed": "5.10.0-240.0.0.142.oe2203sp3",
            "word": "openEuler-SA-2024-2534"}),
    ],
    "osv/OESA-2021-1001.json": [
        ("OESA-2021-1001", {
            "namespace": "openeuler:20.03-LTS", "package": "dnsmasq", "scope": "source",
            "state": "fixed", "fixed": "2.82-5.oe1"}),
    ],
}


def main():
    for path, expected in HAND.items():
        whole = os.path.join(rows.FEEDS, "openeuler", path)
        if not os.path.exists(whole):
            rows.skip("by hand: " + path, "no " + path)
            continue
        got, _ = rows.dump("openeuler", path, whole)
        have = [(a["id"], row) for a in got for row in a["affected"]]
        missing = [e for e in expected if e not in have]
        rows.report("by hand: " + path, not missing, *[f"missing: {m}" for m in missing])
    for path in list(HAND) + ["csaf/cve/2023/csaf-openeuler-cve-2023-52920.json"]:
        reader = osv if path.startswith("osv/") else csaf
        rows.compare(path, "openeuler", path, "openeuler/" + path, reader, "severity",
                     *(["cvss"] if reader is csaf else []))
    rows.done()


if __name__ == "__main__":
    main()
