"""The service on PostgreSQL, alone and as two instances."""

import json
import os
import subprocess

import program
import pytest

NESTED = """clair:
  database: {type: pgsql, options: {source: "%s", cachesize: 16384}}
  api: {port: 0, healthport: 0}
  updater: {interval: 0}
%s"""
PATH = "/v1/namespaces/debian:12/vulnerabilities"


@pytest.fixture(scope="module")
def database():
    """A server of its own, for this file."""
    command = ["sh", "-c", 'echo "${LIMPID_POSTGRES-}"; echo "${LIMPID_POSTGRES_WHY-}"; cat']
    wrapper = os.path.join(program.SOURCE, "test", "lib", "postgres")
    with subprocess.Popen([wrapper, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "LIMPID_POSTGRES_OPTIONS": "-c fsync=off", "TMPDIR": "/tmp"}) as server:
        source, why = server.stdout.readline().strip(), server.stdout.readline().strip()
        if not source:
            server.stdin.close()
            pytest.skip("no PostgreSQL: " + why)
        yield source
        server.stdin.close()


def test_two_instances_share_a_database(serve, database, hook):
    notifier = "  notifier: {renotifyinterval: 1h, http: {endpoint: 'http://127.0.0.1:%d/'}}\n" % hook.port
    one, two = serve(NESTED % (database, notifier)), serve(NESTED % (database, notifier))
    assert one.get("/health", port=one.health_port)[0] == 200
    for i in range(20):
        body = {"Vulnerability": {"Name": "CVE-%d" % i, "NamespaceName": "debian:12", "Severity": "High"}}
        assert (one if i % 2 else two).ask("POST", PATH, body)[0] == 201
    for s in (one, two):
        names = {v["Name"] for v in json.loads(s.get(PATH + "?limit=100")[2])["Vulnerabilities"]}
        assert names == {"CVE-%d" % i for i in range(20)}
    told = [json.loads(hook.next(60)[2])["Notification"]["Name"] for _ in range(20)]
    assert len(set(told)) == 20 and hook.bodies.empty()
    assert one.end() == 0 and two.end() == 0


def test_a_database_that_is_not_there_is_told(serve):
    s = serve(NESTED % ("host=127.0.0.1 port=1 user=x connect_timeout=2", ""))
    s.wait_line("the database cannot be used.*Connection refused")
    s = serve((NESTED % ("host=127.0.0.1 port=1 user=x", "")).replace("type:", "wait: false, type:"), wait=False)
    assert s.process.wait(30) == 3
    assert "limpid: serve: " in s.errors()
