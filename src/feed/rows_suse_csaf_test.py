"""SUSE's CSAF, read by json and re alone; see docs/feeds/suse-csaf.md."""
import os
import re

import rows
from rows_openeuler_test import of_file
from rows_redhat_test import SEVERITIES, STATUSES, collapse, documents_in, statements, tree

import rows_openeuler_test

rows_openeuler_test.ARCHES += "i586 i386 ia64 ppc ppc64 s390 s390x".split()


def namespace(cpe):
    """Of a product's CPE, or None."""
    found = re.fullmatch(r"cpe:/o:(suse|opensuse):([^:]*)(?::([\d.]+))?(?::(sp\d+|[\d.]+))?(?::(.*))?",
                         cpe or "")
    if not found:
        return None
    _, product, version, pack, edition = found.groups()
    if product == "tumbleweed":
        return "opensuse-tumbleweed"
    if version is None or "teradata" in cpe:
        return None
    other = {"sle-micro": "sle-micro", "suse-microos": "sle-micro", "sl-micro": "sl-micro",
             "leap": "opensuse-leap", "opensuse": "opensuse-leap"}.get(product)
    if other:
        return f"{other}:{version}"
    if not (product == "packagehub" and pack) and not re.match(r"sle[-_sd]|suse_sle", product):
        return None
    if edition and edition != "server":
        return None
    if pack and pack.startswith("sp"):
        return f"sles:{version}.{pack[2:]}"
    return f"sles:{pack or version}"


def advisories_of(document):
    identifier = document["document"]["tracking"]["id"]
    update = not identifier.startswith("CVE-")
    products, relations = tree(document)
    said, seen, cvss = [], set(), []
    for v in document.get("vulnerabilities", []):
        cvss += [s["cvss_v3"]["vectorString"] for s in v.get("scores", []) if "cvss_v3" in s]
        for i, (status, state, word, severity) in statements(v, update).items():
            where = namespace(products.get(relations[i][1], {}).get("cpe"))
            if where is None or (update and (status == STATUSES["known_not_affected"] or i in seen)):
                continue
            seen.add(i)
            component = relations[i][0]
            package = of_file(component) if state == "fixed" else (component, "", "", False)
            said.append({"namespace": where, "product": "", "stream": relations[i][1],
                         "package": package[0], "build": package[1], "arch": package[2],
                         "source": package[3], "module": "", "state": state, "word": word,
                         "fixed": package[1] if state == "fixed" else "", "severity": severity})
    ids = sorted({v["cve"] for v in document.get("vulnerabilities", [])}) if update else []
    return {"id": identifier, "ids": ids, "affected": collapse(said),
            "severity": SEVERITIES[document["document"]["aggregate_severity"]["text"].lower()],
            **({"cvss": cvss[0]} if cvss and not update else {})}


def archive(path):
    return [a for a in map(advisories_of, documents_in(path)) if a["affected"]]


# Read by eye in the documents.
HAND = {
    "csaf/csaf.tar.bz2": [
        ("SUSE-SU-2015:0011-2", {"namespace": "sles:11.2", "package": "bind-libs-x86",
                                 "scope": "binary", "state": "fixed", "arch": "",
                                 "fixed": "9.9.4P2-0.6.1"}),
    ],
    "csaf_vex/csaf-vex.tar.bz2": [
        ("CVE-2023-5568", {"namespace": "opensuse-tumbleweed", "package": "libsamba-policy-devel",
                           "scope": "binary", "state": "fixed", "arch": "",
                           "fixed": "4.19.2+git.322.7e9201cef5-1.1"}),
        ("CVE-2023-5568", {"namespace": "sles:15.5", "package": "ctdb",
                           "scope": "binary", "state": "not-affected", "arch": ""}),
    ],
}


def main():
    for path, expected in HAND.items():
        whole = os.path.join(rows.FEEDS, "suse", path)
        document = path.removesuffix(".bz2")
        if not os.path.exists(whole):
            rows.skip(path, "no " + path)
            continue
        try:
            got, _ = rows.dump("suse", document, whole)
        except ValueError as error:
            if "usage" not in str(error):
                raise
            rows.skip(path, "no feed suse")
            continue
        have = [(a["id"], {"arch": "", **row}) for a in got for row in a["affected"]]
        missing = [e for e in expected if e not in have]
        rows.report("by hand: " + path, not missing, *[f"missing: {m}" for m in missing])
        rows.compare(path, "suse", document, "suse/" + path, archive, "severity", "cvss")
    rows.done()


if __name__ == "__main__":
    main()
