"""A mirror of feeds that changes from one round to the next: each advisory names the round in its fixed version, so that a
mixture of two generations shows. With Alpine's real branches of 2020 beside, where they are there."""

import functools
import http.server
import io
import json
import os
import re
import shutil
import threading
import zipfile

import layers
import program

COUNT = 24
BEGUN_S = 1704153600
REAL = os.path.join(program.SHARED, "feeds", "alpine", "secdb-2020-06")


def cve(number):
    return "CVE-2030-%04d" % number


def tracker(number):
    return {"app-%d" % i: {cve(i): {"releases": {"bookworm": {
        "status": "resolved", "fixed_version": "1.%d-1" % number, "urgency": "high"}}}} for i in range(COUNT)}


def secdb(number):
    packages = [{"pkg": {"name": "app-%d" % i, "secfixes": {"1.%d-r1" % number: [cve(i)]}}} for i in range(COUNT)]
    return {"distroversion": "v3.18", "reponame": "main", "packages": packages}


def alma(number):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for i in range(COUNT):
            record = {"schema_version": "1.6.0", "id": "ALSA-2030:%04d" % i, "published": "2024-01-01T00:00:00Z",
                      "modified": "2024-01-02T00:00:00Z", "related": [cve(i)], "summary": "Important: app security update",
                      "affected": [{"package": {"ecosystem": "AlmaLinux:9", "name": "app-%d" % i},
                                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.%d-1.el9" % number}]}]}]}
            archive.writestr(zipfile.ZipInfo(record["id"] + ".json", (2024, 1, 2, 0, 0, 0)), json.dumps(record))
    return data.getvalue()


class Mirror:
    """`hold`: so many requests for Debian's document get no answer before `held` is set."""

    def __init__(self, folder, web):
        self.folder = str(folder)
        os.makedirs(self.folder)
        if os.path.isdir(REAL):
            for branch in ("v3.9", "v3.10", "v3.11"):
                shutil.copytree(os.path.join(REAL, branch), os.path.join(self.folder, branch), ignore=shutil.ignore_patterns("*.yaml"))
        self.server = None
        self.hold, self.held, self.lock = 0, threading.Event(), threading.Lock()
        mirror = self
        if web:
            class Handler(http.server.SimpleHTTPRequestHandler):
                def log_message(self, *args):
                    pass

                def do_GET(self):
                    with mirror.lock:
                        holds = self.path == "/tracker/data/json" and mirror.hold > 0
                        mirror.hold -= holds
                    if holds:
                        mirror.held.wait()
                    super().do_GET()

                def handle(self):
                    try:
                        super().handle()
                    except OSError:
                        pass  # whoever asked is gone

            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=self.folder))
            self.server.daemon_threads = True
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.source = "http://127.0.0.1:%d" % self.server.server_port if web else self.folder

    def write(self, number):
        for name, content in (("tracker/data/json", json.dumps(tracker(number)).encode()),
                              ("v3.18/main.json", json.dumps(secdb(number)).encode()), ("AlmaLinux/all.zip", alma(number))):
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path + ".new", "wb") as file:
                file.write(content)
            os.utime(path + ".new", (BEGUN_S + 10 * number, BEGUN_S + 10 * number))
            os.rename(path + ".new", path)

    def close(self):
        self.held.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()


def make_layers(folder):
    """{namespace: a layer with all of the packages}"""
    maker = layers.Maker(folder)
    debian = {"app-%d" % i: "0.1-1" for i in range(COUNT)}
    alpine = {"app-%d" % i: "0.1-r0" for i in range(COUNT)}
    return {
        "debian:12": maker.build("debian", "2016", [([layers.DEBIAN, ("var/lib/dpkg/status", layers.dpkg(debian))], {}, debian)])[0],
        "alpine:v3.18": maker.build("alpine", "2016", [([layers.ALPINE, ("lib/apk/db/installed", layers.apk(alpine))], {}, alpine)])[0],
    }


def generation(instance, layer):
    """The round of which all that is said about the layer's packages is; 0 where nothing is."""
    status, _, body = instance.get("/v1/layers/%s?vulnerabilities" % layer.name, timeout=60)
    assert status == 200, body
    rounds = []
    for feature in json.loads(body)["Layer"]["Features"]:
        for v in feature.get("Vulnerabilities", []):
            rounds.append(int(re.match(r"1\.(\d+)-", v["FixedBy"])[1]))
    assert len(rounds) in (0, COUNT) and len(set(rounds)) <= 1, (layer.name, rounds)
    return rounds[0] if rounds else 0
