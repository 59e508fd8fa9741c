"""kill -9 while advisories are updated: what is there is one whole generation, and the next update goes on."""

import os
import re
import time

import instance
import mirror
import pytest


@pytest.fixture
def source(tmp_path, engine):
    one = mirror.Mirror(tmp_path / "mirror", web=engine.name == "sqlite")
    one.write(1)
    yield one
    one.close()


def config(engine, source, interval):
    return ("clair:\n  database: %s\n  api: {port: 0, healthport: 0}\n  log: {format: text}\n"
            "  updater: {interval: %s, lease: %ds, from: '%s', feeds: [debian, alpine, almalinux]}\n"
            % (engine.config, interval, instance.LEASE_S, source.source))


def pass_time(engine):
    """As if the lease of one that died had ended, and the last update were long ago."""
    engine.do("UPDATE lease SET until_s = 0")
    engine.do("DELETE FROM value WHERE %s LIKE 'updater/last%%'" % engine.text("key"))


def updated(one, seconds=60):
    one.wait_line("update finished", seconds)
    assert not one.has("an error occured"), one.lines


def names(folder):
    """Kinds of files below the folder: without times, digests and numbers."""
    return {re.sub(r"generation-\S+|[0-9a-f]{32,}|\d+", "N", os.path.relpath(os.path.join(path, name), folder))
            for path, _, found in os.walk(folder) for name in found}


def test_killed_while_advisories_are_updated(engine, start, source, tmp_path):
    posted = mirror.make_layers(tmp_path / "layers")
    one = start(config(engine, source, "1h"), cache=engine.cache)
    updated(one)
    assert [layer.post(one) for layer in posted.values()] == [201, 201]
    one.end()
    source.write(2)
    pass_time(engine)
    one = start(config(engine, source, "1h"), cache=engine.cache)
    updated(one)
    took = time.monotonic() - one.started
    held = {layer.name: mirror.generation(one, layer) for layer in posted.values()}
    assert set(held.values()) == {2}
    one.end()
    usual = names(engine.cache)
    whole = 0
    for number, moment in enumerate(instance.moments(instance.ROUNDS, took, seed=4), 3):
        source.write(number)
        pass_time(engine)
        one = start(config(engine, source, "1h"), cache=engine.cache, wait=False)
        one.kill_at(moment, group=number % 2 == 0)
        assert instance.leftovers() == []
        engine.check()
        one = start(config(engine, source, "0"), cache=engine.cache)
        for layer in posted.values():
            got = mirror.generation(one, layer)
            assert got in (held[layer.name], number), (layer.name, got, held)
            held[layer.name] = got
            whole += got == number
        one.end()
    # as it is without a test that turns the clock: the lease of the dead ends by itself
    source.write(number + 1)
    engine.do("DELETE FROM value WHERE %s LIKE 'updater/last%%'" % engine.text("key"))
    one = start(config(engine, source, "1h"), cache=engine.cache)
    updated(one)
    assert {mirror.generation(one, layer) for layer in posted.values()} == {number + 1}
    assert one.end() == 0
    # which are swept when they are old: tests of src/store/
    assert names(engine.cache) <= usual | {"service.db-wal", "service.db-shm", "layers.db-wal", "layers.db-shm"}
    assert names(tmp_path / "tmp") == set()
    print("%s: %d kills, %d of %d feeds were new before" % (engine.name, instance.ROUNDS, whole, 2 * instance.ROUNDS))
