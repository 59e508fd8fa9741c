"""Real images, posted layer by layer to both APIs: the lists of their uppermost layers are those of
the package managers, and their vulnerabilities are those that `limpid scan` finds."""

import bz2
import csv
import gzip
import http.server
import io
import json
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "inventory"))

import images
import program
import real

NESTED = "clair:\n  database: {type: sqlite}\n  api: {port: 0, healthport: 0}\n  updater: {interval: 0}\n"

# image → what it is called: in advisories (OSV), by the API of 2016, by that of 2015 (None: unsupported)
SYSTEMS = {
    "alpine-3.12": ("Alpine:v3.12", "alpine:v3.12", None),
    "alpine-3.18": ("Alpine:v3.18", "alpine:v3.18", None),
    "debian-app-small": ("Debian:12", "debian:12", "debian:12"),
    "debian-bookworm-slim": ("Debian:12", "debian:12", "debian:12"),
    "distroless-debian12": ("Debian:12", "debian:12", "debian:12"),
    "docker25-save": ("Alpine:v3.18", "alpine:v3.18", None),
    "dup-layers": ("Alpine:v3.12", "alpine:v3.12", None),
    "mixed-compression": ("Alpine:v3.18", "alpine:v3.18", None),
    "names-links": ("Alpine:v3.18", "alpine:v3.18", None),
    "real-alpine-3.11": ("Alpine:v3.11", "alpine:v3.11", None),
    "rpm-centos7": ("Red Hat:enterprise_linux:7::server", "centos:7", "centos:7"),
    "rpm-leap15": ("openSUSE:Leap 15.3", "opensuse-leap:15.3", None),
    "rpm-mariner2": ("Azure Linux:2", "mariner:2.0", None),
    "rpm-rocky9": ("Rocky Linux:9", "rocky:9", None),
    "rpm-sles15.3": ("SUSE:Linux Enterprise Server 15 SP3", "sles:15.3", None),
    "rpm-ubi8": ("Red Hat:enterprise_linux:8::baseos", "centos:8", None),
    "rpm-ubi8-s390x": ("Red Hat:enterprise_linux:8::baseos", "centos:8", None),
    "two-images-old": ("Alpine:v3.6", "alpine:v3.6", None),
    "two-images-new": ("Alpine:v3.12", "alpine:v3.12", None),
    "two-platforms-amd64": ("Alpine:v3.18", "alpine:v3.18", None),
    "two-platforms-arm64": ("Alpine:v3.18", "alpine:v3.18", None),
    "untagged-zstd": ("Alpine:v3.18", "alpine:v3.18", None),
    "whiteouts": ("Alpine:v3.18", "alpine:v3.18", None),
}

# Packages that are removed but for their configuration: Clair listed them, dpkg and scans do not.
LEFT = {"debian-app-small": {"nginx"}}


@pytest.fixture(scope="module", autouse=True)
def _needs_images():
    if not os.path.isdir(os.path.join(program.SHARED, "images")):
        pytest.skip("there are no images in LIMPID_SHARED")


