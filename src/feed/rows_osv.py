"""rows_osv.py: reads documents in the OSV format with Python's own json, zipfile and tarfile, for
the row tests of the feeds that have it."""
import collections
import datetime
import io
import json
import math
import os
import re
import tarfile
import tempfile
import zipfile

import rows

RUST = "crates" + ".io"
LANGUAGES = {"PyPI": "pypi", "npm": "npm", "Go": "go", "Maven": "maven", RUST: "cargo",
             "RubyGems": "gem", "Packagist": "composer", "NuGet": "nuget", "Hex": "hex", "Pub": "pub",
             "SwiftURL": "swift", "Hackage": "hackage", "Julia": "julia", "CRAN": "cran",
             "ConanCenter": "conan", "GitHub Actions": "github-actions", "Bitnami": "bitnami"}
SOURCES = {"Alpaquita": "alpaquita", "Alpine": "alpine", "Debian": "debian", "Mageia": "mageia",
           "Photon OS": "photon", "Rocky Linux": "rocky"}
RELATED = ("AlmaLinux", "Mageia", "Red Hat", "Rocky Linux", "SUSE", "openSUSE")
WORDS = {"unimportant": "negligible", "negligible": "negligible", "none": "negligible", "low": "low",
         "medium": "medium", "moderate": "medium", "high": "high", "important": "high",
         "critical": "critical"}
KEYS = ("severity", "severity_source", "cvss", "description", "url", "published", "modified",
        "withdrawn")
BLANKS = " \t\r\n\v\f"


def suse(text):
    """("SUSE", "Linux Enterprise Server 12 SP1-LTSS") → (namespace, product)"""
    m = re.search(r"(\d+(?:\.\d+)?)(?: SP(\d+))?(?:-(\S+))?$", text)
    families = (("Linux Enterprise Micro ", "sle-micro"), ("Linux Enterprise Desktop ", "sled"),
                ("Linux Enterprise ", "sles"), ("Linux Micro ", "sl-micro"), ("Package Hub ", "sles"))
    family = next((f for start, f in families if text.startswith(start)), None)
    if not m or not family:
        return None
    product = "package-hub" if text.startswith("Package Hub") else (m.group(3) or "").lower()
    return family + ":" + m.group(1) + ("." + m.group(2) if m.group(2) else ""), product


def red_hat(text):
    name, version = text.split(":")[:2]
    edition = text.split(":")[3] if text.count(":") > 2 else ""
    major = version.split(".")[0] if name == "enterprise_linux" or name.startswith("rhel_") else ""
    major = major or "".join(re.findall(r"el(\d+)", edition)[:1])
    part = "o" if edition in ("", "baseos", "server") and name.startswith(("enterprise", "rhel_e")) else "a"
    return ("rhel:" + major, f"cpe:/{part}:redhat:{text}") if major else None


def place(ecosystem):
    """(namespace, product, scope), or None where limpid reads none of it"""
    name, _, rest = ecosystem.partition(":")
    if name in LANGUAGES:
        return LANGUAGES[name], "", "binary"
    if name == "AlmaLinux":
        return "almalinux:" + rest, "", "binary"
    if name in SOURCES:
        return SOURCES[name] + ":" + rest, "", "source"
    if name == "Ubuntu":
        parts = rest.removesuffix(":LTS").split(":")
        return "ubuntu:" + parts[-1], ":".join(parts[:-1]).lower(), "source"
    if name == "openEuler":
        return "openeuler:" + rest, "", "source"
    if name in ("SUSE", "Red Hat"):
        found = suse(rest) if name == "SUSE" else red_hat(rest)
        return found and (*found, "source" if name == "SUSE" else "binary")
    return None


def spelled(namespace, name):
    name = name.strip(BLANKS)
    if namespace == "pypi":
        return re.sub(r"[-_.]+", "-", name).lower()
    if namespace in ("nuget", "composer", "hex", "pub", "github-actions", "bitnami"):
        return name.lower()
    if namespace == "swift":
        return re.sub(r"^\w+://|^www\.", "", name).removesuffix(".git").lower()
    return name


def semver(text):
    """A key by https://semver.org section 11; None where it is no such version."""
    m = re.fullmatch(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([^+]*))?(?:\+.*)?", text)
    if not m:
        return None
    pre = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in m.group(4).split(".")] if m.group(4) else []
    return [int(n or 0) for n in m.groups()[:3]], not pre, pre


