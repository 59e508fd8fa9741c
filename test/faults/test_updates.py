"""kill -9 while advisories are updated: what is there is one whole generation, and the next update goes on."""

import collections
import os
import re
import time

import changes
import endpoint
import instance
import mirror
import pytest
import test_notifications

FIRST = 1  # the round of the generation before which nothing is told


@pytest.fixture
def source(tmp_path, engine):
    one = mirror.Mirror(tmp_path / "mirror", web=engine.name == "sqlite")
    yield one
    one.close()


def config(engine, source, interval, hook=None):
    told = "  notifier: {attempts: 4, renotifyinterval: 0, lease: %ds, http: {endpoint: 'http://127.0.0.1:%d/'}}\n"
    return ("clair:\n  database: %s\n  api: {port: 0, healthport: 0}\n  log: {format: text}\n"
            "  updater: {interval: %s, lease: %ds, from: '%s', feeds: [debian, alpine, almalinux]}\n"
            % (engine.config, interval, instance.LEASE_S, source.source)
            + (told % (instance.LEASE_S, hook.port) if hook else "  notifier:\n"))


def forget_time(engine):
    """As if the last update were long ago."""
    engine.do("DELETE FROM value WHERE %s LIKE 'updater/last%%'" % engine.text("key"))


def updated(one, seconds=60):
    one.wait_line("update finished", seconds)
    assert not one.has("an error occured"), one.lines


def names(folder):
    """Kinds of files below the folder: without times, digests and numbers."""
    return {re.sub(r"generation-\S+|[0-9a-f]{32,}|\d+", "N", os.path.relpath(os.path.join(path, name), folder))
            for path, _, found in os.walk(folder) for name in found}


def check_told(engine, posted, last):
    """Of each vulnerability and system, the notifications go from state to state, from the first to the last: none is left
    out, none comes again."""
    text = engine.text
    rows = engine.rows(
        "SELECT %s, %s, COALESCE((SELECT %s FROM vulnerability_fix f WHERE f.vulnerability = n.old_vulnerability), ''), "
        "COALESCE((SELECT %s FROM vulnerability_fix f WHERE f.vulnerability = n.new_vulnerability), '') "
        "FROM notification n JOIN vulnerability v ON v.id = n.new_vulnerability WHERE n.staged = 0 ORDER BY n.id"
        % (text("v.name"), text("v.os"), text("f.version"), text("f.version")))
    chains = collections.defaultdict(list)
    for name, system, old, new in rows:
        chains[name, system].append((int(old.split("-")[0][2:] or 0), int(new.split("-")[0][2:])))
    assert set(chains) == {(mirror.cve(i), system) for i in range(mirror.COUNT) for system in posted}
    for key, steps in chains.items():
        assert steps[0][0] == FIRST and steps[-1][1] == last, (key, steps)
        assert all(before[1] == after[0] and before[0] < before[1] for before, after in zip(steps, steps[1:])), (key, steps)
    return len(rows)


def check_received(engine, hook, held, unsent):
    came = test_notifications.received("2016", hook)
    assert set(came) == {name for name, _, _, _ in changes.notifications(engine)}
    return test_notifications.check_doubled(came, held, unsent)


def test_killed_while_advisories_are_updated(engine, start, source, tmp_path):
    hook = endpoint.Endpoint(delays=(0, 0))
    posted = mirror.make_layers(tmp_path / "layers")
    source.write(FIRST)
    text = config(engine, source, "1h", hook)
    one = start(text, cache=engine.cache)
    updated(one)
    assert [layer.post(one) for layer in posted.values()] == [201, 201]
    one.end()
    source.write(FIRST + 1)
    forget_time(engine)
    one = start(text, cache=engine.cache)
    ran, held = [one], collections.Counter()
    updated(one)
    took = time.monotonic() - one.started
    assert {mirror.generation(one, layer) for layer in posted.values()} == {FIRST + 1}
    one.end()
    usual = names(engine.cache)
    possible, new = {FIRST + 1}, 0
    for number, moment in enumerate(instance.moments(instance.ROUNDS, took, seed=4), FIRST + 2):
        source.write(number)
        forget_time(engine)
        one = start(text, cache=engine.cache, wait=False)
        ran.append(one)
        one.kill_at(moment, group=number % 2 == 0)
        held.update(name for name, _, _, _ in changes.held(engine))
        assert instance.leftovers() == []
        engine.check()
        possible.add(number)
        one = start(config(engine, source, "0"), cache=engine.cache)
        for layer in posted.values():
            got = mirror.generation(one, layer)
            assert got in possible, (layer.name, got, possible)
            new += got == number
        one.end()
    last = FIRST + 2 + instance.ROUNDS
    source.write(last)
    forget_time(engine)
    one = start(text, cache=engine.cache)
    ran.append(one)
    updated(one)
    assert {mirror.generation(one, layer) for layer in posted.values()} == {last}
    changes.wait_sent(one, seconds=60 + instance.ROUNDS)
    assert one.end() == 0
    told = check_told(engine, posted, last)
    doubled = check_received(engine, hook, held, test_notifications.unsent(ran))
    hook.close()
    # which are swept when they are old: tests of src/store/
    assert names(engine.cache) <= usual | {"service.db-wal", "service.db-shm", "layers.db-wal", "layers.db-shm"}
    assert names(tmp_path / "tmp") == set()
    print("%s: %d kills, %d of %d feeds were new before, %d notifications, %d of them came twice"
          % (engine.name, instance.ROUNDS, new, 2 * instance.ROUNDS, told, doubled))
