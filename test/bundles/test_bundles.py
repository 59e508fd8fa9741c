"""Bundles, what one limpid publishes for others, and generations, as a user sees them."""

import email.utils
import hashlib
import http.server
import json
import os
import random
import shutil
import subprocess
import threading

import program
import pytest

MINISIGN = shutil.which("minisign")
needs_minisign = pytest.mark.skipif(MINISIGN is None, reason="minisign is not installed")


def put(folder, path, text):
    where = os.path.join(folder, path)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    with open(where, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def notices(count, changed=None):
    """Debian's list of notices, newest first; one of them may be another."""
    rows = []
    draw = random.Random(5)
    for number in range(count, 0, -1):
        name = "package" + str(draw.randrange(3000))
        fixed = f"{draw.randrange(30)}.{draw.randrange(100)}-{draw.randrange(9)}+deb12u{draw.randrange(5)}"
        if number == changed:
            fixed = "99.9-9"
        rows.append(
            f"[{number % 28 + 1:02} Feb 2024] DSA-{number}-1 {name} - security update\n"
            f"\t{{CVE-{2000 + number % 24}-{draw.randrange(1000, 60000)}}}\n\t[bookworm] - {name} {fixed}\n"
        )
    return "".join(rows)


def kev(ids):
    rows = [{"cveID": i, "vendorProject": "v", "product": "p", "vulnerabilityName": "n", "dateAdded": "2024-01-01",
             "shortDescription": "d", "requiredAction": "r", "dueDate": "2024-02-01",
             "knownRansomwareCampaignUse": "Unknown", "notes": ""} for i in ids]
    return json.dumps({"title": "t", "catalogVersion": "1", "dateReleased": "2024-01-02T00:00:00.0Z", "count": len(rows),
                       "vulnerabilities": rows})


def update(cache, folder, *more):
    done = program.run("update", "--from", str(folder), *more, cache=cache, timeout=120)
    assert done.status == 0, done
    return done


def status(cache, *more):
    return program.run("status", "--format", "json", *more, cache=cache).json


@pytest.fixture
def filled(cache, tmp_path):
    put(tmp_path / "mirror", "debian/data/DSA/list", notices(300))
    put(tmp_path / "mirror", "kev/known_exploited_vulnerabilities.json", kev(["CVE-2024-0001", "CVE-2024-0002"]))
    update(cache, tmp_path / "mirror")
    return cache


@pytest.fixture
def key(cache, tmp_path):
    done = program.run("bundle", "keygen", str(tmp_path / "ours"), cache=cache)
    assert done.status == 0, done
    assert os.stat(tmp_path / "ours.key").st_mode & 0o777 == 0o600
    return tmp_path / "ours"


# -- signatures ------------------------------------------------------------------------------------


def test_an_unsigned_bundle_is_taken_with_a_word_unless_somebody_is_trusted(filled, tmp_path, key):
    bundle, other = tmp_path / "a.bundle", str(tmp_path / "other")
    assert program.run("bundle", "export", bundle, cache=filled).status == 0
    done = program.run("bundle", "import", bundle, cache=other)
    assert done.status == 0 and done.lines == ["limpid: imported 2 feeds, not signed"]
    done = program.run("bundle", "import", bundle, "--key", f"{key}.pub", cache=other)
    assert done.status == 3 and "is not signed, and only signed bundles are trusted here" in done.lines[0]
    config = tmp_path / "config"
    os.makedirs(config / "limpid" / "trusted-keys")
    done = program.run("bundle", "import", bundle, cache=other, XDG_CONFIG_HOME=str(config))
    assert done.status == 3 and "has no key in it" in done.lines[0]
    shutil.copy(f"{key}.pub", config / "limpid" / "trusted-keys" / "ours.pub")
    done = program.run("bundle", "import", bundle, cache=other, XDG_CONFIG_HOME=str(config))
    assert done.status == 3 and "is not signed" in done.lines[0]
    assert program.run("bundle", "export", bundle, "--sign", f"{key}.key", cache=filled).status == 0
    done = program.run("bundle", "import", bundle, cache=other, XDG_CONFIG_HOME=str(config))
    assert done.status == 0 and "signed by RW" in done.lines[0]


def test_a_pair_of_keys_is_never_replaced(cache, tmp_path, key):
    before = read(f"{key}.key")
    done = program.run("bundle", "keygen", str(key), cache=cache)
    assert done.status == 3 and read(f"{key}.key") == before


@needs_minisign
def test_minisign_verifies_what_limpid_signs(filled, tmp_path, key):
    bundle = tmp_path / "a.bundle"
    assert program.run("bundle", "export", bundle, "--sign", f"{key}.key", cache=filled).status == 0
    shown = subprocess.run([MINISIGN, "-V", "-p", f"{key}.pub", "-m", bundle], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown
    assert "limpid bundle 2024" in shown.stdout
    whole = read(bundle)
    (tmp_path / "a.bundle").write_bytes(whole[:-1] + b"x")
    shown = subprocess.run([MINISIGN, "-V", "-p", f"{key}.pub", "-m", bundle], capture_output=True, check=False)
    assert shown.returncode != 0


@needs_minisign
def test_limpid_verifies_what_minisign_signs(filled, tmp_path):
    bundle, name = tmp_path / "a.bundle", tmp_path / "theirs"
    subprocess.run([MINISIGN, "-G", "-W", "-p", f"{name}.pub", "-s", f"{name}.key"], check=True, capture_output=True)
    assert program.run("bundle", "export", bundle, cache=filled).status == 0
    subprocess.run([MINISIGN, "-S", "-s", f"{name}.key", "-m", bundle], check=True, capture_output=True)
    other = str(tmp_path / "other")
    done = program.run("bundle", "import", bundle, "--key", f"{name}.pub", cache=other)
    assert done.status == 0, done
    # and with minisign's key, by limpid
    os.unlink(f"{bundle}.minisig")
    assert program.run("bundle", "export", bundle, "--sign", f"{name}.key", cache=filled).status == 0
    subprocess.run([MINISIGN, "-V", "-p", f"{name}.pub", "-m", bundle], check=True, capture_output=True)
    public = read(f"{name}.pub").decode().split("\n")[1]
    assert program.run("bundle", "import", bundle, "--key", public, cache=other).status == 0


@needs_minisign
@pytest.mark.slow
def test_a_key_with_a_password_signs_with_it_alone(filled, tmp_path):
    bundle, name = tmp_path / "a.bundle", tmp_path / "locked"
    subprocess.run([MINISIGN, "-G", "-p", f"{name}.pub", "-s", f"{name}.key"], input=b"secret\nsecret\n", check=True,
                   capture_output=True)
    done = program.run("bundle", "export", bundle, "--sign", f"{name}.key", cache=filled, stdin=b"secret\n")
    assert done.status == 0, done
    subprocess.run([MINISIGN, "-V", "-p", f"{name}.pub", "-m", bundle], check=True, capture_output=True)
    done = program.run("bundle", "export", bundle, "--sign", f"{name}.key", cache=filled, stdin=b"")
    assert done.status != 0 and "locked by a password" in done.lines[0]


# -- the same bytes --------------------------------------------------------------------------------


def test_two_stores_with_the_same_data_export_the_same_bytes(filled, tmp_path):
    other = str(tmp_path / "other")
    mirror = tmp_path / "mirror"
    update(other, mirror, "--feed", "kev")
    put(tmp_path / "older", "debian/data/DSA/list", notices(290))
    update(other, tmp_path / "older", "--feed", "debian")
    for name in ("debian/data/DSA/list", "kev/known_exploited_vulnerabilities.json"):
        os.utime(mirror / name, (10**9, 10**9))
    update(other, mirror, "--feed", "debian")
    for cache, name in ((filled, "a"), (other, "b")):
        assert program.run("bundle", "export", tmp_path / name, cache=cache).status == 0
    assert read(tmp_path / "a") == read(tmp_path / "b")


# -- a bundle without an import --------------------------------------------------------------------


def test_a_bundle_answers_without_an_import(filled, tmp_path):
    bundle, empty = tmp_path / "a.bundle", str(tmp_path / "empty")
    assert program.run("bundle", "export", bundle, cache=filled).status == 0
    for _ in range(2):
        done = program.run("advisory", "--db", bundle, "DSA-7-1", cache=empty)
        assert done.status == 0 and b"DSA-7-1" in done.out, done
    assert status(empty, "--db", str(bundle))["generation"] == status(filled)["generation"]
    assert status(empty)["generation"] is None or status(empty)["generation"] == ""
    done = program.run("scan", "--db", tmp_path / "absent", "x.tar", cache=empty)
    assert done.status == 3 and "absent" in done.lines[0]


# -- generations -----------------------------------------------------------------------------------


def test_an_update_tells_what_is_new_and_the_generation_before_can_be_asked(filled, tmp_path):
    before = status(filled)["generation"]
    put(tmp_path / "mirror", "kev/known_exploited_vulnerabilities.json", kev(["CVE-2024-0002", "CVE-2024-0003"]))
    done = update(filled, tmp_path / "mirror", "--feed", "kev")
    assert "kev: 2 advisories, 2 before, 0 rows; 1 new, 0 changed, 1 gone" in done.text
    now = status(filled)
    assert [g["generation"] for g in now["generations"]] == [now["generation"], before]
    assert now["generations"][0]["current"] and not now["generations"][1]["current"]
    changes = status(filled, "--changes")
    assert changes["from"] == before and changes["to"] == now["generation"]
    assert changes["feeds"] == [{"feed": "kev", "new": ["CVE-2024-0003"], "changed": [], "gone": ["CVE-2024-0001"]}]
    backwards = status(filled, "--changes", f"{now['generation']}..{before}")
    assert backwards["feeds"][0]["new"] == ["CVE-2024-0001"]
    assert status(filled, "--as-of", before)["generation"] == before
    done = program.run("advisory", "--as-of", before, "CVE-2024-0001", cache=filled)
    assert done.status == 0
    assert program.run("advisory", "CVE-2024-0001", cache=filled).status == 3
    done = program.run("advisory", "--as-of", "2001-01-01", "CVE-2024-0001", cache=filled)
    assert done.status == 3 and before in done.lines[0] and now["generation"] in done.lines[0]


def test_no_generation_is_kept_where_none_is_wanted(filled, tmp_path):
    put(tmp_path / "mirror", "kev/known_exploited_vulnerabilities.json", kev(["CVE-2024-0009"]))
    update(filled, tmp_path / "mirror", "--feed", "kev", "--allow-shrink", "--keep-generations", "0")
    assert len(status(filled)["generations"]) == 1
    done = program.run("status", "--changes", cache=filled)
    assert done.status == 3 and "no earlier generation" in done.lines[0]


# -- from one limpid to others ---------------------------------------------------------------------


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder, answers conditional requests by an entity tag, and counts bytes."""

    def __init__(self, folder, tags):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.tags, self.moved, self.asked = str(folder), tags, 0, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def count(self):
        moved, self.moved, self.asked = self.moved, 0, []
        return moved


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.server.folder + self.path
        self.server.asked.append(self.path)
        self.server.moved += len(self.requestline) + len(str(self.headers))
        body, state, headers = b"", 404, {}
        if os.path.isfile(path):
            body, state = read(path), 200
            headers = {"Last-Modified": email.utils.formatdate(os.path.getmtime(path), usegmt=True)}
            if self.server.tags:
                headers = {"ETag": '"' + hashlib.sha256(body).hexdigest()[:16] + '"'}
            ask = self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since")
            if ask in headers.values():
                body, state = b"", 304
        self.send_response(state)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.moved += 200 + len(body)


@pytest.fixture
def fetching(monkeypatch):
    """The programs side by side: what fetches is started from there."""
    at_hand = os.path.join(program.BUILD, "limpid")
    if not os.path.exists(at_hand + "-fetch"):
        pytest.skip("built without the fetch program")
    monkeypatch.setattr(program, "LIMPID", at_hand)


@pytest.mark.parametrize("tags", [True, False])
def test_only_what_is_new_moves(cache, tmp_path, key, fetching, tags):
    www, other = tmp_path / "www", str(tmp_path / "other")
    put(tmp_path / "mirror", "debian/data/DSA/list", notices(20000))
    put(tmp_path / "mirror", "kev/known_exploited_vulnerabilities.json", kev(["CVE-2024-0001"]))
    update(cache, tmp_path / "mirror")
    publish = ("bundle", "publish", www, "--sign", f"{key}.key")
    take = ("update", "--key", f"{key}.pub", "--from-limpid")
    assert program.run(*publish, cache=cache).status == 0
    server = Server(www, tags)
    done = program.run(*take, server.url + "/", cache=other)
    assert done.status == 0, done
    assert status(other)["generation"] == status(cache)["generation"]
    assert server.count() > 100000

    done = program.run(*publish, cache=cache)
    assert done.lines == ["limpid: published 2 feeds: nothing new"]
    done = program.run(*take, server.url, cache=other)
    assert done.status == 0 and "debian: nothing new, 20000 advisories" in done.text, done
    assert server.asked == ["/limpid.manifest"]
    assert server.count() < 1024

    put(tmp_path / "mirror", "debian/data/DSA/list", notices(20000, changed=7777))
    update(cache, tmp_path / "mirror")
    assert program.run("bundle", "export", tmp_path / "b", cache=cache).status == 0
    assert program.run(*publish, cache=cache).status == 0
    manifest = www / "limpid.manifest"  # a server without tags counts in seconds
    os.utime(manifest, (os.path.getmtime(manifest) + 5,) * 2)
    done = program.run(*take, server.url, cache=other)
    assert done.status == 0 and "0 new, 1 changed, 0 gone" in done.text, done
    assert status(other)["generation"] == status(cache)["generation"]
    assert len(server.asked) < 6
    moved, whole = server.count(), os.path.getsize(tmp_path / "b")
    print(moved, "bytes moved; a bundle has", whole)
    assert moved * 20 < whole
    server.shutdown()


def test_a_published_folder_is_taken_over_as_it_lies(filled, tmp_path, key):
    www, other = tmp_path / "www", str(tmp_path / "other")
    assert program.run("bundle", "publish", www, cache=filled).status == 0
    done = program.run("update", "--from-limpid", www, cache=other)
    assert done.status == 0 and any("is not signed" in line for line in done.lines), done
    assert status(other)["generation"] == status(filled)["generation"]
    done = program.run("update", "--from-limpid", www, "--key", f"{key}.pub", cache=other)
    assert done.status == 3 and "is not signed" in done.lines[0]
    done = program.run("update", "--from-limpid", www, "--feed", "kev", cache=str(tmp_path / "third"))
    assert done.status == 0 and done.text.count("\n") == 1
    done = program.run("update", "--from-limpid", tmp_path, cache=other)
    assert done.status == 3 and "limpid.manifest" in done.lines[0]
    done = program.run("update", "--from-limpid", www, "--from", www, cache=other)
    assert done.status == 2


def test_a_server_that_is_no_limpid_changes_nothing(filled, tmp_path, fetching):
    server = Server(tmp_path, True)
    before = status(filled)["generation"]
    done = program.run("update", "--from-limpid", server.url, cache=filled)
    assert done.status == 3 and "404" in done.lines[0] and "publish" in done.lines[0]
    put(tmp_path, "limpid.manifest", "<html>hello\n")
    done = program.run("update", "--from-limpid", server.url, cache=filled)
    assert done.status == 3 and "begins with '<html>hello'" in done.lines[0]
    assert status(filled)["generation"] == before
    server.shutdown()
