"""Red Hat's CSAF, the security data API and the map of repositories, read by json and re alone, and
compared with limpid's readers row by row. What limpid is to do with a document:
docs/feeds/redhat.md."""
import glob
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse

import rows

REDHAT = os.path.join(rows.FEEDS, "redhat")
RELEASE_PRODUCTS = re.compile(
    r"enterprise_linux|enterprise_linux_eus|rhel|rhel_(aus|cluster|cluster_storage|common|e4s|els|eus|"
    r"eus_long_life|mission_critical|productivity|rhn_tools|scalefs|sjis|tus|virtualization)|"
    r"rhel_extras.*")
SEVERITIES = {"low": "low", "moderate": "medium", "important": "high", "critical": "critical",
              "medium": "medium", "high": "high", "none": "negligible"}
ARCHES = ("x86_64 aarch64 noarch src i686 i586 i386 ppc64le ppc64 ppc s390x s390 ia64").split()
STATUSES = {"known_not_affected": 1, "under_investigation": 2, "fixed": 3, "first_fixed": 3,
            "recommended": 3, "known_affected": 4}


def release(cpe):
    part = (cpe or "").split(":")
    if part[:1] != ["cpe"] or len(part) < 3 or part[2] != "redhat":
        return None
    part += [""] * 8
    edition = re.fullmatch(r"el(\d{1,2})(\..*)?", part[6])
    if edition:
        return edition.group(1)
    version = re.fullmatch(r"(\d{1,2})(\..*)?", part[4])
    return version.group(1) if version and RELEASE_PRODUCTS.fullmatch(part[3]) else None


def stream(text):
    """name:stream of a module's text."""
    parts = text.split(":")
    return ":".join(parts[:2]) if len(parts) > 1 and parts[0] and parts[1] else ""


def module_of(name):
    if "::" in name:
        return stream(name.split("::", 1)[1])
    return stream(name.split("/", 1)[0]) if "/" in name else ""


def of_purl(purl, name):
    """(name, version, arch, is source, module), or None."""
    found = re.fullmatch(r"pkg:rpm/(?:[^/@?]*/)?([^/@?]+)(?:@([^?#]*))?(?:\?([^#]*))?(?:#.*)?", purl)
    if not found:
        return None
    more = dict(q.split("=", 1) for q in (found.group(3) or "").split("&") if "=" in q)
    more = {k: urllib.parse.unquote(v) for k, v in more.items()}
    version = urllib.parse.unquote(found.group(2) or "")
    if version and more.get("epoch", "0").isdigit() and int(more.get("epoch", "0")):
        version = more["epoch"] + ":" + version
    module = stream(more.get("rpmmod", "")) or module_of(name)
    if "rpmmod" in more and not module:
        return None
    arch = more.get("arch", "")
    source = arch in ("src", "source", "nosrc")
    return urllib.parse.unquote(found.group(1)), version, "" if source else arch, source, module


def of_id(name):
    module = module_of(name)
    bare = name.split("::")[0]
    if "/" in bare:
        if not module or bare.count("/") > 1:
            return None
        bare = bare.split("/")[1]
    head, _, arch = bare.rpartition(".")
    bare, arch = (head, arch) if head and arch in ARCHES else (bare, "")
    found = re.fullmatch(r"(.+)-(\d+):([^-]+-[^-]+)", bare)
    if not found:
        return None if not bare or ":" in bare or " " in bare else (bare, "", "", True, module)
    epoch = "" if int(found.group(2)) == 0 else found.group(2) + ":"
    return found.group(1), epoch + found.group(3), "" if arch == "src" else arch, arch == "src", module


def tree(document):
    products, relations = {}, {}
    todo = [{"branches": document.get("product_tree", {}).get("branches", [])}]
    while todo:
        branch = todo.pop()
        todo += branch.get("branches", [])
        if "product" in branch:
            product = branch["product"]
            helper = product.get("product_identification_helper", {})
            kept = products.setdefault(product["product_id"], {})
            kept.update({k: v for k, v in helper.items() if v})
    for r in document.get("product_tree", {}).get("relationships", []):
        relations[r["full_product_name"]["product_id"]] = (
            r["product_reference"], r["relates_to_product_reference"])
    return products, relations