def truth(name):
    """The rows of an image's list that the APIs show."""
    options = dict(zip(real.IMAGES[name][2][::2], real.IMAGES[name][2][1::2]))
    with open(real.truth_of(name), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    same = {"x86_64": "amd64", "aarch64": "arm64"}
    return [
        row
        for row in rows
        if row["ecosystem"] in ("deb", "apk", "rpm") and row["name"] != "gpg-pubkey"
        and ("--image" not in options or row["image"] == options["--image"])
        and ("--arch" not in options or same.get(row["arch"], row["arch"]) in (options["--arch"], "all", "noarch"))
    ]


def feature(row):
    """(name, version) of the feature that a package is part of."""
    if row["ecosystem"] == "deb" and row["source"]:
        return row["source"], row["source_version"] or row["version"]
    version = row["version"]
    return row["name"], version[2:] if version.startswith("0:") else version


def layers_of(name):
    options = dict(zip(real.IMAGES[name][1][::2], real.IMAGES[name][1][1::2]))
    return images.layers_of(real.path_of(name), options.get("--image"), options.get("--platform"))


# -- advisories ------------------------------------------------------------------------------------

SCORES = ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", None]


def later(version):
    """A later revision, by the rules of dpkg, apk and rpm."""
    head, revision, digits = version.rpartition("-r")
    return head + revision + str(int(digits) + 900) if revision and digits.isdigit() else version + ".99"


def advisories(folder):
    """A mirror of OSV with advisories about every package of every image: one that is fixed in a
    later version, one that is not fixed, one that was fixed long ago, in turn."""
    about = {}
    for name, (ecosystem, _, _) in SYSTEMS.items():
        names = about.setdefault(ecosystem, {})
        for row in truth(name):
            names.setdefault(row["name"] if ecosystem.startswith("Red Hat") else row["source"] or row["name"], set()).add(feature(row)[1])
    number = 0
    for ecosystem, names in sorted(about.items()):
        base = ecosystem.split(":")[0]
        target = os.path.join(folder, base)
        os.makedirs(target, exist_ok=True)
        with zipfile.ZipFile(os.path.join(target, "all.zip"), "a") as archive:
            for package, versions in sorted(names.items()):
                for kind in range(3):
                    number += 1
                    events = [{"introduced": "0"}] + [[{"fixed": later(max(versions))}], [], [{"fixed": "0.0.0.1"}]][kind]
                    cve = "CVE-2023-%d" % (10000 + number)
                    record = {
                        "schema_version": "1.6.0",
                        "id": {"Debian": "DEBIAN-", "Alpine": "ALPINE-"}[base] + cve if base in ("Debian", "Alpine") else
                              {"Rocky Linux": "RLSA-2023:%d", "openSUSE": "openSUSE-SU-2023:%d-1", "SUSE": "SUSE-SU-2023:%d-1",
                               "Red Hat": "RHSA-2023:%d", "Azure Linux": "AZL-%d"}[base] % (10000 + number),
                        "published": "2023-01-01T00:00:00Z", "modified": "2023-01-02T00:00:00Z",
                        "related": [cve], "upstream": [cve], "summary": "Important: " + package, "details": "about " + package,
                        "affected": [{"package": {"ecosystem": ecosystem, "name": package},
                                      "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
                    }
                    if SCORES[number // 3 % 3]:
                        record["severity"] = [{"type": "CVSS_V3", "score": SCORES[number // 3 % 3]}]
                    archive.writestr(record["id"].replace(":", "_") + ".json", json.dumps(record))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A store with these advisories."""
    store, mirror = str(tmp_path_factory.mktemp("store")), str(tmp_path_factory.mktemp("osv"))
    advisories(mirror)
    done = program.run("update", "--feed", "osv", "--from", mirror, cache=store)
    assert done.status == 0, done
    return store


class Blobs(http.server.ThreadingHTTPServer):
    """Serves layers: /N is the n-th that was put."""

    daemon_threads = True

    def __init__(self):
        self.blobs = []
        super().__init__(("127.0.0.1", 0), Blob)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def put(self, blob):
        self.blobs.append(blob)
        return "http://127.0.0.1:%d/%d" % (self.server_port, len(self.blobs) - 1)


class Blob(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.blobs[int(self.path[1:])]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def blobs():
    server = Blobs()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory, cache):
    import service

    one = service.Service(tmp_path_factory.mktemp("serve"), NESTED, cache=cache)
    yield one
    assert one.end() == 0


def path_of(blob, folder, number):
    path = os.path.join(str(folder), "layer%d" % number)
    with open(path, "wb") as file:
        file.write(blob)
    return path


def post_2016(s, name, path, parent):
    status, _, body = s.ask("POST", "/v1/layers", {"Layer": {"Name": name, "Path": path, "ParentName": parent, "Format": "Docker"}},
                            timeout=60)
    return status, body


def post_2015(s, name, path, parent):
    status, _, body = s.ask("POST", "/v1/layers", {"ID": name, "Path": path, "ParentID": parent}, timeout=60)
    return status, body


def post_all(s, post, prefix, paths):
    parent = ""
    for index, path in enumerate(paths):
        status, body = post(s, "%s-%d" % (prefix, index), path, parent)
        assert status == 201, (index, status, body)
        parent = "%s-%d" % (prefix, index)
    return parent


def features_2016(s, name):
    status, _, body = s.get("/v1/layers/%s?vulnerabilities" % name, timeout=60)
    assert status == 200, body
    return json.loads(body)["Layer"]


def scan(name, cache):
    done = program.run("scan", "--format", "json", *real.IMAGES[name][1], real.path_of(name), cache=cache)
    assert done.status == 0, done
    return done.json


def expected(result):
    """{(feature, version, vulnerability): (severity, fixed)} of a scan."""
    found = {}
    for f in result["findings"]:
        p = f["package"]
        key = (*feature({**p, "source": p["source"] or "", "source_version": p["source_version"] or ""}), f["id"])
        found.setdefault(key, set()).add((f["severity"], f["fixed"]))
    return found


@pytest.mark.parametrize("name", sorted(SYSTEMS))
@pytest.mark.parametrize("by", ["path", "url"])
def test_2016_lists_what_is_installed_and_finds_what_a_scan_finds(name, by, served, cache, blobs, tmp_path):
    _, os_name, _ = SYSTEMS[name]
    stored = layers_of(name)
    paths = [path_of(b, tmp_path, i) if by == "path" else blobs.put(b) for i, b in enumerate(stored)]
    layer = features_2016(served, post_all(served, post_2016, by + "-" + name, paths))
    assert layer["NamespaceName"] == os_name
    features = [f for f in layer["Features"] if f["Name"] not in LEFT.get(name, ())]
    assert len(layer["Features"]) - len(features) == len(LEFT.get(name, ()))
    assert sorted((f["Name"], f["Version"]) for f in features) == sorted({feature(row) for row in truth(name)})
    assert {f["NamespaceName"] for f in features} == {os_name}
    assert {f["VersionFormat"] for f in features} == {"rpm" if name.startswith("rpm") else "dpkg"}
    want, got = expected(scan(name, cache)), {}
    for f in features:
        for v in f.get("Vulnerabilities", []):
            got.setdefault((f["Name"], f["Version"], v["Name"]), set()).add((v["Severity"].lower(), v.get("FixedBy")))
            assert v["NamespaceName"] == os_name
    assert got == want
    assert len(want) > len(features)


@pytest.mark.parametrize("name", sorted(n for n in SYSTEMS if SYSTEMS[n][2]))
def test_2015_lists_what_is_installed_and_finds_what_a_scan_finds(name, served, cache, tmp_path):
    top = post_all(served, post_2015, "old-" + name, [path_of(b, tmp_path, i) for i, b in enumerate(layers_of(name))])
    status, _, body = served.get("/v1/layers/%s/os" % top)
    assert (status, json.loads(body)) == (200, {"OS": SYSTEMS[name][2]})
    status, _, body = served.get("/v1/layers/%s/packages" % top)
    assert status == 200
    packages = [p for p in json.loads(body)["Packages"] if p["Name"] not in LEFT.get(name, ())]
    assert sorted((p["Name"], p["Version"]) for p in packages) == sorted({feature(row) for row in truth(name)})
    status, _, body = served.get("/v1/layers/%s/vulnerabilities?minimumPriority=Unknown" % top)
    assert status == 200
    want = {}
    for (package, _, cve), said in expected(scan(name, cache)).items():
        want.setdefault(cve, set()).update((package, severity) for severity, _ in said)
    got = {}
    for v in json.loads(body)["Vulnerabilities"]:
        if v["CausedByPackage"] in LEFT.get(name, ()):
            continue
        got.setdefault(v["ID"], set()).add((v["CausedByPackage"], v["Priority"].lower()))
    assert {(cve, severity) for cve, said in want.items() for _, severity in said} == {
        (cve, severity) for cve, said in got.items() for _, severity in said}
    assert all(got[cve] <= want[cve] for cve in got)


def test_2015_says_which_systems_it_does_not_support(served, tmp_path):
    for name in ("alpine-3.18", "rpm-ubi8", "rpm-rocky9", "rpm-sles15.3", "rpm-mariner2"):
        status, body = post_2015(served, "none-" + name, path_of(layers_of(name)[0], tmp_path, 0), "")
        assert (status, json.loads(body)) == (400, {"Message": "worker: OS and/or package manager are not supported"}), name


# -- forms of a layer ------------------------------------------------------------------------------


def packed(data):
    half = len(data) // 2
    forms = {
        "plain": data,
        "gzip": gzip.compress(data, 1),
        "gzip members": gzip.compress(data[:half], 1) + gzip.compress(data[half:], 1),
        "bzip2": bz2.compress(data, 1),
        "bzip2 streams": bz2.compress(data[:half], 1) + bz2.compress(data[half:], 1),
        "xz": lzma.compress(data, preset=0),
        "xz streams": lzma.compress(data[:half], preset=0) + lzma.compress(data[half:], preset=0),
    }
    if shutil.which("zstd"):
        def zstd(part):
            return subprocess.run(["zstd", "-q", "-c", "-1"], input=part, stdout=subprocess.PIPE, check=True).stdout
        forms["zstd"] = zstd(data)
        forms["zstd frames"] = zstd(data[:half]) + b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zstd(data[half:])
    return forms


def small(name):
    """The files of a real layer that say what is installed."""
    out = io.BytesIO()
    data = layers_of(name)[0]
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as tar, tarfile.open(fileobj=out, mode="w") as to:
        for member in tar:
            path = os.path.normpath(member.name)
            if path.startswith(("etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status", "etc/debian_version")):
                to.addfile(member, tar.extractfile(member) if member.isfile() else None)
    return out.getvalue()


@pytest.mark.parametrize("by", ["path", "url"])
def test_layers_are_read_in_every_form_and_with_parents(by, served, blobs, tmp_path):
    if not shutil.which("zstd"):
        pytest.skip("zstd is not installed")
    base = small("debian-bookworm-slim")
    want = sorted({feature(row) for row in truth("debian-bookworm-slim")})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("var/lib/dpkg/status")
        text = b"Package: only\nStatus: install ok installed\nVersion: 1-1\n\n"
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    upper = packed(out.getvalue())
    for number, (form, data) in enumerate(packed(base).items()):
        name = "%s-%s" % (by, form.replace(" ", "-"))
        paths = [path_of(data, tmp_path, 2 * number) if by == "path" else blobs.put(data),
                 path_of(upper[form], tmp_path, 2 * number + 1) if by == "path" else blobs.put(upper[form])]
        top = post_all(served, post_2016, name, paths)
        lower = features_2016(served, name + "-0")["Features"]
        assert sorted((f["Name"], f["Version"]) for f in lower) == want, form
        assert [(f["Name"], f["Version"]) for f in features_2016(served, top)["Features"]] == [("only", "1-1")], form
        status, body = post_2015(served, "old-" + name, paths[0], "")
        if form.startswith(("xz", "bzip2")):
            assert status == 500, (form, body)  # as Clair of 2015, which knew gzip alone
        else:
            assert status == 201, (form, body)
            status, _, body = served.get("/v1/layers/old-%s/packages" % name)
            assert sorted((p["Name"], p["Version"]) for p in json.loads(body)["Packages"]) == want, form