def pep440(text):
    """A key for releases and their a, b, rc, post and dev; None for the rest."""
    m = re.fullmatch(r"v?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|rc|alpha|beta|c)[-_.]?(\d*))?(?:[-_.]?post(\d+))?"
                     r"(?:[-_.]?dev(\d+))?", text)
    if not m:
        return None
    release = [int(n) for n in m.group(1).split(".")]
    while release and release[-1] == 0:
        release.pop()
    pre = (m.group(2)[0].replace("c", "r"), int(m.group(3) or 0)) if m.group(2) else ("z", 0)
    if m.group(5) and not m.group(2) and not m.group(4):
        pre = ("", 0)
    return release, pre, int(m.group(4) or -1), int(m.group(5) or 10**9)


def has_order(ecosystem, type="ECOSYSTEM"):
    """Does limpid know the order of these versions? Without, events stay as they are."""
    events = [{"introduced": "0"}, {"introduced": "3"}, {"fixed": "2"}, {"fixed": "10"}]
    record = {"id": "GHSA-1", "affected": [{"package": {"ecosystem": ecosystem, "name": "a"},
                                            "ranges": [{"type": type, "events": events}]}]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(record, file)
        file.flush()
        got, _ = rows.dump("osv", "GHSA-1.json", file.name)
    return len(got[0]["affected"]) == 2


def in_order(events, key):
    """The events sorted; but a pair is a range as it stands."""
    if len(events) == 2 and (events[0][0] == "introduced") != (events[1][0] == "introduced"):
        return sorted(events, key=lambda event: event[0] != "introduced")
    zero = [v == "0" and k == "introduced" for k, v in events]
    keys = [(not z, key(v)) for z, (_, v) in zip(zero, events)]
    if any(k[1] is None for k in keys):
        return events
    return [e for _, e in sorted(zip(keys, events), key=lambda pair: pair[0])]


PEP440, SEMVER = has_order("PyPI"), has_order("npm", "SEMVER")


def range_rows(r, namespace, urgency):
    events = [(k, v.strip(BLANKS)) for event in r["events"] for k, v in event.items()]
    key = semver if r["type"] == "SEMVER" and SEMVER else pep440 if namespace == "pypi" and PEP440 and r["type"] != "SEMVER" else None
    events = in_order(events, key or (lambda version: None))
    over = {"state": "end-of-life", "word": "end-of-life"} if urgency == "end-of-life" else {}
    begun = None
    for kind, version in events:
        if kind == "introduced":
            begun = version if begun is None else begun
            continue
        if begun is None:
            continue
        row = {"introduced": "" if begun == "0" else begun}
        if kind == "last_affected":
            yield {"state": "affected", **over, **row, "last_affected": version}
        elif version == "0":
            yield {**row, "state": "not-affected"}
        else:
            yield {**row, "state": "fixed", "fixed": version}
        begun = None
    if begun is not None:
        yield {"state": "affected", **over, "introduced": "" if begun == "0" else begun}


def affected_rows(record, product, only):
    """Rows of ranges, and of listed versions where there is no range; and the listed versions of
    packages that have both, of which those outside of the ranges are rows too."""
    sure, maybe = [], set()
    for a in record.get("affected") or []:
        ecosystem = (a.get("package") or {}).get("ecosystem") or ""
        found = place(ecosystem)
        if not found or not a["package"].get("name") or only not in ("", ecosystem.split(":")[0]):
            continue
        namespace, own, scope = found
        specific = a.get("ecosystem_specific") or {}
        urgency = specific.get("urgency", "") if isinstance(specific, dict) else ""
        row = {"namespace": namespace, "scope": scope, "package": spelled(namespace, a["package"]["name"])}
        if product or own:
            row["product"] = product or own
        if WORDS.get(urgency):
            row["severity"] = WORDS[urgency]
        word = (a.get("database_specific") or {}).get("informational")
        if word:
            row["word"] = word
        ranges = a.get("ranges") or []
        ranges = [r for r in ([ranges] if isinstance(ranges, dict) else ranges) if r["type"] != "GIT"]
        listed = [{"state": "affected", **row, "introduced": v, "last_affected": v}
                  for v in a.get("versions") or []]
        got = [{**row, **r} for one in ranges for r in range_rows(one, namespace, urgency)]
        sure += got or listed
        if got and ecosystem.split(":")[0] in LANGUAGES:
            maybe |= {json.dumps(r, sort_keys=True) for r in listed}
    return [{k: v for k, v in r.items() if v} for r in sure], maybe


def seconds(text):
    if not text or text.startswith("0001"):
        return 0
    when = datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    when = when if when.tzinfo else when.replace(tzinfo=datetime.timezone.utc)
    return int(when.timestamp())


def cvss3(vector):
    m = dict(part.split(":") for part in vector.split("/")[1:])
    changed = m["S"] == "C"
    pr = {"N": .85, "L": .68 if changed else .62, "H": .5 if changed else .27}[m["PR"]]
    c, i, a = ({"H": .56, "L": .22, "N": 0}[m[k]] for k in "CIA")
    iss = 1 - (1 - c) * (1 - i) * (1 - a)
    impact = 7.52 * (iss - .029) - 3.25 * (iss - .02) ** 15 if changed else 6.42 * iss
    exploit = (8.22 * {"N": .85, "A": .62, "L": .55, "P": .2}[m["AV"]] * {"L": .77, "H": .44}[m["AC"]] *
               pr * {"N": .85, "R": .62}[m["UI"]])
    score = 0 if impact <= 0 else min((1.08 if changed else 1) * (impact + exploit), 10)
    score = math.ceil(round(score * 100000) / 10000) / 10
    for limit, name in ((0.1, "negligible"), (4, "low"), (7, "medium"), (9, "high")):
        if score < limit:
            return name
    return "critical"


def vectors(record, found):
    """{CVSS_V3: vector …}: the record's own, else those of its packages"""
    own = {s["type"]: s["score"] for s in record.get("severity") or [] if s["type"].startswith("CVSS")}
    if own:
        return own
    for a in record.get("affected") or []:
        if found(a):
            cvss = (a.get("database_specific") or {}).get("cvss")
            if isinstance(cvss, str):
                own.setdefault("CVSS_V4" if cvss.startswith("CVSS:4") else "CVSS_V3", cvss)
            for s in a.get("severity") or []:
                own.setdefault(s["type"], s["score"])
    return own


def severity(record, eco, affected, scores):
    namespace = affected[-1]["namespace"].split(":")[0]
    namespace = "almalinux" if eco == "AlmaLinux" else namespace
    if record["id"].startswith("MAL-"):
        return "critical", "osv"
    word = next((s["score"] for s in record.get("severity") or [] if s["type"] == "Ubuntu"), "")
    if eco in ("AlmaLinux", "Rocky Linux"):
        word = record.get("summary", "").split(":")[0] if ":" in record.get("summary", "") else ""
    own = (record.get("database_specific") or {}).get("severity") or ""
    for text, source in ((word, namespace), (own, "ghsa" if record["id"].startswith("GHSA-") else namespace)):
        if WORDS.get(text.strip().lower()):
            return WORDS[text.strip().lower()], source
    for row in affected:
        if "severity" in row:
            return row["severity"], namespace
    return (cvss3(scores["CVSS_V3"]), "cvss3") if scores.get("CVSS_V3") else (None, None)


def names(record, ecosystems, related):
    def bare(i):
        return i[i.index("-CVE-") + 1:] if "-CVE-" in i else i
    aliases, upstream = record.get("aliases") or [], []
    if any(e not in LANGUAGES or e == "Julia" for e in ecosystems):
        upstream = [bare(i) for i in record.get("upstream") or []]
    near = record.get("related") or []
    use = related or any(e in RELATED for e in ecosystems)
    use = use or ("Ubuntu" in ecosystems and not aliases and not record.get("upstream"))
    cves = [i for i in aliases + upstream + (near if use else []) if i.startswith("CVE-")]
    if not cves and "-CVE-" in record["id"]:
        cves = [bare(record["id"])]
    others = [i for i in aliases + upstream if not i.startswith("CVE-")]
    return [i for i in dict.fromkeys(cves + others) if i != record["id"]]


def address(record):
    best, worth = "https://osv.dev/vulnerability/" + record["id"], 0
    own = (record.get("database_specific") or {}).get("url")
    if own:
        return own
    for r in record.get("references") or []:
        if r["type"] in ("ADVISORY", "WEB") and r["url"].startswith("http"):
            mine = record["id"] in r["url"]
            value = (4 if mine else 1 if "nvd.nist.gov" in r["url"] else 2) if r["type"] == "ADVISORY" else 3 * mine
            if value > worth:
                best, worth = r["url"], value
    return best


def cut(text):
    data = text.strip(BLANKS).encode()
    if len(data) <= 4096:
        return data.decode()
    return data[:4093].decode(errors="ignore") + "…"


def advisory(record, product="", only="", related=False):
    """(advisory in the form of rows.dump, versions that may be rows too), or None"""
    affected, maybe = affected_rows(record, product, only)
    id = record["id"]
    if not affected or id.startswith("LSN-"):
        return None

    def wanted(a):
        ecosystem = (a.get("package") or {}).get("ecosystem") or ""
        return place(ecosystem) and only in ("", ecosystem.split(":")[0])
    ecosystems = [a["package"]["ecosystem"].split(":")[0] for a in record["affected"] if wanted(a)]
    ids = names(record, ecosystems, related)
    if not ids and re.match("(AL|RL|RH)(BA|EA)-|(open)?SUSE-[RFO]U-", id):
        return None
    if ecosystems[-1] in ("AlmaLinux", "Rocky Linux") and all(".module" in r.get("fixed", "") for r in affected):
        found = [w.rstrip(",") for w in record.get("summary", "").split()
                 if re.fullmatch(r"[^:]+:[^:]+", w.rstrip(","))]
        affected = [{**r, "module": m} for m in found for r in affected] if found else affected
    scores = vectors(record, wanted)
    whole, source = severity(record, ecosystems[-1], affected, scores)
    out = {"id": id, "ids": ids, "affected": affected, "severity": whole, "severity_source": source,
           "cvss": scores.get("CVSS_V4") or scores.get("CVSS_V3") or scores.get("CVSS_V2"),
           "description": cut(record.get("summary") or record.get("details") or ""), "url": address(record)}
    out.update({key: seconds(record.get(key)) for key in ("published", "modified", "withdrawn")})
    return {k: v for k, v in out.items() if v or k in ("ids", "affected")}, maybe


def records(path, document):
    """Every record of a zip, a tar (compressed or not) or a file."""
    data = rows.unpacked(path)
    if document.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [(n, archive.read(n)) for n in archive.namelist()]
    elif document.endswith(".tar"):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            files = [(m.name, archive.extractfile(m).read()) for m in archive if m.isfile()]
    else:
        files = [(document, data)]
    for name, text in files:
        if name.endswith(".json") and "index/" not in name and os.path.basename(name) != "all.json":
            yield name, json.loads(text)


def compare(feed, document, below, wants=lambda name: True, **options):
    """Every advisory and row that limpid's reader makes of the document, against this one's."""
    path = os.path.join(rows.FEEDS, below)
    name = f"{feed} reads {below}"
    if not os.path.exists(path):
        return rows.skip(name, "no " + below)
    mine, listed = [], collections.defaultdict(set)
    for member, record in records(path, document):
        made = advisory(record, **options) if wants(member) else None
        if made:
            mine.append(made[0])
            listed[record["id"]] |= made[1]
    got, _ = rows.dump(feed, document, path)
    sure = {a["id"]: {json.dumps(r, sort_keys=True) for r in a["affected"]} for a in mine}
    apart = 0
    for a in got:
        if a.get("severity_source") in ("cvss4", "cvss2"):  # model/cvss_test.c compares those scores
            del a["severity"], a["severity_source"]
        all, a["affected"] = a["affected"], []
        for row in all:
            plain = {k: v for k, v in row.items() if k != "module"}
            text = json.dumps(plain, sort_keys=True)
            outside = text in listed[a["id"]] and text not in sure.get(a["id"], ())
            apart += outside
            a["affected"] += [] if outside else [row]
    a, b = rows.flat(got, *KEYS), rows.flat(mine, *KEYS)
    missing, extra = b - a, a - b
    rows.report(f"{name}: {len(got)} advisories, {sum(a.values())} rows of ranges and lists, "
                f"{apart} of versions outside of ranges", not missing and not extra and bool(got),
                *[f"missing: {r}" for r in list(missing)[:6]], *[f"extra: {r}" for r in list(extra)[:6]])
    return got


def known(what, got, *lines):
    """Rows that a person read in the documents: "ID NAMESPACE[+PRODUCT] PACKAGE INTRODUCED|FIXED|LAST"."""
    if got is None:
        return rows.skip(what, "no document")
    have = {f"{a['id']} {r['namespace']}{'+' + r['product'] if 'product' in r else ''} {r['package']} "
            f"{r.get('introduced', '')}|{r.get('fixed', '')}|{r.get('last_affected', '')}"
            for a in got for r in a["affected"]}
    rows.report(what, not set(lines) - have, *[f"missing: {line}" for line in lines if line not in have])