def statements(v, update):
    """{product id: (status, state, word, severity)} of one vulnerability."""
    status = {}
    for key, ids in v.get("product_status", {}).items():
        for i in ids:
            if key in STATUSES:
                status[i] = max(status.get(i, 0), STATUSES[key])
    reason, fix, flag, impact = {}, {}, {}, {}
    for r in v.get("remediations", []):
        for i in r.get("product_ids", []):
            if r["category"] == "vendor_fix" and r.get("url"):
                fix.setdefault(i, re.split("[/=]", r["url"])[-1])
            if r["category"] == "none_available":
                reason.setdefault(i, (1, r["details"].strip()))
            if r["category"] == "no_fix_planned" and reason.get(i, (0,))[0] < 2:
                reason[i] = (2, r["details"].strip())
    for f in v.get("flags", []):
        for i in f.get("product_ids", []):
            flag.setdefault(i, f["label"])
    for t in v.get("threats", []):
        if t["category"] == "impact":
            for i in t.get("product_ids", []):
                impact[i] = SEVERITIES[t["details"].lower()]
    out = {}
    for i, s in status.items():
        kind, why = reason.get(i, (0, ""))
        if s == 4 and kind == 2:
            state = "end-of-life" if why.startswith("Out of support") else "will-not-fix"
        else:
            state = {1: "not-affected", 2: "under-investigation", 3: "fixed"}.get(
                s, "fix-deferred" if why.lower() == "fix deferred" else "affected")
        word = {1: flag.get(i, ""), 3: fix.get(i, ""), 4: why}.get(s, "")
        out[i] = (s, state, word, "" if update else impact.get(i, ""))
    return out


def collapse(said):
    """Rows of (namespace, package, source, product, module, stream, build, content…, arch)."""
    fixed_builds = {(r["product"], r["build"]) for r in said if r["state"] == "fixed"}
    said = [r for r in said if not (r["state"] == "not-affected" and r["source"] and r["build"] and
                                    (r["product"], r["build"]) in fixed_builds)]
    place = lambda r: (r["namespace"], r["package"], r["source"], r["product"], r["module"])
    affected = {}
    for r in said:
        if r["state"] not in ("not-affected", "under-investigation"):
            affected.setdefault(place(r), set()).add(r["arch"])
    said = [r for r in said if not (r["state"] == "not-affected" and place(r) in affected and
                                    (not r["arch"] or "" in affected[place(r)] or
                                     r["arch"] in affected[place(r)]))]
    groups = {}
    for r in said:
        content = (r["state"], r["fixed"], r["word"], r["severity"])
        group = groups.setdefault((place(r), r["stream"]), {})
        group.setdefault(content, []).append(r["arch"])
    out = set()
    for (where, _), contents in groups.items():
        lists = {tuple(sorted(arches)) for arches in contents.values()}
        for content, arches in contents.items():
            for arch in [""] if len(lists) == 1 else arches:
                out.add((where, content, arch))
    names = ("namespace", "package", "source", "product", "module", "state", "fixed", "word", "severity",
             "arch")
    result = []
    for where, content, arch in out:
        row = dict(zip(names, where + content + (arch,)))
        row["scope"] = "source" if row.pop("source") else "binary"
        result.append({k: v for k, v in row.items() if v})
    return result


def rows_of(document, v, update, seen, products, relations):
    said = []
    for i, (status, state, word, severity) in statements(v, update).items():
        if update and (status == 1 or i in seen):
            continue
        seen.add(i)
        component, of = relations.get(i, (None, None))
        module = ""
        while of in relations:
            up = re.match(r"pkg:rpmmod/(?:[^/]*/)?([^@]+)@([^:?]+)",
                          products.get(relations[of][0], {}).get("purl", ""))
            module = up.group(1) + ":" + up.group(2) if up else module
            of = relations[of][1]
        number = release(products.get(of, {}).get("cpe"))
        if component is None or number is None:
            continue
        purl = products.get(component, {}).get("purl")
        package = of_purl(purl, component) if purl else of_id(component)
        if package is None or (state == "fixed" and not package[1]):
            continue
        said.append({"namespace": "rhel:" + number, "product": products[of]["cpe"], "stream": of,
                     "package": package[0], "build": package[1], "arch": package[2],
                     "source": package[3], "module": package[4] or module, "state": state,
                     "fixed": package[1] if state == "fixed" else "", "word": word,
                     "severity": severity})
    return said


