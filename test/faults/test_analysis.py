"""kill -9 while layers are posted: what was answered is there with exactly its packages, what was not is there wholly
or not at all, and may be posted again."""

import os
import re
import signal
import time

import instance
import layers
import pytest

CONFIG = "database: %s\napi: {port: 0, healthport: 0}\nupdater: {interval: 0}\n"
CHAINS = 12


@pytest.fixture
def web(tmp_path):
    served = layers.Web(tmp_path / "layers")
    yield served
    served.close()


def chains_of(maker, web, number):
    """One of three is downloaded."""
    chains = [maker.chain("round%d.%d" % (number, kind), kind) for kind in range(CHAINS)]
    for chain in chains[::3]:
        for layer in chain:
            layer.path = web.at(layer.path)
    return chains


def files(*folders):
    """Names below the folders, numbers in them left out."""
    return {re.sub(r"\d+", "N", os.path.relpath(os.path.join(path, name), folder))
            for folder in folders for path, _, names in os.walk(folder) for name in names}


def check_all(one, chains):
    for chain in chains:
        for layer in chain:
            assert layer.listed(one) == layer.packages, layer.name


def test_killed_while_layers_are_analysed(engine, start, tmp_path, web):
    maker = layers.Maker(tmp_path / "layers")
    config = CONFIG % engine.config
    chains = chains_of(maker, web, 0)
    one = start(config, cache=engine.cache)
    begun = time.monotonic()
    layers.Posting(one, chains).join()
    took = time.monotonic() - begun + 0.02  # of its start
    check_all(one, chains)
    one.end()
    usual = files(engine.cache)
    everything, lost_posts = list(chains), 0
    for number, moment in enumerate(instance.moments(instance.ROUNDS, took, seed=1), 1):
        chains = chains_of(maker, web, number)
        one = start(config, cache=engine.cache, wait=False)
        posting = layers.Posting(one, chains)
        one.kill_at(moment, group=number % 2 == 0)
        answered = posting.join()
        assert instance.leftovers() == []
        engine.check()
        again = start(config, cache=engine.cache)
        for layer in sum(chains, []):
            listed = layer.listed(again)
            if layer.name in answered or listed is not None:
                assert listed == layer.packages, (number, layer.name)
            lost_posts += layer.name not in answered
        layers.Posting(again, chains).join()
        check_all(again, chains)
        assert again.end(signal.SIGTERM if number % 2 else signal.SIGKILL) == (0 if number % 2 else -signal.SIGKILL)
        everything += chains
        for layer in sum(chains, []):
            if not layer.path.startswith("http"):
                os.unlink(layer.path)
    engine.check()
    assert engine.rows("SELECT count(*) FROM layer") == [(str(len(sum(everything, []))),)]
    one = start(config, cache=engine.cache)
    check_all(one, everything)
    assert one.end() == 0
    assert files(engine.cache) <= usual | {"service.db-wal", "service.db-shm", "layers.db-wal", "layers.db-shm"}
    assert files(tmp_path / "tmp") == set()
    print("%s: %d kills, %d posts of %d were not answered" % (engine.name, instance.ROUNDS, lost_posts, len(sum(everything, []))))


def test_killed_while_it_starts_for_the_first_time(engine, start):
    """Its schema is there wholly, or made anew."""
    config = CONFIG % engine.config
    one = start(config, cache=engine.cache)
    assert one.get("/", port=one.health_port)[0] == 200
    took = time.monotonic() - one.started
    one.end()
    for number, moment in enumerate(instance.moments(instance.ROUNDS, took, seed=2)):
        engine.fresh()
        config = CONFIG % engine.config
        one = start(config, cache=engine.cache, wait=False)
        one.kill_at(moment, group=number % 2 == 0)
        assert instance.leftovers() == []
        again = start(config, cache=engine.cache)
        assert again.get("/", port=again.health_port)[0] == 200
        assert again.ask("POST", "/v1/vulnerabilities", {
            "ID": "CVE-1", "Link": "l", "Priority": "High",
            "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]})[0] == 201
        assert again.end() == 0, (again.lines, again.errors())
        engine.check()
