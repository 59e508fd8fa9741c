"""Instances with folders of their own on one PostgreSQL: one of them fetches, all of them know."""

import json
import os
import signal
import sys
import threading
import time

import program
import pytest

sys.path.insert(0, os.path.join(program.SOURCE, "test", "update"))

import loopback

CONFIG = "database: {type: pgsql, source: '%s'}\napi: {port: 0, healthport: 0}\nupdater: %s\n"
TRACKER, SECDB = "tracker/data/json", "v3.18/main.json"
TAKEOVER_S = 15 + 2  # the lease, and how often it is looked at (src/server/update_lease.c, updater.c)


class Publisher:
    """Debian's tracker and Alpine's secdb over HTTP: how often each was sent in full, and one that waits."""

    def __init__(self):
        self.full, self.sent = {}, []
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()
        self.site = loopback.Site()
        self.set(TRACKER, debian("1.0"))
        self.set(SECDB, alpine("1.0"))

    def set(self, path, text):
        document = loopback.Document(text)

        def answer(request):
            if path == SECDB and not self.gate.is_set():
                self.waiting.set()
                self.gate.wait(60)
            if request.headers.get("If-None-Match") != document.tag:
                self.sent.append((path, document.tag))
            document.answer(request)

        self.site.documents[path] = answer

    @property
    def url(self):
        return self.site.url

    def times(self):
        """How often each state of each document was sent."""
        return [self.sent.count(what) for what in sorted(set(self.sent))]


def debian(version, count=3):
    return json.dumps({"sound": {"CVE-2024-%04d" % i: {"releases": {"bookworm": {
        "status": "resolved", "fixed_version": version, "urgency": "high"}}} for i in range(1, count + 1)}})


def alpine(version):
    return json.dumps({"distroversion": "v3.18", "reponame": "main",
                       "packages": [{"pkg": {"name": "sound", "secfixes": {version + "-r0": ["CVE-2024-0001"]}}}]})


@pytest.fixture
def publisher():
    made = Publisher()
    yield made
    made.gate.set()
    made.site.close()


@pytest.fixture
def instance(serve, database):
    """An instance with a folder of its own."""

    def start(updater, **more):
        return serve(CONFIG % (database.source, updater), **more)

    return start


def fetching(publisher, interval="1h"):
    return "{interval: %s, from: '%s', feeds: [debian, alpine]}" % (interval, publisher.url)


def every(one, publisher, interval):
    """From now on it looks for news that often."""
    with open(one.file, encoding="utf-8") as file:
        source = file.read().split("source: '")[1].split("'")[0]
    one.write(CONFIG % (source, fetching(publisher, interval)))
    one.signal(signal.SIGHUP)


def status(one):
    return program.run("status", "--format", "json", cache=one.cache).json


def feeds(one):
    """What is known of each feed but the size of its file, which is the folder's own matter."""
    return {f["feed"]: {k: v for k, v in f.items() if "bytes" not in k} for f in status(one)["feeds"]
            if f.get("fetched") or f.get("advisories")}


def fixed_in(one):
    """Debian's fix of CVE-2024-0001, as the service tells it."""
    code, _, body = one.get("/v1/vulnerabilities/CVE-2024-0001")
    if code == 404:
        return None
    assert code == 200, body
    for package in json.loads(body)["AffectedPackages"]:
        if package["OS"].startswith("debian"):
            return package["BeforeVersion"]
    return None


def wait(what, seconds=20):
    end = time.monotonic() + seconds * (5 if program.SANITIZED else 1)
    while not what():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def wait_same(instances, seconds=20):
    def same():
        return len({status(one)["generation"] for one in instances}) == 1
    wait(same, seconds)
    assert status(instances[0])["generation"]


def test_one_fetches_and_all_answer(instance, publisher):
    one = instance(fetching(publisher))
    two, three = instance(fetching(publisher)), instance("{interval: 0}")
    wait(lambda: [fixed_in(each) for each in (one, two, three)] == ["1.0"] * 3)
    wait_same((one, two, three))
    wait(lambda: feeds(one) == feeds(two) == feeds(three))
    assert set(feeds(one)) == {"debian", "alpine"}
    publisher.set(TRACKER, debian("2.0"))  # the answers of before are in each one's memory
    every(one, publisher, "1s")
    wait(lambda: fixed_in(one) == "2.0")
    begun = time.monotonic()
    one.wait_line("updater: update finished", count=2)
    wait(lambda: [fixed_in(each) for each in (two, three)] == ["2.0"] * 2)
    print("answered by the others after %.2f s" % (time.monotonic() - begun))
    wait_same((one, two, three))
    assert publisher.times() == [1, 1, 1], publisher.sent


def test_whoever_takes_over_goes_on_with_what_the_other_knew(instance, publisher):
    one = instance(fetching(publisher))
    one.wait_line("updater: update finished")
    two = instance(fetching(publisher, "0"))
    wait(lambda: fixed_in(two) == "1.0")
    one.end(signal.SIGKILL)
    publisher.site.forget()
    every(two, publisher, "1s")
    two.wait_line("updater: update finished")
    asked = [(path.lstrip("/"), "If-None-Match" in headers) for _, path, headers in publisher.site.asked]
    assert (TRACKER, True) in asked and (SECDB, True) in asked
    assert publisher.times() == [1, 1]  # "not modified": and it has what that goes with
    publisher.set(SECDB, alpine("3.0"))
    wait(lambda: publisher.times() == [1, 1, 1])
    again = instance("{interval: 0}", cache=one.cache)
    every(two, publisher, "0")
    wait(lambda: feeds(again) == feeds(two))
    assert status(again)["generation"] == status(two)["generation"]


