#!/usr/bin/env python3
"""rows_debian_test.py: what rows_test.py does not compare of Debian's documents (descriptions,
addresses), the ELTS tracker, and the lists of debian-security-support; read independently."""
import glob
import json
import os
import re
import subprocess
import sys

import rows

TRACKER = "https://security-tracker.debian.org/tracker/"


def prose(text, limit=4096):
    text = b" ".join(text.encode().split())
    if len(text) > limit:
        text = text[:limit - 3].decode(errors="ignore").encode() + "…".encode()
    return text.decode()


def members(path, url):
    """{(id, description, url)} of a tracker's JSON, of what has a release that limpid knows."""
    found = set()
    for issues in json.loads(rows.unpacked(path)).values():
        for id, issue in issues.items():
            if set(issue["releases"]) - {"experimental"}:
                found.add((id, prose(issue.get("description", "")), url + id))
    return found


def tracker(feed, document, path, url, product=""):
    whole = os.path.join(rows.FEEDS, path)
    name = f"{feed}: descriptions and addresses of {path}"
    if not os.path.exists(whole):
        rows.skip(name, "no " + path)
        return
    got, _ = rows.dump(feed, document, whole)
    mine = {(a["id"], a.get("description", ""), a["url"]) for a in got}
    want = members(whole, url)
    products = {r.get("product", "") for a in got for r in a["affected"]}
    rows.report(name, mine == want and products == {product}, products, *list(mine ^ want)[:4])


def notices(path):
    whole = os.path.join(rows.FEEDS, path)
    if not os.path.exists(whole):
        rows.skip("titles of " + path, "no " + path)
        return
    with open(whole, encoding="utf-8") as file:
        heads = dict(re.findall(r"^\[.*?\]\s+(\S+)\s*(.*?)\s*$", file.read(), flags=re.M))
    got, _ = rows.dump("debian", "/".join(path.split("/")[-3:]), whole)
    wrong = [a["id"] for a in got
             if a.get("description", "") != heads[a["id"]] or a["url"] != TRACKER + a["id"]]
    rows.report(f"titles and addresses of {len(got)} notices of {path}", got and not wrong, *wrong)


def support(path):
    kind, _, release = os.path.basename(path).partition(".deb")
    namespace = "debian-support" + (":" + release if release else "")
    with open(path, encoding="utf-8") as file:
        lines = [line.split("#", 1)[0] if line.startswith("#") else line for line in file]
    for line in filter(str.strip, lines):
        ended = kind.endswith("ended")
        fields = line.split(None, 3 if ended else 1)
        row = {"namespace": namespace, "package": fields[0], "scope": "source",
               "state": "end-of-life" if ended else "affected"}
        why = prose(fields[3] if len(fields) > 3 else "", 400) if ended else prose(fields[1], 400)
        row["word"] = (f"support until {fields[2]}" if ended else "limited support") + (
            ": " + why if why else "")
        if ended and fields[1] != "0":
            row["last_affected"] = fields[1]
        yield {"id": "debian-security-support:" + fields[0], "affected": [row]}


def checked():
    path = "eol/debian-security-support/security-support-ended.deb12"
    whole = os.path.join(rows.FEEDS, path)
    if not os.path.exists(whole):
        rows.skip("rows checked by hand", "no " + path)
        return
    got = {(r["namespace"], r["package"], r.get("last_affected", ""))
           for a in rows.dump("debian-support", "security-support-ended.deb12", whole)[0]
           for r in a["affected"]}
    want = {("debian-support:12", "lxd", "5.0.2-5+deb12u6"), ("debian-support:12", "php-horde.*", ""),
            ("debian-support:12", "suricata", "1:6.0.10-1")}
    rows.report("3 rows checked by hand", want <= got, *(want - got))


def main():
    for path in ("debian/tracker-json/a/data/json", "debian/tracker-json/b/data/json.zst",
                 "debian/derived-tracker-json/tracker/data/json.zst"):
        tracker("debian", "tracker/data/json", path, TRACKER)
    tracker("debian-elts-tracker", "extended-lts/tracker/data/json",
            "debian/tracker-json/b/data/json.zst", "https://deb.freexian.com/extended-lts/tracker/",
            "elts")
    for folder in ("security-tracker", "security-tracker-recovered"):
        for kind in ("DSA", "DLA"):
            notices(f"debian/{folder}/data/{kind}/list")
    below = os.path.join(rows.FEEDS, "eol", "debian-security-support")
    found = sorted(glob.glob(os.path.join(below, "security-support-*.deb*")) +
                   glob.glob(os.path.join(below, "security-support-limited")))
    if not found:
        rows.skip("the lists of debian-security-support", "no eol")
    for path in found:
        name = os.path.basename(path)
        rows.compare("reads " + name, "debian-support", name, os.path.relpath(path, rows.FEEDS),
                     lambda p: list(support(p)))
    checked()
    refused = subprocess.run([rows.DUMP, "debian-support", "security-support-ended", os.devnull],
                             capture_output=True, check=False)
    rows.report("the list without a release's number is not read", refused.returncode != 0)
    rows.done()


sys.path.insert(0, os.path.dirname(__file__))
main()
