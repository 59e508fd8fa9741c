"""Every way in which a server or a document can be bad: the last good generation stays, `limpid status`
says why, the other feeds go on, and it ends within its time limit."""

import gzip
import json
import zlib

import feeds
import loopback
import program
import pytest

TRACKER = "tracker/data/json"
GOOD = feeds.tracker(5)
NEWER = feeds.tracker(6)
PACKED = gzip.compress(NEWER.encode() * 1, mtime=0)
DEEP = '{"sound":' + "[" * 100000


def bomb_of_text():
    """2 GiB of blanks where a JSON should be, in 2 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(256)) + packer.flush()


FAULTS = {
    # the server
    "500": (loopback.status(500), "says 500"),
    "503": (loopback.status(503), "says 503"),
    "429 for an hour": (loopback.status(429, Retry_After="3600"), "asks to wait for 3600 s"),
    "401": (loopback.status(401), "says 401"),
    "204": (loopback.status(204, b""), "says 204"),
    "a part unasked": (loopback.status(206, b"{}", Content_Range="bytes 5-6/100"), "a part of the document unasked"),
    "304 to one who has nothing": (loopback.status(304, b""), "304, not modified, of what was not fetched"),
    "a loop of redirects": (loopback.redirect("http://HERE/PATH"), "more than 5 redirects"),
    "a redirect to a file": (loopback.redirect("file:///etc/passwd"), "redirected"),
    "a redirect to a private address": (loopback.redirect("http://10.1.2.3/x"), "not of the public internet"),
    "a redirect to the loopback by name": (loopback.redirect("http://localhost:1/x"), "not of the public internet"),
    "a redirect with a password": (loopback.redirect("http://user:secret@HERE/x"), "user or password"),
    "no HTTP": (loopback.garbage, ""),
    "headers without end": (loopback.headers_without_end, ""),
    # the connection
    "reset at once": (loopback.reset_at_once, ""),
    "reset within": (loopback.reset_within, "breaks off"),
    "no answer": (loopback.hang, "'http"),
    "no byte after the head": (loopback.stall, ""),
    "a byte a second": (loopback.drip, ""),
    "no end": (loopback.endless, ""),
    "fewer bytes than said": (loopback.cut(NEWER.encode()[:100], 5000), "breaks off after"),
    "more bytes than said": (loopback.cut(NEWER.encode(), 100), ""),  # the rest spoils what follows
    "chunks without the last": (loopback.cut_chunks(NEWER.encode()[:100]), "breaks off"),
    # what it sends
    "nothing": ("", "tracker/data/json"),
    "a page of HTML": (loopback.Document("\n<!DOCTYPE html><html><body>Sorry</body></html>", kind="text/html"), "a page of HTML"),
    "a page that says it is JSON": (loopback.Document("<HTML>Log in</HTML>", kind="application/json"), "a page of HTML"),
    "an empty list": ("[]", ""),
    "an empty object": ("{}", ""),
    "a cut document": (NEWER[:-40], ""),
    "two documents": (NEWER + NEWER, ""),
    "bytes": (bytes(range(256)) * 40, ""),
    "zeros": (bytes(10000), ""),
    "a deep document": (DEEP, ""),
    "a cut gzip": (PACKED[:-30], "tracker/data/json"),
    "a gzip with a wrong sum": (PACKED[:-6] + b"abcdef", "tracker/data/json"),
    "a gzip cut on its way": (loopback.cut(PACKED[:-20], len(PACKED) - 20, Content_Encoding="gzip"), "tracker/data/json"),
    "a gzip of 256 MB of blanks": (bomb_of_text(), ""),
    "another's gzip": (b"\x1f\x8b" + bytes(100), ""),
    "a zstd of nothing known": (b"\x28\xb5\x2f\xfd" + b"\xff" * 100, ""),
    "a tenth": (feeds.tracker(1), "less than 80 percent"),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A store with five advisories each of Debian and AlmaLinux, and the place they came from."""
    cache = str(tmp_path_factory.mktemp("before"))
    with loopback.site({TRACKER: GOOD, "AlmaLinux/all.zip": feeds.alma(5)}) as site:
        done = feeds.update(cache, url=site.url)
        assert done.status == 0, done
    return cache


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_keeps_the_last_good_generation(name, before, tmp_path):
    """From a mirror: Debian is at fault, AlmaLinux has something new."""
    what, says = FAULTS[name]
    cache = str(tmp_path / "cache")
    program.shutil.copytree(before, cache)
    with loopback.site({TRACKER: what, "AlmaLinux/all.zip": feeds.alma(6)}) as site:
        done = feeds.update(cache, url=site.url)
    assert done.status == 3, done
    assert done.wall < 3 + 4, done.wall
    assert not done.timed_out and not done.orphans
    assert any("'debian'" in line for line in done.lines), done
    assert done.lines[-2] == "limpid: updater: update finished", done
    states = feeds.states(cache)
    assert states["debian"]["advisories"] == 5
    assert states["debian"]["last_error"] and says in states["debian"]["last_error"], states["debian"]["last_error"]
    assert states["almalinux"]["advisories"] == 6 and not states["almalinux"]["last_error"]
    scan = program.run("status", cache=cache)
    assert "last attempt" in scan.text


def test_without_a_name_one_bad_feed_is_no_failure_of_the_whole(before, tmp_path):
    cache = str(tmp_path / "cache")
    program.shutil.copytree(before, cache)
    with loopback.site({TRACKER: "[", "AlmaLinux/all.zip": feeds.alma(6)}) as site:
        done = feeds.update(cache, feeds=(), url=site.url)
    assert done.status == 0, done
    assert "limpid: updater: update finished" in done.lines
    assert any("'debian' was not updated" in line for line in done.lines), done


