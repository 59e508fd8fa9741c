"""Small documents of the feeds, made up, and what the program says of them."""

import io
import json
import zipfile

import program

QUICK = ("--retries", "1", "--retry-wait", "10", "--timeout", "3")


def tracker(count=5, package="sound"):
    """Debian's tracker with `count` advisories."""
    states = {
        "CVE-2024-%04d" % i: {"releases": {"bookworm": {"status": "resolved", "fixed_version": "1.0-%d" % i, "urgency": "high"}}}
        for i in range(1, count + 1)
    }
    return json.dumps({package: states})


def record(i, package="sound"):
    return {
        "schema_version": "1.6.0",
        "id": "ALSA-2024:%04d" % i,
        "published": "2024-01-01T00:00:00Z",
        "modified": "2024-01-02T00:00:00Z",
        "related": ["CVE-2024-%04d" % i],
        "summary": "Important: sound security update",
        "affected": [
            {
                "package": {"ecosystem": "AlmaLinux:9", "name": package},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0-%d.el9" % i}]}],
            }
        ],
    }


def archive(*texts):
    """A zip with a record a text."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for i, text in enumerate(texts):
            made.writestr(zipfile.ZipInfo("ALSA-%d.json" % i, (2024, 1, 2, 0, 0, 0)), text)
    return out.getvalue()


def alma(count=5):
    return archive(*[json.dumps(record(i)) for i in range(1, count + 1)])


def secdb(branch, count=1, version="1.0-r1"):
    fixes = {version: ["CVE-2024-%04d" % i for i in range(1, count + 1)]}
    return json.dumps({"distroversion": branch, "reponame": "main", "packages": [{"pkg": {"name": "sound", "secfixes": fixes}}]})


def update(cache, *words, feeds=("debian", "almalinux"), url=None, **more):
    """An update of `feeds` from a mirror at `url`."""
    names = [word for feed in feeds for word in ("--feed", feed)]
    where = ["--from", url] if url else []
    return program.run("update", *names, *where, *QUICK, *words, cache=cache, **more)


def states(cache):
    """What `limpid status` says, by feed."""
    return {feed["feed"]: feed for feed in program.run("status", "--format", "json", cache=cache).json["feeds"]}
