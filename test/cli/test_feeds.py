"""Which documents of a folder are a feed's."""

import os

import program

LIST = "[07 Apr 2014] DSA-2896-1 openssl - security update\n\t{CVE-2014-0160}\n\t[wheezy] - openssl 1.0.1e-2+deb7u5\n"


def put(folder, path, text):
    where = os.path.join(folder, path)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    with open(where, "w", encoding="utf-8") as file:
        file.write(text)


def advisories(cache):
    done = program.run("status", "--format", "json", cache=cache)
    return {feed["feed"]: feed.get("advisories") or 0 for feed in done.json["feeds"]}


def test_a_document_counts_at_any_depth(cache, tmp_path):
    put(tmp_path, "some/where/data/DSA/list", LIST)
    done = program.run("update", "--from", str(tmp_path), cache=cache)
    assert done.status == 0, done
    assert advisories(cache)["debian"] == 1


def test_a_folder_of_the_feeds_name_is_all_of_it(cache, tmp_path):
    put(tmp_path, "debian/data/DSA/list", LIST)
    put(tmp_path, "other/data/DSA/list", LIST.replace("2896", "9999"))
    done = program.run("update", "--from", str(tmp_path), cache=cache)
    assert done.status == 0, done
    assert advisories(cache)["debian"] == 1


def test_a_named_feed_without_documents_is_an_error(cache, tmp_path):
    put(tmp_path, "debian/data/DSA/list", LIST)
    done = program.run("update", "--feed", "alpine", "--from", str(tmp_path), cache=cache)
    assert done.status == 3
    assert "no document of this feed" in done.lines[-1]


def test_a_damaged_document_keeps_the_last_state_and_spoils_no_other_feed(cache, tmp_path):
    put(tmp_path, "debian/data/DSA/list", LIST)
    assert program.run("update", "--from", str(tmp_path), cache=cache).status == 0
    put(tmp_path, "debian/tracker/data/json", '{"openssl": {"CVE-2014-0160": {"releases"')
    put(tmp_path, "alpine/v3.18/main.json", '{"distroversion": "v3.18", "packages": [{"pkg": {"name": "a", "secfixes": {"1-r0": ["CVE-2024-1"]}}}]}')
    done = program.run("update", "--from", str(tmp_path), cache=cache)
    assert done.status == 0, done
    assert advisories(cache)["debian"] == 1
    assert advisories(cache)["alpine"] == 1
    status = program.run("status", cache=cache)
    assert "last attempt" in status.text