def test_what_was_bad_is_fetched_when_it_is_good_again(before, tmp_path):
    cache = str(tmp_path / "cache")
    program.shutil.copytree(before, cache)
    with loopback.site({TRACKER: NEWER[:-9], "AlmaLinux/all.zip": feeds.alma(5)}) as site:
        assert feeds.update(cache, url=site.url).status == 3
        site.documents[TRACKER] = NEWER
        assert feeds.update(cache, url=site.url).status == 0
    states = feeds.states(cache)
    assert states["debian"]["advisories"] == 6 and not states["debian"]["last_error"]


def test_no_server_there(before, tmp_path):
    cache = str(tmp_path / "cache")
    program.shutil.copytree(before, cache)
    with loopback.site() as site:
        url = site.url
    done = feeds.update(cache, url=url)
    assert done.status == 3 and done.wall < 5
    assert all(states["advisories"] == 5 for states in map(feeds.states(cache).get, ("debian", "almalinux")))


def test_one_bad_record_of_ten_thousand_spoils_itself_only(cache):
    texts = [json.dumps(feeds.record(i)) for i in range(1, 10001)]
    texts[4711] = texts[4711][:-50]
    with loopback.site({"AlmaLinux/all.zip": feeds.archive(*texts)}) as site:
        done = feeds.update(cache, "-v", feeds=["almalinux"], url=site.url, timeout=60)
    assert done.status == 0, done
    assert feeds.states(cache)["almalinux"]["advisories"] == 9999
    assert "ALSA-4711.json" in done.text


def test_an_id_given_twice_is_one_advisory(cache):
    texts = [json.dumps(feeds.record(i)) for i in (1, 2, 2, 3)]
    with loopback.site({"AlmaLinux/all.zip": feeds.archive(*texts)}) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
    assert feeds.states(cache)["almalinux"]["advisories"] == 3


# -- TLS -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, says", [("expired", "SSL"), ("other", "SSL"), ("unknown", "SSL")])
def test_a_certificate_that_does_not_hold(name, says, before, tmp_path, certificates):
    cache = str(tmp_path / "cache")
    program.shutil.copytree(before, cache)
    certificate = certificates["good" if name == "unknown" else name]
    trusted = [] if name == "unknown" else ["--ca-file", certificates["ca"]]
    with loopback.site({TRACKER: NEWER}, certificate=certificate) as site:
        done = feeds.update(cache, *trusted, feeds=["debian"], url=site.url)
    assert done.status == 3, done
    state = feeds.states(cache)["debian"]
    assert state["advisories"] == 5 and says in state["last_error"], state["last_error"]


@pytest.mark.parametrize("by", ["option", "variable"])
def test_an_authority_of_ones_own(by, cache, certificates):
    words = ["--ca-file", certificates["ca"]] if by == "option" else []
    more = {"SSL_CERT_FILE": certificates["ca"]} if by == "variable" else {}
    with loopback.site({TRACKER: NEWER}, certificate=certificates["good"]) as site:
        done = feeds.update(cache, *words, feeds=["debian"], url=site.url, **more)
    assert done.status == 0, done


def test_from_https_to_http_is_not_followed(before, tmp_path, certificates):
    cache = str(tmp_path / "cache")
    program.shutil.copytree(before, cache)
    with loopback.site({TRACKER: NEWER}) as plain:
        to = loopback.redirect(plain.url + TRACKER)
        with loopback.site({TRACKER: to}, certificate=certificates["good"]) as site:
            done = feeds.update(cache, "--ca-file", certificates["ca"], feeds=["debian"], url=site.url)
        assert plain.asked == []
    assert done.status == 3
    assert "redirected" in feeds.states(cache)["debian"]["last_error"]


# -- bundles ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle(before, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("bundle") / "all.bundle")
    assert program.run("bundle", "export", path, cache=before).status == 0
    with open(path, "rb") as file:
        return file.read()


def import_of(data, before, tmp_path):
    cache, path = str(tmp_path / "cache"), tmp_path / "bad.bundle"
    program.shutil.copytree(before, cache)
    path.write_bytes(data)
    return cache, program.run("bundle", "import", path, cache=cache)


@pytest.mark.parametrize("how", ["empty", "cut by one", "cut in half", "garbage", "a tail", "twice"])
def test_a_bundle_that_is_not_whole_changes_nothing(how, bundle, before, tmp_path):
    bad = {
        "empty": b"",
        "cut by one": bundle[:-1],
        "cut in half": bundle[: len(bundle) // 2],
        "garbage": bytes(range(256)) * 20,
        "a tail": bundle + b"more",
        "twice": bundle + bundle,
    }[how]
    cache, done = import_of(bad, before, tmp_path)
    if how == "a tail":  # bytes after the last frame may be passed over
        assert done.status in (0, 3), done
    else:
        assert done.status == 3 and done.lines, done
    after = feeds.states(cache)
    assert all(after[feed]["advisories"] == 5 for feed in ("debian", "almalinux"))


def test_a_flipped_byte_anywhere_changes_nothing(bundle, before, tmp_path):
    cache, path = str(tmp_path / "cache"), tmp_path / "bad.bundle"
    program.shutil.copytree(before, cache)
    for at in range(0, len(bundle), max(1, len(bundle) // 40)):
        path.write_bytes(bundle[:at] + bytes([bundle[at] ^ 0x10]) + bundle[at + 1 :])
        done = program.run("bundle", "import", path, cache=cache)
        assert done.status == 3 and done.lines, (at, done)
    after = feeds.states(cache)
    assert all(after[feed]["advisories"] == 5 for feed in ("debian", "almalinux"))
