#!/usr/bin/env python3
"""rows_updateinfo_test.py: lists of updates (Amazon, Fedora, EPEL, Bottlerocket), read by Python's
own XML parser and compared with limpid's reader, advisory by advisory and row by row."""
import collections
import datetime
import os
import re
import sys
import tempfile
import xml.etree.ElementTree as tree

import rows

WORDS = {"urgent": "critical", "critical": "critical", "important": "high", "high": "high",
         "moderate": "medium", "medium": "medium", "low": "low"}


def seconds(text):
    text = text.replace("T", " ").rstrip("Z")
    form = "%Y-%m-%d %H:%M:%S" if text.count(":") == 2 else "%Y-%m-%d %H:%M"
    return int(datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc).timestamp())


def amazon(update, id, short):
    line = re.match(r"ALAS(\d*)([A-Z]*)-", id)
    number = {"amazon-linux-ami": "1", "amazon-linux-2": "2", "amazon-linux-2022": "2022",
              "amazon-linux-2023": "2023"}.get(short)
    if number is None or line is None:
        return None, ""
    extra = line[2].lower()
    return f"amzn:{number}", {"": "", "livepatch": "livepatch"}.get(extra, f"extra:{extra}")


def fedora(update, id, short):
    release = update.findtext("release") or ""
    found = re.match(r"Fedora (EPEL )?(\d+)", release)
    return f"{'epel' if found[1] else 'fedora'}:{found[2]}", ""


def bottlerocket(update, id, short):
    return "bottlerocket", ""


def read(path, place, with_release=True, name=""):
    for update in tree.fromstring(rows.unpacked(path)).iter("update"):
        id = update.findtext("id")
        collection = update.find("pkglist/collection")
        namespace, product = place(update, id, collection.get("short") if collection is not None else "")
        ids = []
        for r in update.iter("reference"):
            if r.get("type") == "ghsa":
                ids.append(r.get("id"))
            elif r.get("type") != "self":
                ids += re.findall(r"CVE-\d{4}-\d{4,}", r.get("id") + " " + (r.get("title") or ""))
        if not ids:
            ids = re.findall(r"CVE-\d{4}-\d{4,}", (update.findtext("title") or "") +
                             (update.findtext("description") or ""))
        if not ids and update.get("type") != "security":
            continue
        versions = collections.defaultdict(lambda: collections.defaultdict(set))
        for part in update.iter("collection"):
            module = part.find("module")
            label = f"{module.get('name')}:{module.get('stream')}" if module is not None else ""
            for p in part.iter("package"):
                if p.get("arch") in ("src", "nosrc"):
                    continue
                epoch = p.get("epoch") or "0"
                version = (epoch + ":" if epoch != "0" else "") + p.get("version")
                if with_release:
                    version += "-" + p.get("release")
                arch = "" if p.get("arch") == "noarch" else p.get("arch")
                versions[p.get("name"), label][arch].add(version)
        affected = []
        for (package, label), arches in versions.items():
            all = {v for vs in arches.values() for v in vs}
            pairs = [("", v) for v in all] if len(all) == 1 else \
                [(a, v) for a, vs in arches.items() for v in vs]
            for arch, version in pairs:
                row = {"namespace": namespace, "product": product, "package": package, "scope": "binary",
                       "arch": arch, "module": label, "state": "fixed", "fixed": version}
                affected.append({k: v for k, v in row.items() if v})
        word = WORDS.get((update.findtext("severity") or "").lower())
        a = {"id": id, "ids": sorted(set(ids)), "affected": affected,
             "published": seconds(update.find("issued").get("date"))}
        if update.find("updated") is not None:
            a["modified"] = seconds(update.find("updated").get("date"))
        if word:
            a.update(severity=word, severity_source=name)
        yield a


KEYS = ("severity", "severity_source", "published", "modified")
FILES = [
    ("amazon", amazon, True, ["amazon/updateinfo_1.xml.gz", "amazon/updateinfo_2022.xml.gz",
                              "amazon/updateinfo_2023.xml.gz"]),
    ("bottlerocket", bottlerocket, False, ["bottlerocket/updateinfo.xml.gz"]),
    ("fedora", fedora, True, None),
]
for feed, place, with_release, files in FILES:
    if files is None:
        files = sorted(os.path.relpath(os.path.join(d, f), rows.FEEDS)
                       for d, _, names in os.walk(os.path.join(rows.FEEDS, feed))
                       for f in names if "updateinfo.xml" in f)
    for path in files:
        rows.compare(path[:60], feed, "updateinfo.xml", path,
                     lambda whole: list(read(whole, place, with_release, feed)), *KEYS)

# what the real files here do not have, as the publishers write it
MADE = """<?xml version="1.0" encoding="UTF-8"?><updates>
<update type="security"><id>ALAS2DOCKER-2021-001</id><title>t</title><issued date="2021-07-01 10:00"/>
<severity>important</severity><description>Fixes.</description><references>
<reference href="x" id="CVE-2021-21334" type="cve"/></references><pkglist>
<collection short="amazon-linux-2"><name>n</name>
<package name="containerd" version="1.4.6" release="2.amzn2" epoch="0" arch="x86_64"/>
<package name="containerd" version="1.4.6" release="3.amzn2" epoch="0" arch="aarch64"/>
<package name="containerd" version="1.4.6" release="2.amzn2" epoch="0" arch="src"/>
<package name="docs" version="1" release="2" epoch="3" arch="noarch"/>
</collection></pkglist></update>
<update type="security"><id>ALAS2023LIVEPATCH-2024-001</id><issued date="2024-01-02 10:00:00"/>
<severity>medium</severity><references/><pkglist><collection short="amazon-linux-2023---livepatch">
<module name="nodejs" stream="18" version="1" context="a" arch="x86_64"/>
<package name="kernel-livepatch" version="1.0" release="1" epoch="0" arch="x86_64"/>
</collection></pkglist></update>
<update type="bugfix"><id>ALAS2-2018-939</id><references/><pkglist><collection short="amazon-linux-2">
<package name="a" version="1" release="1" arch="x86_64"/></collection></pkglist></update>
</updates>"""
with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
    file.write(MADE)
    file.flush()
    got, notes = rows.dump("amazon", "updateinfo.xml", file.name)
    by_id = {a["id"]: a for a in got}
    docker = by_id["ALAS2DOCKER-2021-001"]
    rows.report("a repository of its own is a product, and architectures differ where versions do",
                [(r["package"], r.get("arch"), r["fixed"], r["product"]) for r in docker["affected"]] ==
                [("containerd", "aarch64", "1.4.6-3.amzn2", "extra:docker"),
                 ("containerd", "x86_64", "1.4.6-2.amzn2", "extra:docker"),
                 ("docs", None, "3:1-2", "extra:docker")], docker)
    rows.report("its page", docker["url"] == "https://alas.aws.amazon.com/AL2/ALASDOCKER-2021-001.html",
                docker["url"])
    live = by_id["ALAS2023LIVEPATCH-2024-001"]
    rows.report("live patches, and a module's stream",
                live["affected"] == [{"namespace": "amzn:2023", "product": "livepatch",
                                      "package": "kernel-livepatch", "scope": "binary",
                                      "module": "nodejs:18", "state": "fixed", "fixed": "1.0-1"}], live)
    rows.report("what fixes no vulnerability is counted", "ALAS2-2018-939" not in by_id and
                any("updates that fix no vulnerability: 1" in n for n in notes), notes)
rows.done()
