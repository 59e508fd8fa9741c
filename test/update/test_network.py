"""What an update asks for: only what has changed, from where it broke off, by the ways it was told."""

import gzip
import hashlib
import json
import os
import re
import subprocess
import time

import feeds
import loopback
import program
import pytest

TRACKER = "tracker/data/json"
LARGE = feeds.tracker(4000)


# -- conditional requests --------------------------------------------------------------------------


def test_nothing_new_moves_almost_no_bytes(cache):
    """By ETag or by date; what the server sends at all is counted."""
    documents = {
        TRACKER: loopback.Document(LARGE),
        "AlmaLinux/all.zip": loopback.Document(feeds.alma(300), tag=None, date="Tue, 24 Nov 2026 08:00:00 GMT"),
    }
    with loopback.site(documents) as site:
        assert feeds.update(cache, url=site.url).status == 0
        assert site.sent > len(LARGE)
        site.forget()
        done = feeds.update(cache, url=site.url)
        assert done.status == 0 and done.text.count("nothing new") == 2, done
        assert site.sent < 20000, (site.sent, len(site.asked))


def test_without_validators_the_same_bytes_are_nothing_new(cache):
    with loopback.site({TRACKER: loopback.Document(LARGE, tag=None)}) as site:
        assert feeds.update(cache, feeds=["debian"], url=site.url).status == 0
        done = feeds.update(cache, feeds=["debian"], url=site.url)
    assert "nothing new" in done.text, done


def test_of_many_documents_only_the_changed_one_is_fetched(cache):
    """Alpine has two documents a branch; the others are read from their copies."""
    documents = {"v3.%d/main.json" % n: feeds.secdb("v3.%d" % n, 200) for n in range(12, 20)}
    with loopback.site(documents) as site:
        assert feeds.update(cache, feeds=["alpine"], url=site.url).status == 0
        rows = feeds.states(cache)["alpine"]["rows"]
        site.documents["v3.14/main.json"] = feeds.secdb("v3.14", 201)
        site.forget()
        done = feeds.update(cache, "-v", feeds=["alpine"], url=site.url)
        full = [path for path in site.paths() if path in documents]
        assert done.status == 0 and "nothing new" not in done.text, done
        assert len(full) == len(documents)  # asked for, and 304 but for one
        assert feeds.states(cache)["alpine"]["rows"] == rows + 1
        assert done.text.count(" kB came over the network") == 1 and "; 5 kB came" not in done.text, done


def test_a_copy_that_was_damaged_is_fetched_again(cache):
    documents = {"v3.%d/main.json" % n: feeds.secdb("v3.%d" % n, 20) for n in (12, 13)}
    with loopback.site(documents) as site:
        assert feeds.update(cache, feeds=["alpine"], url=site.url).status == 0
        folder = os.path.join(cache, "documents", "alpine")
        copies = [name for name in os.listdir(folder) if len(name) == 64]
        assert len(copies) >= 2
        for name in copies:
            with open(os.path.join(folder, name), "r+b") as file:
                file.write(b"X")
        site.documents["v3.13/main.json"] = feeds.secdb("v3.13", 21)
        done = feeds.update(cache, feeds=["alpine"], url=site.url)
    assert done.status == 0, done
    assert feeds.states(cache)["alpine"]["rows"] == 41


def test_validators_hold_for_one_place_only(cache):
    with loopback.site({TRACKER: LARGE}) as one, loopback.site({TRACKER: feeds.tracker(4001)}) as two:
        assert feeds.update(cache, feeds=["debian"], url=one.url).status == 0
        assert feeds.update(cache, feeds=["debian"], url=two.url).status == 0
        assert not any("If-None-Match" in headers for _, _, headers in two.asked)
    assert feeds.states(cache)["debian"]["advisories"] == 4001