def test_an_updater_that_is_killed_is_followed_by_another(instance, publisher):
    one = instance(fetching(publisher))
    one.wait_line("updater: update finished")
    two, three = instance(fetching(publisher)), instance("{interval: 0}")
    wait_same((one, two, three))
    before = status(one)["generation"]
    publisher.set(TRACKER, debian("2.0"))
    publisher.set(SECDB, alpine("2.0"))
    publisher.gate.clear()
    every(one, publisher, "1s")
    assert publisher.waiting.wait(20)
    wait(lambda: fixed_in(one) == "2.0")  # the half of an update: not published
    one.end(signal.SIGKILL)
    begun = time.monotonic()
    assert status(two)["generation"] == status(three)["generation"] == before
    every(two, publisher, "1s")
    two.wait_line("updater: updating vulnerabilities", seconds=TAKEOVER_S + 5)
    took = time.monotonic() - begun
    publisher.gate.set()
    two.wait_line("updater: update finished")
    print("taken over after %.1f s" % took)
    assert took < TAKEOVER_S + 5
    wait(lambda: fixed_in(three) == "2.0")
    again = instance("{interval: 0}", cache=one.cache)
    every(two, publisher, "0")
    wait_same((again, two, three))
    wait(lambda: feeds(again) == feeds(two) == feeds(three))


def test_an_updater_that_sleeps_is_followed_and_publishes_nothing_more(instance, publisher):
    """As one of another machine that has gone away: of one of its own an instance knows that it is dead."""
    one = instance(fetching(publisher))
    one.wait_line("updater: update finished")
    two, three = instance(fetching(publisher, "0")), instance("{interval: 0}")
    publisher.set(TRACKER, debian("2.0"))
    publisher.set(SECDB, alpine("2.0"))
    publisher.gate.clear()
    every(one, publisher, "1s")
    assert publisher.waiting.wait(20)
    one.signal(signal.SIGSTOP)
    begun = time.monotonic()
    every(two, publisher, "1s")
    two.wait_line("updater: updating vulnerabilities", seconds=TAKEOVER_S + 10)
    print("taken over after %.1f s" % (time.monotonic() - begun))
    publisher.gate.set()
    two.wait_line("updater: update finished")
    every(two, publisher, "0")
    wait(lambda: fixed_in(three) == "2.0")
    published = status(three)["generation"]
    one.signal(signal.SIGCONT)
    every(one, publisher, "0")
    one.wait_line("updater: an error occured when updating: another instance has taken over")
    wait_same((one, two, three))
    wait(lambda: feeds(one) == feeds(two) == feeds(three))
    assert status(one)["generation"] == published


def test_the_half_of_an_update_is_taken_back(instance, publisher):
    one = instance(fetching(publisher))
    one.wait_line("updater: update finished")
    publisher.set(TRACKER, debian("2.0"))
    publisher.gate.clear()
    every(one, publisher, "1s")
    assert publisher.waiting.wait(20)
    wait(lambda: fixed_in(one) == "2.0")
    one.end(signal.SIGKILL)
    publisher.gate.set()
    again = instance("{interval: 0}", cache=one.cache)
    wait(lambda: fixed_in(again) == "1.0")


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_the_database_restarts_in_the_middle_of_an_update(instance, publisher, database, ends):
    one = instance(fetching(publisher))
    one.wait_line("updater: update finished")
    two = instance("{interval: 0}")
    wait_same((one, two))
    publisher.set(TRACKER, debian("2.0"))
    publisher.set(SECDB, alpine("2.0"))
    publisher.gate.clear()
    every(one, publisher, "3s")
    assert publisher.waiting.wait(20)
    database.stop(ends)
    time.sleep(1)
    database.start()
    publisher.gate.set()
    wait(lambda: fixed_in(two) == "2.0", 60)
    every(one, publisher, "0")
    wait_same((one, two))
    wait(lambda: feeds(one) == feeds(two))


def test_two_on_one_folder_and_one_beside(instance, publisher, tmp_path):
    cache = str(tmp_path / "both")
    pair = [instance(fetching(publisher, "2s"), cache=cache) for _ in range(2)]
    other = instance(fetching(publisher, "2s"))
    for version in ("2.0", "3.0", "4.0"):
        publisher.set(TRACKER, debian(version))
        wait(lambda v=version: [fixed_in(each) for each in (*pair, other)] == [v] * 3)
    for each in (*pair, other):
        assert not [line for line in each.lines if " E | " in line], each.lines
    assert set(publisher.times()) == {1}, publisher.sent
    wait(lambda: status(pair[0])["generation"].split("-")[1] == status(other)["generation"].split("-")[1])


def test_a_folder_that_cannot_be_written_is_told_and_the_service_goes_on(instance, publisher, tmp_path):
    one = instance(fetching(publisher))
    one.wait_line("updater: update finished")
    cache = tmp_path / "broken"
    cache.mkdir()
    (cache / "advisories").write_text("no folder")
    two = instance("{interval: 0}", cache=str(cache))
    two.wait_line(r"E \| updater: .*%s" % (cache / "advisories"))
    time.sleep(5)
    assert len([line for line in two.lines if "E | updater" in line]) == 1
    assert two.get("/", port=two.health_port)[0] == 200