def advisories_of(document):
    vulnerabilities = document.get("vulnerabilities", [])
    tracking = document["document"]["tracking"]
    severity = SEVERITIES[document["document"]["aggregate_severity"]["text"].lower()]
    products, relations = tree(document)
    if tracking["id"].startswith("CVE-"):
        for v in vulnerabilities:
            affected = collapse(rows_of(document, v, False, set(), products, relations))
            scores = [s["cvss_v3"]["vectorString"] for s in v.get("scores", []) if "cvss_v3" in s]
            scores += [s["cvss_v2"]["vectorString"] for s in v.get("scores", []) if "cvss_v2" in s]
            yield {"id": v["cve"], "ids": [], "severity": severity, "affected": affected,
                   "severity_source": "redhat", **({"cvss": scores[0]} if scores else {})}
        return
    said, seen = [], set()
    for v in vulnerabilities:
        said += rows_of(document, v, True, seen, products, relations)
    yield {"id": tracking["id"], "ids": sorted({v["cve"] for v in vulnerabilities if "cve" in v}),
           "severity": severity, "severity_source": "redhat", "affected": collapse(said)}


def documents_in(path):
    if ".tar" not in path:
        return [json.loads(rows.unpacked(path))]
    with tarfile.open(fileobj=io.BytesIO(rows.unpacked(path))) as archive:
        return [json.load(archive.extractfile(m)) for m in archive if m.name.endswith(".json")]


def csaf(path):
    return [a for d in documents_in(path) for a in advisories_of(d) if a["affected"]]


def hydra(path):
    document = json.loads(rows.unpacked(path))
    said = []
    states = {"affected": "affected", "will not fix": "will-not-fix", "not affected": "not-affected",
              "out of support scope": "end-of-life", "fix deferred": "fix-deferred",
              "under investigation": "under-investigation", "new": "under-investigation"}
    for item in document.get("affected_release", []) + document.get("package_state", []):
        number = release(item.get("cpe"))
        fix = "advisory" in item
        package = of_id(item.get("package" if fix else "package_name") or "")
        if number is None or package is None or (fix and not package[1]):
            continue
        state = "fixed" if fix else states[item["fix_state"].lower()]
        said.append({"namespace": "rhel:" + number, "product": item["cpe"], "stream": item["cpe"],
                     "package": package[0], "build": "", "arch": "", "source": True,
                     "module": package[4], "state": state, "fixed": package[1] if fix else "",
                     "word": item["advisory"] if fix else item["fix_state"], "severity": ""})
    return [{"id": document["name"], "ids": [], "affected": collapse(said)}]


def repositories(path):
    data = json.loads(rows.unpacked(path))["data"]
    return [{"id": name, "ids": [], "affected": [
        {"namespace": "redhat-repository", "product": cpe, "package": name, "scope": "source",
         "state": "not-affected"} for cpe in sorted(set(r["cpes"]))]} for name, r in data.items()]


