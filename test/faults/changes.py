"""Clients that write vulnerabilities by both APIs, and what must be told of each change."""

import threading
import time

import layers

NAMESPACE = "/v1/namespaces/debian:12/vulnerabilities"
PRIORITIES = ("Low", "Medium", "High", "Critical")


class Change:
    """One request that changes a vulnerability. States are told apart by their links, of which no two are the same."""

    def __init__(self, name, api, number, last):
        self.name, self.api, self.number = name, api, number
        self.old = "" if number == 0 else self.link(number - 1)
        self.new = "" if last else self.link(number)
        self.priority = None if last else PRIORITIES[number]

    def link(self, number):
        return "http://link/%s/%d" % (self.name, number)

    def make(self, instance):
        """Whether it was accepted."""
        fixes = [{"OS": "debian:12", "Name": "a", "AllVersions": True}]
        v = {"Name": self.name, "NamespaceName": "debian:12", "Severity": self.priority, "Link": self.new}
        if self.number == 0:
            v["FixedIn"] = [{"Name": "a", "NamespaceName": "debian:12", "Version": "9", "VersionFormat": "dpkg"}]
        path = (NAMESPACE if self.api == "2016" else "/v1/vulnerabilities") + ("" if self.number == 0 else "/" + self.name)
        method = "DELETE" if not self.new else "POST" if self.number == 0 else "PUT"
        body = {"Vulnerability": v} if self.api == "2016" else {
            "ID": self.name, "Link": self.new, "Priority": self.priority, "AffectedPackages": fixes}
        status, _, text = instance.ask(method, path, body if self.new else None)
        return status in (200, 201, 204) or (status, text)

    @property
    def told(self):
        """As the database has it."""
        return self.old, self.new


def history(name, api, mortal):
    """A vulnerability's whole life, of four changes; the last one is its deletion or not."""
    return [Change(name, api, number, mortal and number == 3) for number in range(4)]


class Writing:
    """Connections that write histories until the instance is gone."""

    def __init__(self, instance, histories, threads=3):
        self.instance, self.histories = instance, list(histories)
        self.answered, self.unanswered, self.refused = [], [], []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        if not self.instance.ready():
            return
        while True:
            with self.lock:
                if not self.histories:
                    return
                history_ = self.histories.pop(0)
            for change in history_:
                try:
                    got = change.make(self.instance)
                except layers.UNSURE:
                    self.unanswered.append(change)
                    return
                if got is not True:
                    self.refused.append((change.name, change.number, got))
                    return
                self.answered.append(change)

    def join(self):
        for thread in self.threads:
            thread.join()
        assert self.refused == [], self.refused


def notifications(engine, condition="1 = 1"):
    """[(name, the old state's link, the new one's, sent)]"""
    text = engine.text
    return [(name, old, new, notified != "0") for name, old, new, notified in engine.rows(
        "SELECT %s, COALESCE(%s, ''), COALESCE(%s, ''), n.notified_s FROM notification n "
        "LEFT JOIN vulnerability o ON o.id = n.old_vulnerability LEFT JOIN vulnerability v ON v.id = n.new_vulnerability WHERE %s"
        % (text("n.name"), text("o.link"), text("v.link"), condition))]


def held(engine):
    """Those that somebody is sending, or was when he was killed: whether they have come nobody may have noted."""
    return notifications(engine, "n.lease_s <> 0")


def check_queued(engine, answered, unanswered):
    """Each change that was accepted has one notification; one that was not answered has one if it took place, and none if not."""
    engine.check()
    queued = [(old, new) for _, old, new, _ in notifications(engine)]
    assert len(queued) == len(set(queued))
    assert {c.told for c in answered} <= set(queued)
    assert set(queued) - {c.told for c in answered} <= {c.told for c in unanswered}
    current = {row[0] for row in engine.rows("SELECT %s FROM vulnerability WHERE current = 1" % engine.text("link"))}
    for change in unanswered:
        took_place = change.told in queued
        if change.new:
            assert (change.new in current) == took_place, change.told
        else:
            assert (change.old not in current) == took_place, change.told


def wait_sent(instance, seconds=60):
    """Until nothing is waiting or held any more."""
    end = time.monotonic() + seconds
    while True:
        figures = instance.get("/v1/metrics")[2].decode()
        pending = [int(line.split()[1]) for line in figures.splitlines() if line.startswith("limpid_notifications_pending ")]
        if pending == [0]:
            return
        assert time.monotonic() < end, (pending, instance.lines[-20:])
        time.sleep(0.05)