def test_a_plain_document_is_compressed_on_its_way(cache):
    with loopback.site({TRACKER: loopback.Document(LARGE, packs=True)}) as site:
        assert feeds.update(cache, feeds=["debian"], url=site.url).status == 0
        assert site.sent < len(LARGE) / 4
        site.forget()
        assert "nothing new" in feeds.update(cache, feeds=["debian"], url=site.url).text
    assert feeds.states(cache)["debian"]["advisories"] == 4000


def test_a_document_with_a_suffix_is_found_on_a_mirror(cache):
    with loopback.site({TRACKER + ".gz": gzip.compress(LARGE.encode())}) as site:
        assert feeds.update(cache, feeds=["debian"], url=site.url).status == 0
        site.forget()
        assert "nothing new" in feeds.update(cache, feeds=["debian"], url=site.url).text
        assert site.paths()[0] == TRACKER + ".gz"


def test_what_came_is_not_fetched_again_after_a_failure_of_another_document(cache):
    documents = {"data/DSA/list": loopback.status(500), TRACKER: LARGE}
    with loopback.site(documents) as site:
        assert feeds.update(cache, feeds=["debian"], url=site.url).status == 3
        site.documents["data/DSA/list"] = None
        site.forget()
        assert feeds.update(cache, feeds=["debian"], url=site.url).status == 0
        assert site.sent < len(LARGE) / 4
    assert feeds.states(cache)["debian"]["advisories"] == 4000


# -- retries and parts -----------------------------------------------------------------------------


@pytest.mark.parametrize("first", [
    loopback.status(503), loopback.status(500), loopback.status(429, Retry_After="1"), loopback.reset_at_once],
    ids=["503", "500", "429 with Retry-After", "reset"])
def test_what_passes_is_tried_again(first, cache):
    with loopback.site({TRACKER: loopback.times(1, first, loopback.Document(LARGE))}) as site:
        done = feeds.update(cache, feeds=["debian"], url=site.url)
    assert done.status == 0, done
    assert site.paths().count(TRACKER) == 2


def breaking(document, after):
    """Answers as the document does, and cuts the first answer after so many bytes."""

    def first(request):
        request.head(200, {"Content-Length": len(document.body), "ETag": document.tag or "", "Last-Modified": document.date or ""})
        request.write(document.body[:after])
        request.reset()

    return loopback.times(1, first, document)


@pytest.mark.parametrize("validator", ["tag", "date"])
def test_a_download_is_gone_on_with_where_it_broke_off(validator, cache):
    document = loopback.Document(LARGE, tag=validator == "tag", date=None if validator == "tag" else "Tue, 24 Nov 2026 08:00:00 GMT")
    document.tag = document.tag or None
    with loopback.site({TRACKER: breaking(document, 200000)}) as site:
        done = feeds.update(cache, feeds=["debian"], url=site.url)
        assert done.status == 0, done
        ranges = [headers["Range"] for _, path, headers in site.asked if "Range" in headers]
        assert len(ranges) == 1 and ranges[0] != "bytes=0-", site.asked
        assert site.sent < len(LARGE) + 100000
    assert feeds.states(cache)["debian"]["advisories"] == 4000


def test_a_download_is_gone_on_with_in_the_next_run(cache):
    document = loopback.Document(LARGE)

    def half(request):
        request.head(200, {"Content-Length": len(document.body), "ETag": document.tag})
        request.write(document.body[:300000])
        request.reset()

    with loopback.site({TRACKER: loopback.times(1, half, loopback.status(503))}) as site:
        done = feeds.update(cache, feeds=["debian"], url=site.url)
        assert done.status == 3, done
        assert [name for name in os.listdir(os.path.join(cache, "partial")) if not name.endswith(".from")]
        site.documents[TRACKER] = document
        site.forget()
        done = feeds.update(cache, feeds=["debian"], url=site.url)
        assert done.status == 0, done
        assert site.sent < len(LARGE) - 100000
    assert os.listdir(os.path.join(cache, "partial")) == []
    assert feeds.states(cache)["debian"]["advisories"] == 4000


