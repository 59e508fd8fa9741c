"""A database that is away when the service starts, that does not let it in, and that is of another
schema."""

import json
import signal
import socket
import time

import pytest

FLAT = "database: {type: pgsql, source: '%s'%s}\napi: {port: 0, healthport: 0}\nupdater: {interval: 0}\n"
NESTED = "clair:\n  database: {type: pgsql, options: {source: '%s'}}\n  api: {port: 0, healthport: 0}\n  updater: {interval: 0}\n"
BODY = {"ID": "CVE-1", "Link": "l", "Priority": "High", "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]}


def health(s):
    return s.get("/", port=s.health_port)[0]


def wait_for(status, s, seconds=20):
    end = time.monotonic() + seconds
    while health(s) != status:
        assert time.monotonic() < end, s.lines
        time.sleep(0.05)


def test_it_starts_without_a_database_and_is_ready_when_that_comes(serve, database, hook):
    database.stop(signal.SIGINT)
    notifier = "notifier: {http: {endpoint: 'http://127.0.0.1:%d/'}}\n" % hook.port
    s = serve(FLAT % (database.source, "") + notifier)
    status, _, body = s.get("/", port=s.health_port)
    assert status == 503 and json.loads(body)["database"] == {"IsHealthy": False}
    for method, path, sent in (("GET", "/v1/layers/a/os", None), ("POST", "/v1/layers", {"ID": "a", "Path": "/x"}),
                               ("POST", "/v1/vulnerabilities", BODY), ("DELETE", "/v1/layers/a", None)):
        status, _, body = s.ask(method, path, sent)
        assert status == 503 and set(json.loads(body)) == {"Message"} and b"refused" not in body, (method, path, body)
    assert s.get("/v1/versions")[0] == 200
    assert b"\nlimpid_database_up 0\n" in s.get("/v1/metrics")[2]
    s.wait_line(r" E \| database: the database cannot be used: .*Connection refused; trying again in 1 s$")
    s.wait_line("trying again in 2 s")
    assert not any("notifier 'webhook'" in line for line in s.lines)  # nobody makes noise meanwhile
    database.start()
    wait_for(200, s)
    s.wait_line(r" N \| database: the database is there$")
    assert s.ask("POST", "/v1/vulnerabilities", BODY)[0] == 201
    assert json.loads(hook.next()[2])["Name"] == "CVE-1"
    assert b"\nlimpid_database_up 1\n" in s.get("/v1/metrics")[2]
    assert s.end() == 0


def test_2016_says_it_in_its_own_words(serve):
    s = serve(NESTED % "host=127.0.0.1 port=1 user=x")
    assert s.get("/health", port=s.health_port)[0] == 500  # as Clair's
    for method, path in (("GET", "/v1/namespaces"), ("DELETE", "/v1/layers/a"), ("GET", "/v1/notifications/n?limit=2"),
                         ("DELETE", "/v1/notifications/n"), ("GET", "/v1/namespaces/debian:12/vulnerabilities?limit=2")):
        status, _, body = s.get(path) if method == "GET" else s.ask(method, path)
        assert status == 500 and set(json.loads(body)) == {"Error"}, (method, path, status, body)
        assert b"127.0.0.1" not in body
    line = json.loads(s.wait_line(r'.*"the database cannot be used".*')[0])
    assert line["Level"] == "error" and "port 1" in line["error"] and line["next attempt seconds"] == 1


def test_a_start_without_a_database_can_be_refused(serve):
    s = serve(FLAT % ("host=127.0.0.1 port=1 user=x", ", wait: false"), wait=False)
    assert s.process.wait(20) == 3
    assert "Connection refused" in s.errors()


def test_a_database_that_answers_nothing_does_not_keep_the_ports_closed(serve):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        s = serve(FLAT % ("host=127.0.0.1 port=%d user=x" % silent.getsockname()[1], ""))
        assert time.monotonic() - began < 5
        began = time.monotonic()
        for _ in range(20):
            assert health(s) == 503
            assert s.get("/v1/layers/a/os")[0] == 503
        assert time.monotonic() - began < 2  # nobody waits for a connection but the watch
        began = time.monotonic()
        assert s.end() == 0
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("change, part", [(("password=", "password=wrong"), "password authentication failed"),
                                          (("dbname=", "dbname=nowhere"), 'database "nowhere')], ids=["password", "name"])
def test_what_the_database_refuses_is_told_each_time(serve, database, change, part):
    s = serve(FLAT % (database.source.replace(*change), ""))
    assert health(s) == 503
    s.wait_line(part + ".*trying again in 1 s")
    s.wait_line(part + ".*trying again in 2 s")
    assert not any("wrong" in line for line in s.lines)


def test_a_text_that_is_no_connection_string_ends_the_start(serve):
    s = serve(FLAT % ("host=db password=two words", ""), wait=False)
    assert s.process.wait(20) == 2
    told = s.errors() + "\n".join(s.lines)
    assert "connection string" in told and "words" not in told.replace("a value with blanks", "") and "two" not in told


def newer(database, readable):
    database.ask("ALTER TABLE limpid.counter ADD COLUMN remark TEXT; UPDATE limpid.limpid_schema SET version = 1000, readable = %d" % readable)


def test_a_newer_schema_that_is_readable_disturbs_nobody(serve, database):
    s = serve(FLAT % (database.source, ""))
    version = int(database.ask("SELECT version FROM limpid.limpid_schema")[0])
    newer(database, version)
    other = serve(FLAT % (database.source, ""))  # a way back: an old one starts on it
    for one in (s, other):
        assert health(one) == 200
        for number in range(20):  # threads with and without a connection
            assert one.ask("POST", "/v1/vulnerabilities", {**BODY, "ID": "CVE-%d-%d" % (one.port, number)})[0] == 201
    time.sleep(6)  # one more look of the watch
    assert health(s) == 200
    assert database.ask("SELECT version FROM limpid.limpid_schema") == ["1000"]


def test_a_newer_schema_that_is_not_readable_is_told_alike_everywhere(serve, database):
    s = serve(FLAT % (database.source, ""))
    assert s.ask("POST", "/v1/vulnerabilities", BODY)[0] == 201
    version = int(database.ask("SELECT version FROM limpid.limpid_schema")[0])
    newer(database, version + 1)
    assert health(s) == 503  # at once
    s.wait_line("database: the database cannot be used: .*made by a newer limpid.*trying again in ")
    for _ in range(20):
        assert s.get("/v1/vulnerabilities/CVE-1")[0] == 503
        assert health(s) == 503
    other = serve(FLAT % (database.source, ""), wait=False)
    assert other.process.wait(20) == 3
    assert "made by a newer limpid" in other.errors()
    database.ask("UPDATE limpid.limpid_schema SET version = %d, readable = %d" % (version, version))
    wait_for(200, s)
    assert s.get("/v1/vulnerabilities/CVE-1")[0] == 200


def test_a_table_without_the_column_is_of_its_own_version(serve, database):
    s = serve(FLAT % (database.source, ""))
    database.ask("ALTER TABLE limpid.limpid_schema DROP COLUMN readable")
    assert health(s) == 200
    database.ask("UPDATE limpid.limpid_schema SET version = 1000")
    assert health(s) == 503