# Read by eye in the documents: advisory, then members of one row of it.
HAND = {
    "vex/2026/cve-2026-2297.json": [
        ("CVE-2026-2297", {"namespace": "rhel:9", "package": "python3.9", "scope": "source",
                           "product": "cpe:/o:redhat:enterprise_linux:9", "state": "fix-deferred",
                           "word": "Fix deferred", "severity": "low"}),
        ("CVE-2026-2297", {"namespace": "rhel:6", "package": "python-libs", "scope": "binary",
                           "product": "cpe:/o:redhat:enterprise_linux:6", "state": "end-of-life",
                           "word": "Out of support scope", "severity": "low"}),
        ("CVE-2026-2297", {"namespace": "rhel:8", "package": "python39-devel", "scope": "binary",
                           "product": "cpe:/o:redhat:enterprise_linux:8", "state": "fix-deferred",
                           "module": "python39-devel:3.9", "word": "Fix deferred",
                           "severity": "low"}),
    ],
    "vex/2026/cve-2026-27142.json": [
        ("CVE-2026-27142", {"namespace": "rhel:8", "package": "golang", "scope": "source",
                            "product": "cpe:/o:redhat:enterprise_linux:8", "state": "fix-deferred",
                            "module": "go-toolset:rhel8", "word": "Fix deferred",
                            "severity": "medium"}),
    ],
    "vex/2023/cve-2023-4154.json": [
        ("CVE-2023-4154", {"namespace": "rhel:9", "package": "samba", "scope": "source",
                           "product": "cpe:/o:redhat:enterprise_linux:9", "state": "not-affected",
                           "word": "vulnerable_code_not_present", "severity": "medium"}),
    ],
    "vex/2025/cve-2025-40907.json": [
        ("CVE-2025-40907", {"namespace": "rhel:7", "package": "perl-FCGI", "scope": "binary",
                            "product": "cpe:/o:redhat:rhel_els:7", "state": "fixed",
                            "fixed": "1:0.74-8.el7_9.1", "word": "RHSA-2025:8625",
                            "severity": "high"}),
    ],
    "vex/csaf_vex_2026-03-12.tar.zst": [
        ("CVE-2023-38545", {"namespace": "rhel:9", "package": "curl-minimal", "scope": "binary",
                            "product": "cpe:/a:redhat:rhel_eus:9.0::appstream", "state": "fixed",
                            "fixed": "7.76.1-14.el9_0.9", "word": "RHSA-2023:5700",
                            "severity": "high"}),
        ("CVE-2023-38545", {"namespace": "rhel:9", "package": "curl", "scope": "source",
                            "product": "cpe:/o:redhat:enterprise_linux:9::baseos",
                            "state": "fixed", "fixed": "7.76.1-26.el9_3.2",
                            "word": "RHSA-2023:6745", "severity": "high"}),
        ("RHSA-2021:3029", {"namespace": "rhel:7", "package": "microcode_ctl", "scope": "binary",
                            "product": "cpe:/o:redhat:rhel_eus:7.7::server", "state": "fixed",
                            "fixed": "2:2.1-53.18.el7_7", "word": "RHSA-2021:3029"}),
    ],
    "advisories/2024/rhsa-2024_6163.json": [
        ("RHSA-2024:6163", {"namespace": "rhel:9", "package": "python3.9", "scope": "source",
                            "product": "cpe:/o:redhat:enterprise_linux:9::baseos",
                            "state": "fixed", "fixed": "3.9.18-3.el9_4.5",
                            "word": "RHSA-2024:6163"}),
    ],
    "advisories/2024/rhsa-2024_1431.json": [
        ("RHSA-2024:1431", {"namespace": "rhel:8", "package": "ruby", "scope": "binary",
                            "product": "cpe:/a:redhat:enterprise_linux:8::appstream",
                            "module": "ruby:3.1", "state": "fixed", "word": "RHSA-2024:1431",
                            "fixed": "3.1.4-142.module+el8.9.0+21471+7d1e4a35"}),
    ],
}


def check_hand(path, expected):
    whole = os.path.join(REDHAT, path)
    if not os.path.exists(whole):
        return rows.skip("by hand: " + path, "no " + path)
    got, _ = rows.dump("redhat", path.removesuffix(".zst"), whole)
    have = [(a["id"], row) for a in got for row in a["affected"]]
    missing = [e for e in expected if e not in have]
    rows.report(f"by hand: {path}: {len(expected)} rows", not missing,
                *[f"missing: {m}" for m in missing])
    return None


def main():
    members = ("severity", "severity_source", "cvss")
    for path in sorted(glob.glob(os.path.join(REDHAT, "vex/*/*.json")) +
                       glob.glob(os.path.join(REDHAT, "advisories/*/*.json")) +
                       glob.glob(os.path.join(REDHAT, "*/csaf_*.tar*"))):
        name = os.path.relpath(path, REDHAT)
        document = re.sub(r"\.(zst|xz|gz|bz2)$", "", name)
        rows.compare(name, "redhat", document, "redhat/" + name, csaf, *members)
    for path in sorted(glob.glob(os.path.join(REDHAT, "hydra-cve/*-*"))):
        name = os.path.relpath(path, REDHAT)
        rows.compare(name, "redhat", name, "redhat/" + name, hydra)
    rows.compare("repositories", "redhat-repositories", "metrics/repository-to-cpe.json",
                 "redhat/metrics/repository-to-cpe.json", repositories)
    for path, expected in HAND.items():
        check_hand(path, expected)
    rows.done()


if __name__ == "__main__":
    main()