def test_a_document_that_has_changed_meanwhile_is_fetched_anew(cache):
    old, new = loopback.Document(LARGE), loopback.Document(feeds.tracker(4002))

    def half(request):
        request.head(200, {"Content-Length": len(old.body), "ETag": old.tag})
        request.write(old.body[:300000])
        request.reset()

    with loopback.site({TRACKER: loopback.times(1, half, new)}) as site:
        done = feeds.update(cache, feeds=["debian"], url=site.url)
    assert done.status == 0, done
    assert feeds.states(cache)["debian"]["advisories"] == 4002


@pytest.mark.parametrize("then", [
    loopback.status(206, b"x" * 100, Content_Range="bytes 7-106/500000"),
    loopback.status(416, b"", Content_Range="bytes */5")], ids=["another part", "416"])
def test_a_part_that_does_not_fit_is_thrown_away(then, cache):
    document = loopback.Document(LARGE)

    def half(request):
        request.head(200, {"Content-Length": len(document.body), "ETag": document.tag})
        request.write(document.body[:300000])
        request.reset()

    with loopback.site({TRACKER: loopback.times(1, half, loopback.times(1, then, document))}) as site:
        done = feeds.update(cache, "--retries", "3", feeds=["debian"], url=site.url)
    assert done.status == 0, done
    assert feeds.states(cache)["debian"]["advisories"] == 4000


def test_old_partial_files_go(cache):
    folder = os.path.join(cache, "partial")
    os.makedirs(folder)
    for name, days in {"debian-old": 9, "debian-new": 1}.items():
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(b"x")
        os.utime(path, (time.time() - days * 86400,) * 2)
    with loopback.site({TRACKER: LARGE}) as site:
        feeds.update(cache, feeds=["debian"], url=site.url)
    assert os.listdir(folder) == ["debian-new"]


# -- ways ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_proxy(by, cache):
    with loopback.site({TRACKER: LARGE}) as proxy:
        url = proxy.url.rstrip("/")
        words = ["--proxy", url] if by == "option" else []
        more = {"http_proxy": url} if by == "variable" else {}
        done = feeds.update(cache, *words, feeds=["debian"], url="http://203.0.113.7/", **more)
        assert done.status == 0, done
        assert "http://203.0.113.7/" + TRACKER in [path for _, path, _ in proxy.asked]


def test_no_proxy_goes_past_it(cache):
    with loopback.site() as proxy, loopback.site({TRACKER: LARGE}) as site:
        done = feeds.update(cache, feeds=["debian"], url=site.url, http_proxy=proxy.url, no_proxy="127.0.0.1")
        assert done.status == 0 and proxy.asked == [], done


def test_a_site_of_ones_own(cache):
    """--site names one feed's; the loopback address is allowed there as it is in --from."""
    documents = {"v3.18/main.json": feeds.secdb("v3.18", 7)}
    with loopback.site(documents) as site:
        done = feeds.update(cache, "--site", "alpine=" + site.url, feeds=["alpine"])
        assert done.status == 0, done
        assert "v3.2/main.json" in site.paths()
        site.forget()
        done = feeds.update(cache, "--site", "alpine=" + site.url, feeds=["alpine"])
        assert "nothing new" in done.text, done
        assert site.sent < 10000, (site.sent, len(site.asked))
    assert feeds.states(cache)["alpine"]["origin"] == site.url


@pytest.mark.parametrize("words", [
    ["--site", "nonsense=http://x/"], ["--site", "alpine"], ["--site", "alpine=ftp://x/"], ["--jobs", "0"], ["--jobs", "17"],
    ["--retries", "11"], ["--timeout", "0"]])
def test_a_usage_error(words, cache):
    done = program.run("update", *words, cache=cache)
    assert done.status == 2 and "finished" not in done.err.decode(), done


