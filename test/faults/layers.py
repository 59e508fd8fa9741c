"""Chains of layers with package databases, and what each layer's list must be; a place to download them from."""

import gzip
import http.client
import http.server
import io
import json
import os
import random
import shutil
import tarfile
import threading
import time
import urllib.parse

DEBIAN = ("etc/os-release", 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n')
ALPINE = ("etc/os-release", "ID=alpine\nVERSION_ID=3.18.4\n")
APIS = ("2015", "2016")


def dpkg(packages):
    return "".join("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\nDescription: x\n\n" % package
                   for package in sorted(packages.items()))


def apk(packages):
    return "".join("P:%s\nV:%s\nA:x86_64\no:%s\n\n" % (name, version, name) for name, version in sorted(packages.items()))


def status_d(packages):
    return [("var/lib/dpkg/status.d/" + name, dpkg({name: version})) for name, version in packages.items()]


class Layer:
    def __init__(self, name, parent, api, path, packages):
        self.name, self.parent, self.api, self.path, self.packages = name, parent, api, path, packages

    def body(self):
        if self.api == "2015":
            return {"ID": self.name, "Path": self.path, "ParentID": self.parent}
        return {"Layer": {"Name": self.name, "Path": self.path, "ParentName": self.parent, "Format": "Docker"}}

    def post(self, instance):
        return instance.ask("POST", "/v1/layers", self.body(), timeout=60)[0]

    def listed(self, instance):
        """Its packages as the service has them; None where it has no such layer."""
        name = urllib.parse.quote(self.name, safe="")
        path = "/v1/layers/%s/packages" if self.api == "2015" else "/v1/layers/%s?features"
        status, _, body = instance.get(path % name, timeout=60)
        if status == 404:
            return None
        assert status == 200, (self.name, status, body)
        told = json.loads(body)
        listed = told["Packages"] if self.api == "2015" else told["Layer"].get("Features", [])
        packages = {p["Name"]: p["Version"] for p in listed}
        assert len(packages) == len(listed), (self.name, listed)
        return packages


class Maker:
    """Chains of several kinds, each layer with a package that no other has; names and contents differ with each call."""

    def __init__(self, folder, seed=1):
        self.folder, self.chance, self.made = str(folder), random.Random(seed), 0
        os.makedirs(self.folder, exist_ok=True)
        self.filler = self.chance.randbytes(256 * 1024) * 8

    def write(self, files, filler=0, packed=False):
        self.made += 1
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            for name, content in [*files, ("usr/share/filler", self.filler[:filler])]:
                content = content.encode() if isinstance(content, str) else content
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        path = os.path.join(self.folder, "layer-%d.tar" % self.made)
        with open(path, "wb") as file:
            file.write(gzip.compress(data.getvalue(), 1) if packed else data.getvalue())
        return path

    def some(self, count=None):
        return {"p%d" % self.chance.randrange(200): "%d.%d-%d" % tuple(self.chance.randrange(1, 9) for _ in range(3))
                for _ in range(count or self.chance.randrange(3, 40))}

    def chain(self, name, kind):
        """[Layer], from the bottom up."""
        return [self.whole_database, self.alpine, self.distroless, self.large][kind % 4](name, APIS[kind // 4 % 2])

    def build(self, name, api, contents):
        """contents: (files, more for write, the list of that layer) from the bottom up."""
        layers, parent = [], ""
        for number, (files, more, packages) in enumerate(contents):
            layers.append(Layer("%s.%d" % (name, number), parent, api, self.write(files, **more), packages))
            parent = layers[-1].name
        return layers

    def own(self, name):
        return {"own-" + name: "1.%d" % self.made}

    def whole_database(self, name, api):
        base = {**self.some(), **self.own(name)}
        gone = sorted(base)[0]
        child = {n: v for n, v in base.items() if n != gone}
        child.update(self.some(5))
        return self.build(name, api, [([DEBIAN, ("var/lib/dpkg/status", dpkg(base))], {}, base),
                                      ([("var/lib/dpkg/status", dpkg(child))], {"packed": True}, child),
                                      ([("etc/motd", name)], {}, child)])

    def alpine(self, name, _):
        base = {**self.some(), **self.own(name)}
        child = {**base, **self.some(3)}
        return self.build(name, "2016", [([ALPINE, ("lib/apk/db/installed", apk(base))], {"packed": True}, base),
                                         ([("lib/apk/db/installed", apk(child))], {}, child)])

    def distroless(self, name, api):
        base, more = {**self.some(4), **self.own(name)}, self.some(3)
        more[next(iter(base))] = "99-1"
        return self.build(name, api, [([DEBIAN, *status_d(base)], {}, base), (status_d(more), {}, {**base, **more})])

    def large(self, name, api):
        base = {**self.some(300), **self.own(name)}
        child = {**base, **self.some(300)}
        return self.build(name, api, [([DEBIAN, ("var/lib/dpkg/status", dpkg(base))], {"filler": 2 << 20, "packed": True}, base),
                                      ([("var/lib/dpkg/status", dpkg(child))], {"filler": 1 << 20}, child)])


class Web:
    """Serves the files of a folder slowly enough that a kill meets a download."""

    def __init__(self, folder, seconds=0.03):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    with open(os.path.join(str(folder), os.path.basename(self.path)), "rb") as file:
                        size = os.fstat(file.fileno()).st_size
                        self.send_response(200)
                        self.send_header("Content-Length", str(size))
                        self.end_headers()
                        self.wfile.write(file.read(size // 2))
                        time.sleep(seconds)
                        shutil.copyfileobj(file, self.wfile)
                except OSError:
                    pass  # whoever asked is gone

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def at(self, path):
        return "http://127.0.0.1:%d/%s" % (self.server.server_port, os.path.basename(path))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


UNSURE = (OSError, http.client.HTTPException)


class Posting:
    """Connections that post chains, each from the bottom up, until the instance is gone."""

    def __init__(self, instance, chains, threads=4):
        self.instance, self.chains = instance, list(chains)
        self.answered, self.refused, self.lock = [], [], threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        if not self.instance.ready():
            return
        while True:
            with self.lock:
                if not self.chains:
                    return
                chain = self.chains.pop(0)
            for layer in chain:
                try:
                    status = layer.post(self.instance)
                except UNSURE:
                    return
                with self.lock:
                    (self.answered if status == 201 else self.refused).append((layer, status))
                if status != 201:
                    break

    def join(self):
        for thread in self.threads:
            thread.join()
        assert self.refused == [], [(layer.name, status) for layer, status in self.refused]
        return {layer.name for layer, _ in self.answered}
