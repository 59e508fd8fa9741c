#!/usr/bin/env python3
"""rows_rubysec_test.py: ruby-advisory-db, whole, its YAML read by the few forms that it has."""
import functools
import io
import os
import re
import tarfile

import rows
import rows_osv


def segments(version):
    """Gem::Version: numbers and words; words before numbers, zeros at the end do not count."""
    parts = [int(p) if p.isdigit() else p for p in re.findall(r"\d+|[A-Za-z]+", version.replace("-", ".pre."))]
    cut = next((i for i, p in enumerate(parts) if isinstance(p, str)), len(parts))
    return [strip(parts[:cut]), strip(parts[cut:])]


def strip(parts):
    while parts and parts[-1] == 0:
        parts = parts[:-1]
    return parts


def compare(a, b):
    if a == b:
        return 0
    left, right = (sum(segments(v), []) for v in (a, b))
    for i in range(max(len(left), len(right))):
        x = left[i] if i < len(left) else 0
        y = right[i] if i < len(right) else 0
        if x != y:
            if isinstance(x, str) != isinstance(y, str):
                return -1 if isinstance(x, str) else 1
            return -1 if x < y else 1
    return 0


def plain(text):
    text = text.strip()
    return text[1:-1].replace("''", "'") if text[:1] in "'\"" and text[-1:] == text[:1] else text


def members(text):
    """The members of a file: one line each, lists of lines, and a title of several lines."""
    found, key = {}, None
    for line in text.splitlines():
        m = re.match(r"([a-z_0-9]+):(?: (.*))?$", line)
        if m:
            key = m.group(1)
            found[key] = m.group(2) or ""
        elif key in ("patched_versions", "unaffected_versions") and line.strip().startswith("- "):
            found[key] = (found[key] or []) + [plain(re.sub(r"\s+#.*", "", line.strip()[2:]))]
        elif key == "title" and line.strip():
            found[key] += " " + line.strip()
    return found


def cuts(requirement):
    """[((version, behind), (version, behind))] of what all of its parts allow"""
    low, high = None, None
    for part in requirement.split(","):
        op, version = re.match(r"\s*([<>=~]*)\s*(\S+)", part).groups()
        if op == "~>":
            numbers = re.match(r"\d+(\.\d+)*", version).group().split(".")
            numbers = numbers[:-1] if len(numbers) > 1 else numbers
            ends = (version, 0), (".".join(numbers[:-1] + [str(int(numbers[-1]) + 1), "a"]), 0)
        else:
            ends = {">=": ((version, 0), None), ">": ((version, 1), None), "<": (None, (version, 0)),
                    "<=": (None, (version, 1))}.get(op, ((version, 0), (version, 1)))
        low = ends[0] if low is None or (ends[0] and order(ends[0], low) > 0) else low
        high = ends[1] if high is None or (ends[1] and order(ends[1], high) < 0) else high
    return low, high


def order(a, b):
    return compare(a[0], b[0]) or a[1] - b[1]


def vulnerable(requirements):
    begins = functools.cmp_to_key(lambda a, b: 0 if a is b else -1 if a is None else 1 if b is None
                                  else order(a, b))
    at, started = None, False
    for low, high in sorted((cuts(r) for r in requirements), key=lambda c: begins(c[0])):
        if low is not None and (at is None or order(at, low) < 0):
            if at is None or at[0] != low[0] + ".a":
                yield at, low
        if high is None:
            return
        at = high if at is None or order(at, high) < 0 else at
    yield at, None


def advisories(path):
    with tarfile.open(fileobj=io.BytesIO(rows.unpacked(path))) as archive:
        for file in archive:
            if not file.name.startswith("gems/") or not file.name.endswith(".yml"):
                continue
            text = archive.extractfile(file).read().decode()
            m = members(text)
            affected = []
            for low, high in vulnerable((m.get("patched_versions") or []) + (m.get("unaffected_versions") or [])):
                row = {"namespace": "gem", "package": m["gem"], "scope": "binary", "state": "affected"}
                row.update({"product": m["platform"]} if "platform" in m else {})
                row.update({"introduced": low[0]} if low else {})
                if high:
                    row.update({"last_affected": high[0]} if high[1] else {"fixed": high[0], "state": "fixed"})
                affected.append(row)
                if low and low[1]:
                    affected.append({k: v for k, v in row.items() if k != "fixed"} |
                                    {"state": "not-affected", "last_affected": low[0]})
            id = os.path.basename(file.name)[:-4]
            ids = [p + plain(m[k]) for k, p in (("cve", "CVE-"), ("ghsa", "GHSA-"), ("osvdb", "OSVDB-"))
                   if m.get(k)]
            score = next((float(m[k]) for k in ("cvss_v4", "cvss_v3", "cvss_v2") if m.get(k)), None)
            words = ((0.1, "negligible"), (4, "low"), (7, "medium"), (9, "high"), (11, "critical"))
            yield {"id": id, "ids": [i for i in ids if i != id], "url": plain(m["url"]),
                   "published": rows_osv.seconds(plain(m["date"])), "affected": affected,
                   **({} if score is None else {"severity": next(w for n, w in words if score < n)})}


if rows_osv.has_order("RubyGems"):
    rows.compare("rubysec reads ruby-advisory-db", "rubysec", "ruby-advisory-db.tar",
                 "rubygems/ruby-advisory-db.tar.zst", lambda path: list(advisories(path)), "url",
                 "published", "severity")
    path = os.path.join(rows.FEEDS, "rubygems/ruby-advisory-db.tar.zst")
    got = rows.dump("rubysec", "ruby-advisory-db.tar", path)[0] if os.path.exists(path) else None
    rows_osv.known("rows that were read by hand", got, "CVE-2022-30123 gem rack |2.0.9.1|",
                   "CVE-2022-30123 gem rack 2.1.a|2.1.4.1|", "CVE-2022-30123 gem rack 2.2.a|2.2.3.1|",
                   "CVE-2021-41098 gem+jruby nokogiri |1.12.5|",
                   "CVE-2026-54497 gem view_component 4.0.0|4.12.0|",
                   "CVE-2026-54498 gem view_component 4.0.0|4.12.0|",
                   "CVE-2011-2929 gem actionpack 3.1.a|3.1.0.rc6|")
else:
    rows.skip("rubysec reads ruby-advisory-db", "no order of gems' versions")
rows.done()
