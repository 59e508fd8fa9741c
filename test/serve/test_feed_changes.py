"""What a feed's update changes is told: in both dialects, once, whatever is killed meanwhile."""

import contextlib
import json
import os
import queue
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time

import program
import pytest

sys.path.insert(0, os.path.join(program.SOURCE, "test", "hostile"))
from hostile import tar  # noqa: E402
from hostile.images import base, stanza  # noqa: E402

KILLS = 30
MANY = 120  # more than one batch


class Mirror:
    """Debian's tracker in a folder: {CVE: (package, fixed version or None, urgency)}."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.stamp = 1704153600

    def write(self, flaws):
        tracker = {}
        for cve, (package, fixed, urgency) in flaws.items():
            state = {"status": "resolved", "fixed_version": fixed} if fixed else {"status": "open"}
            tracker.setdefault(package, {})[cve] = {"releases": {"bookworm": dict(state, urgency=urgency)}}
        path = os.path.join(self.folder, "tracker", "data", "json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(tracker, file)
        self.stamp += 60
        os.utime(path + ".new", (self.stamp, self.stamp))
        os.rename(path + ".new", path)


@pytest.fixture
def database():
    """A PostgreSQL server of its own, as a section of a configuration."""
    command = ["sh", "-c", 'echo "${LIMPID_POSTGRES-}"; echo "${LIMPID_POSTGRES_WHY-}"; cat']
    wrapper = os.path.join(program.SOURCE, "test", "lib", "postgres")
    with subprocess.Popen([wrapper, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "LIMPID_POSTGRES_OPTIONS": "-c fsync=off", "TMPDIR": "/tmp"}) as server:
        source, why = server.stdout.readline().strip(), server.stdout.readline().strip()
        if not source:
            server.stdin.close()
            pytest.skip("no PostgreSQL: " + why)
        yield '{type: pgsql, options: {source: "%s"}}' % source
        server.stdin.close()


@pytest.fixture
def mirror(tmp_path):
    return Mirror(tmp_path / "mirror")


@pytest.fixture
def layer(tmp_path):
    path = tmp_path / "layer.tar"
    path.write_bytes(base(database=stanza("one", "1.0") + stanza("two", "2.0")))
    return str(path)


def config(mirror, hook, dialect, interval="1h", database="{type: sqlite}"):
    text = ("database: %s\napi: {port: 0, healthport: 0, dialect: %d}\n"
            "updater: {interval: %s, from: %s, feeds: [debian]}\n"
            % (database, dialect, interval, mirror.folder))
    if hook:
        text += "notifier: {renotifyinterval: 0, http: {endpoint: 'http://127.0.0.1:%d/'}}\n" % hook.port
    return "clair:\n" + "".join("  %s\n" % line for line in text.splitlines())


def post(s, layer, dialect):
    body = {"ID": "base", "Path": layer} if dialect == 2015 else {
        "Layer": {"Name": "base", "Path": layer, "Format": "Docker"}}
    assert s.ask("POST", "/v1/layers", body)[0] == 201


def taken(hook, seconds=3):
    """All bodies that come until none has for that long."""
    bodies = []
    while True:
        try:
            bodies.append(json.loads(hook.next(seconds)[2]))
        except queue.Empty:
            return bodies


def finished(s, count=1):
    """The count-th update is over, in either kind of log."""
    s.wait_line("update finished", count=count, seconds=40)


BEFORE = {"CVE-2024-0001": ("one", "1.1", "low"), "CVE-2024-0002": ("one", "1.1", "low"),
          "CVE-2024-0003": ("one", "1.1", "low"), "CVE-2024-0004": ("two", "1.5", "low"),
          "CVE-2024-0005": ("three", "9", "low"), "CVE-2024-0006": ("two", None, "high"),
          "CVE-2024-0007": ("two", "2.1", "medium"), "CVE-2024-0008": ("two", "2.1", "medium"),
          "CVE-2024-0009": ("two", "2.1", "medium"), "CVE-2024-0010": ("two", "2.1", "medium")}
AFTER = dict(BEFORE)
del AFTER["CVE-2024-0003"]
AFTER.update({"CVE-2024-0001": ("one", "1.1", "high"), "CVE-2024-0002": ("one", "1.2", "low"),
              "CVE-2024-0004": ("two", "1.6", "low"), "CVE-2024-0005": ("three", "9", "high"),
              "CVE-2024-0006": ("two", None, "low"), "CVE-2024-0011": ("one", None, "medium")})


def change(serve, mirror, layer, hook, dialect):
    """A service that was there before the feed changed, and what it tells."""
    mirror.write(BEFORE)
    s = serve(config(mirror, hook, dialect))
    finished(s)
    post(s, layer, dialect)
    assert taken(hook) == []  # a first update tells of nothing
    s.end()
    mirror.write(AFTER)
    s = serve(config(mirror, hook, dialect, "1s"), cache=s.cache)
    return s, taken(hook)


def state(side):
    v = side["Vulnerability"]
    return v["Severity"], [(f["Name"], f["Version"]) for f in v["FixedIn"]], side.get("LayersIntroducingVulnerability")


def told(s, name):
    n = json.loads(s.get("/v1/notifications/%s?limit=10" % name)[2])["Notification"]
    v = (n.get("New") or n["Old"])["Vulnerability"]
    assert v["NamespaceName"] == "debian:12"
    return v["Name"], [state(n[k]) if k in n else None for k in ("Old", "New")]


def test_a_feed_changes_and_2016_is_told(serve, mirror, layer, hook):
    s, bodies = change(serve, mirror, layer, hook, 2016)
    names = [b["Notification"]["Name"] for b in bodies]
    assert len(set(names)) == len(names)
    b = ["base"]
    assert dict(told(s, n) for n in names) == {
        "CVE-2024-0001": [("Low", [("one", "1.1")], b), ("High", [("one", "1.1")], b)],
        "CVE-2024-0002": [("Low", [("one", "1.1")], b), ("Low", [("one", "1.2")], b)],
        "CVE-2024-0003": [("Low", [("one", "1.1")], b), None],
        "CVE-2024-0006": [("High", [("two", "None")], b), ("Low", [("two", "None")], b)],
        "CVE-2024-0011": [None, ("Medium", [("one", "None")], b)],
    }
    assert len(names) == 5


def test_a_feed_changes_and_2015_is_told(serve, mirror, layer, hook):
    _, bodies = change(serve, mirror, layer, hook, 2015)
    kinds = sorted((b["Name"], b["Type"]) for b in bodies)
    assert kinds == [("CVE-2024-0001", "VulnerabilityPriorityIncreasedNotification"),
                     ("CVE-2024-0002", "VulnerabilityPackageChangedNotification"),
                     ("CVE-2024-0011", "NewVulnerabilityNotification")]
    of = {b["Name"]: b["Content"] for b in bodies}
    assert (of["CVE-2024-0001"]["OldPriority"], of["CVE-2024-0001"]["NewPriority"]) == ("Low", "High")
    assert of["CVE-2024-0001"]["IntroducingLayersIDs"] == ["base"]
    assert [p["BeforeVersion"] for p in of["CVE-2024-0002"]["AddedAffectedPackages"]] == ["1.2"]
    assert [p["BeforeVersion"] for p in of["CVE-2024-0002"]["RemovedAffectedPackages"]] == ["1.1"]


def test_an_update_by_hand_counts_at_the_next_start(serve, mirror, layer, hook):
    mirror.write(BEFORE)
    s = serve(config(mirror, hook, 2016))
    finished(s)
    post(s, layer, 2016)
    s.end()
    mirror.write(AFTER)
    done = program.run("update", "--from", mirror.folder, "--feed", "debian", cache=s.cache)
    assert done.status == 0, done
    s = serve(config(mirror, hook, 2016), cache=s.cache)  # the next update is due in an hour
    assert len(taken(hook)) == 5
    assert not any("updating vulnerabilities" in line for line in s.lines)


def flaws(version):
    """Each of them is another one with each version."""
    return {"CVE-2024-%04d" % i: ("one", "%d" % (version + 2), "low") for i in range(MANY)}


def pending(s):
    return int(re.search(r"^limpid_notifications_pending (\d+)$", s.get("/v1/metrics")[2].decode(), re.M)[1])


def follow(hook, s):
    """{CVE: [(old, new) versions, …]}, of all that is told."""
    end = time.monotonic() + 120
    while pending(s) and time.monotonic() < end:
        time.sleep(0.2)
    chains = {}
    for body in taken(hook):
        cve, (old, new) = told(s, body["Notification"]["Name"])
        chains.setdefault(cve, []).append((int(old[1][0][1]), int(new[1][0][1])))
    return chains


def whole(chains, last):
    """Each goes from the first version to the last one without a gap and without going back."""
    assert len(chains) == MANY
    for cve, steps in chains.items():
        at = 2
        for old, new in sorted(steps):
            assert old == at and new > old, (cve, sorted(steps))
            at = new
        assert at == last + 2, (cve, sorted(steps))


def killed_again_and_again(serve, mirror, layer, hook, seed, **more):
    rng = random.Random(seed)
    mirror.write(flaws(0))
    text = config(mirror, None, 2016, "1s", **more)  # sent at the end: a sender that was killed holds one for a minute
    s = serve(text)
    finished(s)
    post(s, layer, 2016)
    s.end()
    for i in range(KILLS):
        mirror.write(flaws(i + 1))
        s = serve(text, cache=s.cache)
        if i % 2:  # about where notifications are staged
            s.wait_line(r"debian: \d+ advisories")
            time.sleep(rng.uniform(0, 0.1))
        else:
            time.sleep(rng.uniform(0, 1))
        s.end(signal.SIGKILL)
    s = serve(config(mirror, hook, 2016, "1s", **more), cache=s.cache)
    finished(s, count=3)
    chains = follow(hook, s)
    whole(chains, KILLS)
    steps = len(chains["CVE-2024-0000"])
    assert 1 < steps <= KILLS, steps  # some were published in between


def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(serve, mirror, layer, hook):
    killed_again_and_again(serve, mirror, layer, hook, 1)


def test_a_holder_that_was_stopped_for_too_long_is_refused(serve, mirror, layer, hook):
    mirror.write(flaws(0))
    s = serve(config(mirror, hook, 2016))
    finished(s)
    post(s, layer, 2016)
    s.end()
    mirror.write(flaws(1))
    s = serve(config(mirror, hook, 2016, "1s"), cache=s.cache)
    s.wait_line("updating vulnerabilities")
    s.signal(signal.SIGSTOP)
    with contextlib.closing(sqlite3.connect(os.path.join(s.cache, "service.db"), timeout=10)) as db:
        with db:  # as if it had been so long that another one took over
            db.execute("UPDATE lease SET owner = CAST('another' AS BLOB), fence = fence + 1, "
                       "until_s = until_s + 600 WHERE name = CAST('updater' AS BLOB)")
        s.signal(signal.SIGCONT)
        s.wait_line("an error occured when updating: the lease 'updater' is not held")
        assert pending(s) == 0 and taken(hook, 1) == []
        with db:
            db.execute("UPDATE lease SET until_s = 0 WHERE name = CAST('updater' AS BLOB)")
    finished(s, count=2)
    whole(follow(hook, s), 1)


def test_on_postgresql_nothing_is_lost_and_nothing_doubled(database, serve, mirror, layer, hook):
    killed_again_and_again(serve, mirror, layer, hook, 2, database=database)


def test_two_instances_tell_of_a_change_once_and_both_have_it(database, serve, mirror, layer, hook):
    mirror.write(flaws(0))
    one = serve(config(mirror, hook, 2016, "2s", database))
    finished(one)
    post(one, layer, 2016)
    two = serve(config(mirror, hook, 2016, "2s", database))
    mirror.write(flaws(1))
    path = "/v1/namespaces/debian:12/vulnerabilities/CVE-2024-0007?fixedIn"
    for s in (one, two):
        end = time.monotonic() + 40
        while b'"Version":"3"' not in s.get(path)[2] and time.monotonic() < end:
            time.sleep(0.2)
        assert b'"Version":"3"' in s.get(path)[2]
    whole(follow(hook, one), 1)
