"""Several instances on one PostgreSQL: one after the other is killed, the database crashes and comes back, clients go on
with another instance as behind a balancer. Nothing is lost, nothing doubled."""

import collections
import json
import random
import threading
import time

import changes
import endpoint
import instance
import layers
import pytest
import test_notifications


class Clients:
    """Connections that write layers and vulnerabilities until told to end; each request is made until it is known to be done."""

    def __init__(self, instances, maker, threads=4):
        self.instances, self.maker = instances, maker
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.layers, self.changes, self.failed, self.again = [], [], [], collections.Counter()
        self.number = 0
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def insist(self, turn, act):
        end = time.monotonic() + 60
        while True:
            turn += 1
            try:
                status = act(self.instances[turn % len(self.instances)])
            except layers.UNSURE as e:
                status = type(e).__name__
            if status == 201:
                return
            with self.lock:
                self.again[status] += 1
            assert time.monotonic() < end and not 400 <= (status if isinstance(status, int) else 0) < 500, status
            time.sleep(0.05)

    def run(self):
        try:
            while not self.ending.is_set():
                self.one()
        except Exception as e:  # told by join
            self.failed.append(repr(e))

    def one(self):
        with self.lock:
            self.number += 1
            number = self.number
            chain = self.maker.chain("chain%d" % number, (0, 1, 2, 4, 6)[number % 5])
        for layer in chain:
            self.insist(number, layer.post)
            with self.lock:
                self.layers.append(layer)
        for change in changes.history("CVE-%d" % number, "2016", number % 3 == 0):
            self.insist(number, lambda one, c=change: make(one, c))
            with self.lock:
                self.changes.append(change)

    def join(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
        assert self.failed == []


def make(one, change):
    """201 where it is made, or was made by a request whose answer got lost."""
    status, _, body = one.get(changes.NAMESPACE + "/" + change.name)
    if status not in (200, 404):
        return status
    link = json.loads(body)["Vulnerability"]["Link"] if status == 200 else ""
    if link == change.new:
        return 201
    assert link == change.old, (link, change.told)
    got = change.make(one)
    return 201 if got is True else got[0]


def check_doubled(came, kills, crashes, unsent):
    """Twice came only what one that was killed was sending, what could not be noted for longer than a lease because the database
    was away, and (`unsent` times) what the sender did not hear the answer of in time."""
    late_s, doubled = 1, 0  # until the endpoint sees what is on its way
    for name, times in came.items():
        for first, second in zip(times, times[1:]):
            outlasted = second - first > instance.LEASE_S - 1 and any(first - late_s <= crash <= second for crash in crashes)
            unsent -= not outlasted and not any(first - late_s <= kill <= second for kill in kills)
            assert unsent >= 0, (name, first, second)
            doubled += 1
    return doubled


@pytest.mark.parametrize("count", [2, 3] if instance.LONG else [3])
def test_instances_are_killed_and_the_database_crashes(postgres, start, tmp_path, count):
    hook = endpoint.Endpoint()
    text = test_notifications.config("2016", postgres, "http://127.0.0.1:%d/" % hook.port)
    chance = random.Random(count)
    instances = [start(text, cache=str(tmp_path / ("cache%d" % i))) for i in range(count)]
    clients = Clients(instances, layers.Maker(tmp_path / "layers"))
    kills, crashes, ran = [], [], list(instances)
    for number in range(instance.ROUNDS):
        time.sleep(chance.uniform(0.1, 0.5))
        victim = number % count
        if number % 3 != 1:
            kills.append(instances[victim].kill(group=number % 2 == 0))
        if number % 3 != 0:
            crashes.append(time.monotonic())
            postgres.server.stop()
            time.sleep(chance.uniform(0, 0.3))
            postgres.server.start()
        if number % 3 != 1:
            instances[victim] = start(text, cache=instances[victim].cache)
            ran.append(instances[victim])
        assert instance.leftovers() == []
    time.sleep(0.3)
    clients.join()
    changes.wait_sent(instances[0])
    changes.check_queued(postgres, clients.changes, [])
    for one in instances:
        for layer in clients.layers[:: 1 if one is instances[0] else 7]:
            assert layer.listed(one) == layer.packages, layer.name
    assert postgres.rows("SELECT count(*) FROM layer") == [(str(len(clients.layers)),)]
    came = test_notifications.received("2016", hook)
    assert set(came) == {name for name, _, _, _ in changes.notifications(postgres)}
    doubled = check_doubled(came, kills, crashes, test_notifications.unsent(ran))
    hook.close()
    print("%d instances: %d kills, %d crashes, %d layers, %d changes, %d notifications came twice; again after %s"
          % (count, len(kills), len(crashes), len(clients.layers), len(clients.changes), doubled, dict(clients.again)))