def test_private_addresses_are_not_reached_by_what_nobody_named(cache):
    """A public feed cannot be led to the loopback: here its site is, but not by the user."""
    with loopback.site({TRACKER: loopback.redirect("http://127.0.0.2:1/")}) as site:
        done = feeds.update(cache, feeds=["debian"], url=site.url)
    assert done.status == 3 and "not of the public internet" in str(done.err)


def test_feeds_are_fetched_at_the_same_time(cache):
    def slow(document):
        def answer(request):
            time.sleep(0.7)
            document.answer(request)

        return answer

    documents = {TRACKER: slow(loopback.Document(LARGE)), "AlmaLinux/all.zip": slow(loopback.Document(feeds.alma(5)))}
    with loopback.site(documents) as site:
        together = feeds.update(cache, url=site.url)
        one_by_one = feeds.update(cache + "2", "--jobs", "1", url=site.url)
    assert together.status == 0 and one_by_one.status == 0
    assert together.wall < one_by_one.wall - 0.3


def test_two_updates_of_one_feed_at_once(cache):
    def slow(request):
        time.sleep(1)
        loopback.Document(LARGE).answer(request)

    with loopback.site({TRACKER: slow}) as site:
        first = subprocess.Popen(
            [program.LIMPID, "update", "--feed", "debian", "--from", site.url], env=program.environment(cache),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 5
        while not site.asked and time.monotonic() < until:
            time.sleep(0.01)
        second = feeds.update(cache, feeds=["debian"], url=site.url)
        assert first.wait() == 0
    assert second.status == 3 and "another update of it is running" in str(second.err), second


def test_a_killed_update_leaves_the_old_state_and_the_next_one_works(cache):
    with loopback.site({TRACKER: feeds.tracker(5)}) as site:
        assert feeds.update(cache, feeds=["debian"], url=site.url).status == 0
        site.documents[TRACKER] = loopback.stall
        site.forget()
        first = subprocess.Popen(
            [program.LIMPID, "update", "--feed", "debian", "--from", site.url], env=program.environment(cache),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 5
        while not site.asked and time.monotonic() < until:
            time.sleep(0.01)
        first.kill()
        first.wait()
        assert feeds.states(cache)["debian"]["advisories"] == 5
        site.documents[TRACKER] = feeds.tracker(6)
        assert feeds.update(cache, feeds=["debian"], url=site.url).status == 0
    assert feeds.states(cache)["debian"]["advisories"] == 6


# -- plans -----------------------------------------------------------------------------------------

MODIFIED = "AlmaLinux/modified_id.csv"


def records(prefix, ecosystem, count):
    """An archive of OSV records."""
    made = []
    for i in range(1, count + 1):
        record = feeds.record(i)
        record["id"] = "%s-2024-%04d" % (prefix, i)
        record["affected"][0]["package"]["ecosystem"] = ecosystem
        made.append(json.dumps(record))
    return feeds.archive(*made)


def bucket(site):
    """What was asked for in the bucket; the feed may have documents elsewhere."""
    return [path for path in site.paths() if path.startswith("AlmaLinux/")]


def changes(*ids, hour=10):
    return "".join("2024-01-02T%02d:00:%02dZ,ALSA-2024:%04d\n" % (hour, 59 - at, i) for at, i in enumerate(ids))


def test_the_bucket_by_its_list_of_changes(cache):
    documents = {MODIFIED: changes(2, 1, hour=9), "AlmaLinux/all.zip": feeds.alma(5)}
    with loopback.site(documents) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
        assert bucket(site) == [MODIFIED, "AlmaLinux/all.zip"]
        site.forget()
        assert "nothing new" in feeds.update(cache, feeds=["almalinux"], url=site.url).text
        assert bucket(site) == [MODIFIED]  # the list has not changed: nothing has
        site.documents[MODIFIED] = changes(6) + changes(2, 1, hour=9)
        site.documents["AlmaLinux/ALSA-2024:0006.json"] = json.dumps(feeds.record(6))
        site.documents["AlmaLinux/all.zip"] = feeds.alma(6)
        site.forget()
        done = feeds.update(cache, feeds=["almalinux"], url=site.url)
        assert done.status == 0, done
        assert bucket(site)[:2] == [MODIFIED, "AlmaLinux/ALSA-2024:0006.json"]
        assert feeds.states(cache)["almalinux"]["advisories"] == 6
        was_delta(done, site)
        site.forget()
        assert "nothing new" in feeds.update(cache, feeds=["almalinux"], url=site.url).text
        assert bucket(site) == [MODIFIED]


def was_delta(done, site):
    if "AlmaLinux/all.zip" in site.paths():
        pytest.skip("the store has no delta: all was read")
    assert "changes only" in done.text, done


def test_of_changed_records_one_may_be_gone_and_one_damaged(cache):
    with loopback.site({MODIFIED: changes(2, 1, hour=9), "AlmaLinux/all.zip": feeds.alma(5)}) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
        site.documents[MODIFIED] = changes(8, 7, 2, 6) + changes(2, 1, hour=9)
        site.documents["AlmaLinux/ALSA-2024:0006.json"] = json.dumps(feeds.record(6))
        site.documents["AlmaLinux/ALSA-2024:0002.json"] = json.dumps(feeds.record(2))[:-70]
        site.documents["AlmaLinux/ALSA-2024:0008.json"] = "<html>Sorry</html>"
        site.forget()
        done = feeds.update(cache, "-v", feeds=["almalinux"], url=site.url)
        assert done.status == 0, done
        was_delta(done, site)
    assert done.text.count("not read") == 2, done
    assert feeds.states(cache)["almalinux"]["advisories"] == 6  # the damaged one is as it was


def test_after_a_week_all_is_read(cache):
    """What was deleted is only found so; the archive itself is asked for by its validator."""
    with loopback.site({MODIFIED: changes(2, 1, hour=9), "AlmaLinux/all.zip": feeds.alma(5)}) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
        path = os.path.join(cache, "advisories", "current")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        old = re.sub(r"full\\t\d+", r"full\\t1700000000", text)
        assert old != text
        with open(path, "w", encoding="utf-8") as file:
            file.write(old)
        site.documents[MODIFIED] = changes(1) + changes(2, hour=9)
        site.documents["AlmaLinux/all.zip"] = feeds.alma(4)
        site.forget()
        done = feeds.update(cache, feeds=["almalinux"], url=site.url)
        assert done.status == 0, done
        assert bucket(site) == [MODIFIED, "AlmaLinux/all.zip"]
    assert feeds.states(cache)["almalinux"]["advisories"] == 4


def test_after_a_failed_delta_the_changes_are_asked_for_again(cache):
    with loopback.site({MODIFIED: changes(1, hour=9), "AlmaLinux/all.zip": feeds.alma(5)}) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
        site.documents[MODIFIED] = changes(6) + changes(1, hour=9)
        site.documents["AlmaLinux/ALSA-2024:0006.json"] = loopback.status(500)
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 3
        site.documents["AlmaLinux/ALSA-2024:0006.json"] = json.dumps(feeds.record(6))
        site.documents["AlmaLinux/all.zip"] = feeds.alma(6)
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
    assert feeds.states(cache)["almalinux"]["advisories"] == 6


def test_what_has_no_list_beside_it_is_read_as_a_whole_with_all(cache):
    """Its advisories may have the ids of changed records: a delta would lose them."""
    listed = "2024-01-02T09:00:00Z,DEBIAN-CVE-2024-0001\n"
    documents = {
        "Debian/modified_id.csv": listed,
        "Debian/all.zip": records("DEBIAN-CVE", "Debian:12", 3),
        "Alpine/all.zip": records("ALPINE-CVE", "Alpine:v3.18", 2),
    }
    with loopback.site(documents) as site:
        assert feeds.update(cache, feeds=["osv"], url=site.url).status == 0
        site.documents["Debian/modified_id.csv"] = "2024-01-03T09:00:00Z,DEBIAN-CVE-2024-0004\n" + listed
        site.documents["Debian/DEBIAN-CVE-2024-0004.json"] = "{}"
        site.documents["Debian/all.zip"] = records("DEBIAN-CVE", "Debian:12", 4)
        done = feeds.update(cache, feeds=["osv"], url=site.url)
        assert done.status == 0 and "changes only" not in done.text, done
    assert feeds.states(cache)["osv"]["advisories"] == 6


def test_too_many_changes_are_read_as_a_whole(cache):
    documents = {MODIFIED: changes(1, hour=1), "AlmaLinux/all.zip": feeds.alma(5)}
    with loopback.site(documents) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
        site.documents[MODIFIED] = "".join("2024-01-03T00:00:00Z,ALSA-2024:%04d\n" % i for i in range(2500))
        site.documents["AlmaLinux/all.zip"] = feeds.alma(7)
        site.forget()
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
        assert bucket(site) == [MODIFIED, "AlmaLinux/all.zip"]


@pytest.mark.parametrize("line, says", [
    ("2024-01-03T00:00:00Z,../../etc/passwd\n", "not a time and an identifier"),
    ("2024-01-03T00:00:00Z,ALSA-1/../../x\n", "not a time and an identifier"),
    ("2024-01-03T00:00:00Z,http://10.0.0.1/x\n", "not a time and an identifier"),
    ("2024-01-03T00:00:00Z," + "A" * 5000 + "\n", "not a time and an identifier"),
    ("nonsense\n", "not a time and an identifier"),
    ("<!doctype html><html>Sorry</html>\n", "not a time and an identifier"),
    ("\x00\x01\x02\n", "not a time and an identifier")],
    ids=["climbs", "climbs within", "a URL", "long", "no line", "a page", "bytes"])
def test_a_list_that_names_what_it_should_not(line, says, cache):
    with loopback.site({MODIFIED: changes(1), "AlmaLinux/all.zip": feeds.alma(5)}) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
        site.documents[MODIFIED] = line
        site.forget()
        done = feeds.update(cache, feeds=["almalinux"], url=site.url)
        assert done.status == 3, done
        assert bucket(site) == [MODIFIED]
    state = feeds.states(cache)["almalinux"]
    assert state["advisories"] == 5 and says in state["last_error"], state


def test_a_mirror_without_the_lists_has_the_archives(cache):
    with loopback.site({"AlmaLinux/all.zip": feeds.alma(5)}) as site:
        assert feeds.update(cache, feeds=["almalinux"], url=site.url).status == 0
    assert feeds.states(cache)["almalinux"]["advisories"] == 5


def test_a_mirror_with_some_of_the_lists(cache):
    """What has no list is read as a whole; if it changes, so is all."""
    listed = "2024-01-02T09:00:00Z,DEBIAN-CVE-2024-0001\n"
    documents = {"Debian/modified_id.csv": listed, "Debian/all.zip": records("DEBIAN-CVE", "Debian:12", 3), "Alpine/all.zip": records("ALPINE-CVE", "Alpine:v3.18", 2)}
    with loopback.site(documents) as site:
        assert feeds.update(cache, feeds=["osv"], url=site.url).status == 0
        assert feeds.states(cache)["osv"]["advisories"] == 5
        assert "nothing new" in feeds.update(cache, feeds=["osv"], url=site.url).text
        site.documents["Alpine/all.zip"] = records("ALPINE-CVE", "Alpine:v3.18", 4)
        assert feeds.update(cache, feeds=["osv"], url=site.url).status == 0
    assert feeds.states(cache)["osv"]["advisories"] == 7


def known_feed(name, cache):
    if name not in feeds.states(cache):
        pytest.skip("no feed '%s' in this program" % name)


UPDATEINFO = """<?xml version="1.0"?><updates><update from="x" status="final" type="security" version="1.4"><id>ALAS2-2024-%d</id>
<title>t</title><issued date="2024-01-01 00:00"/><updated date="2024-01-01 00:00"/><severity>important</severity><description>d</description>
<references><reference href="https://x/" id="CVE-2024-0001" type="cve"/></references><pkglist><collection short="amazon-linux-2">
<name>Amazon Linux 2</name><package arch="x86_64" epoch="0" name="sound" release="1.amzn2" version="1.0"><filename>sound.rpm</filename></package>
</collection></pkglist></update></updates>"""
REPOMD = """<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="updateinfo"><checksum type="sha256">%s</checksum>
<location href="repodata/updateinfo.xml.gz"/></data></repomd>"""


def test_a_repository_by_its_checksums(cache):
    known_feed("amazon", cache)
    base = "2/core/2.0/x86_64/22/repodata/"

    def repository(number):
        body = gzip.compress((UPDATEINFO % number).encode(), mtime=0)
        return {
            "2/core/latest/x86_64/mirror.list": "https://cdn.amazonlinux.com/2/core/2.0/x86_64/22\n",
            base + "repomd.xml": REPOMD % hashlib.sha256(body).hexdigest(),
            base + "updateinfo.xml.gz": body,
        }

    with loopback.site(repository(1)) as site:
        assert feeds.update(cache, feeds=["amazon"], url=site.url).status == 0
        site.forget()
        assert "nothing new" in feeds.update(cache, feeds=["amazon"], url=site.url).text
        assert base + "updateinfo.xml.gz" not in site.paths()
        site.documents.update(repository(2))
        site.documents[base + "updateinfo.xml.gz"] = b"another document"
        done = feeds.update(cache, feeds=["amazon"], url=site.url)
        assert done.status == 3 and "its checksum is" in str(done.err), done
        site.documents.update(repository(2))
        assert feeds.update(cache, feeds=["amazon"], url=site.url).status == 0


def test_red_hats_archive_changes_and_deletions(cache, shared):
    known_feed("redhat", cache)
    folder = os.path.join(shared, "feeds", "redhat")
    documents = {}
    for kind in ("vex", "advisories"):
        for path, _, names in os.walk(os.path.join(folder, kind)):
            for name in names:
                with open(os.path.join(path, name), "rb") as file:
                    documents[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    with loopback.site(documents) as site:
        words = ["--site", "redhat=" + site.url, "--timeout", "60"]
        assert feeds.update(cache, *words, feeds=["redhat"]).status == 0
        before = feeds.states(cache)["redhat"]["advisories"]
        site.forget()
        assert "nothing new" in feeds.update(cache, *words, feeds=["redhat"]).text
        assert site.sent < 2000 and len(site.asked) == 4
        site.documents["vex/deletions.csv"] = b'"2026/cve-2026-27142.json","2099-04-27T20:04:56+00:00"\n' + documents["vex/deletions.csv"]
        done = feeds.update(cache, *words, feeds=["redhat"])
        assert done.status == 0 and "changes only" in done.text, done
        assert feeds.states(cache)["redhat"]["advisories"] == before - 1


def test_a_branch_that_limpid_does_not_know_yet(cache):
    index = '<html><a href="../">..</a><a href="v3.99/">v3.99/</a><a href="v3.18/">v3.18/</a><a href="last-update">x</a></html>'
    documents = {"": index, "v3.18/main.json": feeds.secdb("v3.18"), "v3.99/main.json": feeds.secdb("v3.99", 4)}
    with loopback.site(documents) as site:
        done = feeds.update(cache, "--site", "alpine=" + site.url, feeds=["alpine"])
        assert done.status == 0, done
        assert "v3.99/community.json" in site.paths() and "v3.17/main.json" in site.paths()
        again = feeds.update(cache, "--site", "alpine=" + site.url, feeds=["alpine"])
        assert "nothing new" in again.text, again
    assert feeds.states(cache)["alpine"]["rows"] == 5
