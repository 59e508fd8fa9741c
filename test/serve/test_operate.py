"""What an operator does: stop and reload under load, rotate the log, check a configuration, and look
for secrets."""

import collections
import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import program
import pytest
import service

FLAT = "api: {port: 0, healthport: 0%s}\nupdater: {interval: 0}\n%s"
BODY = {"Link": "l", "Priority": "High", "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]}


class Load:
    """Clients that ask on connections of their own, one request after the other, and note what came:
    `accepted` requests were sent on a connection that the service had taken."""

    def __init__(self, s, threads=4, context=None, headers=None):
        self.s, self.context, self.headers = s, context, headers or {}
        self.done = threading.Event()
        self.statuses, self.cut = collections.Counter(), []
        self.lock = threading.Lock()
        self.number = 0
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def connect(self):
        if self.context:
            made = http.client.HTTPSConnection("127.0.0.1", self.s.port, timeout=30, context=self.context)
        else:
            made = http.client.HTTPConnection("127.0.0.1", self.s.port, timeout=30)
        made.connect()
        return made

    def run(self):
        while not self.done.is_set():
            try:
                connection = self.connect()
            except OSError:
                return  # it takes no one any more
            try:
                for turn in range(20):
                    if self.done.is_set():
                        break
                    self.ask(connection, turn)
            except (OSError, http.client.HTTPException) as why:
                with self.lock:
                    self.cut.append((turn, repr(why)))
            finally:
                connection.close()

    def ask(self, connection, turn):
        with self.lock:
            self.number += 1
            name = "CVE-%d" % self.number
        method, path, body = (("POST", "/v1/vulnerabilities", json.dumps({"ID": name, **BODY})) if turn % 2 else
                              ("GET", "/v1/versions", None))
        connection.request(method, path, body, self.headers)
        answer = connection.getresponse()
        answer.read()
        with self.lock:
            self.statuses[answer.status] += 1

    def wait(self, count):
        end = time.monotonic() + 60
        while sum(self.statuses.values()) < count:
            assert time.monotonic() < end, (self.statuses, self.cut)
            time.sleep(0.005)

    def stop(self):
        self.done.set()
        for thread in self.threads:
            thread.join()


def test_a_stop_under_load_cuts_no_request_off(serve):
    """What a client has sent before the end is answered; only connections that wait for the next
    request are closed, between two answers."""
    s = serve(FLAT % ("", ""))
    load = Load(s)
    load.wait(400)
    s.signal(signal.SIGTERM)
    assert s.end(None) == 0
    load.stop()
    assert set(load.statuses) == {200, 201}, load.statuses
    # an idle connection may be closed while the next request is on its way: never within an answer
    assert all("RemoteDisconnected" in why or "ConnectionReset" in why or "BrokenPipe" in why for _, why in load.cut), load.cut
    assert not any("IncompleteRead" in why or "BadStatusLine" in why for _, why in load.cut)
    assert s.lines[-1].endswith("gracefully stopping ...") or " I | api: " in s.lines[-1]


def test_what_was_answered_before_the_stop_is_there_after_it(serve, tmp_path):
    cache = str(tmp_path / "cache")
    s = serve(FLAT % ("", ""), cache=cache)
    answered, errors = [], []

    def post(first):
        for number in range(first, first + 1000):
            name = "CVE-%d" % number
            try:
                status = s.ask("POST", "/v1/vulnerabilities", {"ID": name, **BODY})[0]
            except OSError as why:
                errors.append(why)
                return
            if status == 201:
                answered.append(name)

    threads = [threading.Thread(target=post, args=(10000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    while len(answered) < 50:
        time.sleep(0.01)
    assert s.end() == 0
    for thread in threads:
        thread.join()
    assert errors  # all of them were turned away at the end
    s = serve(FLAT % ("", ""), cache=cache)
    for name in answered:
        assert s.get("/v1/vulnerabilities/" + name)[0] == 200, name


def test_reloads_under_load_harm_nobody(serve, tls, tmp_path):
    for suffix in (".crt", ".key"):
        shutil.copy(tls.path("server" + suffix), tmp_path / ("own" + suffix))
    first, second = "0123456789abcdef-first", "0123456789abcdef-second"
    files = ", certfile: %s, keyfile: %s" % (tmp_path / "own.crt", tmp_path / "own.key")
    text = FLAT % (files, "auth: {tokens: [%s, %%s]}\nlog: {level: %%s}\n" % first)
    context = service.client_context(tls.path("ca.crt"))
    s = serve(text % ("x" * 16, "info"), tls=context)
    load = Load(s, context=context, headers={"Authorization": "Bearer " + first})
    for turn in range(10):
        load.wait(sum(load.statuses.values()) + 30)
        name = "server2" if turn % 2 == 0 else "server"
        for suffix in (".crt", ".key"):
            shutil.copy(tls.path(name + suffix), tmp_path / ("own" + suffix))
        s.write(text % (second if turn % 2 == 0 else "x" * 16, "info" if turn % 2 == 0 else "debug"))
        s.signal(signal.SIGHUP)
        s.wait_line("configuration reloaded", count=turn + 1)
        expected = 200 if turn % 2 == 0 else 401
        assert s.get("/v1/versions", headers={"Authorization": "Bearer " + second})[0] == expected
    load.wait(sum(load.statuses.values()) + 30)
    load.stop()
    assert set(load.statuses) == {200, 201} and not load.cut, (load.statuses, load.cut)
    assert s.end() == 0


def test_the_log_can_be_rotated(serve, tmp_path):
    file, moved = tmp_path / "serve.log", tmp_path / "serve.log.1"
    folder = tmp_path / "folder"
    s = serve(FLAT % ("", "log: {file: '%s'}\n" % file), wait=False)
    end = time.monotonic() + 20
    while not file.exists() or "starting main API" not in file.read_text():
        assert time.monotonic() < end, s.errors()
        time.sleep(0.02)
    s.port = int(file.read_text().split("starting main API on port ")[1].split(".")[0])
    assert os.stat(file).st_mode & 0o007 == 0
    load = Load(s)
    load.wait(100)
    os.rename(file, moved)
    s.signal(signal.SIGHUP)
    end = time.monotonic() + 20
    while not file.exists() or "configuration reloaded" not in file.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    load.wait(sum(load.statuses.values()) + 100)
    load.stop()
    folder.mkdir()
    s.signal(signal.SIGHUP)
    assert s.end() == 0
    lines = [line for part in (moved, file) for line in part.read_text().split("\n")]
    assert sum(" I | api: 20" in line for line in lines) == sum(load.statuses.values())
    assert not s.lines


def check(tmp_path, config, *words):
    file = tmp_path / "config.yaml"
    file.write_text(config)
    return subprocess.run([program.LIMPID, "serve", "--config", str(file), "--check", *words], capture_output=True, text=True,
                          timeout=20, env=program.environment(str(tmp_path / "cache")), check=False)


def test_a_configuration_is_checked_without_a_start(tmp_path, tls):
    done = check(tmp_path, FLAT % ("", ""))
    assert (done.returncode, done.stdout, done.stderr) == (0, "%s: fine\n" % (tmp_path / "config.yaml"), "")
    assert not (tmp_path / "cache").exists()
    done = check(tmp_path, FLAT % (", certfile: %s, keyfile: %s" % (tls.path("server.crt"), tls.path("server.key")), ""))
    assert done.returncode == 0, done
    done = check(tmp_path, "clair:\n  database: {type: pgsql, options: {source: 'host=nowhere.invalid user=x'}}\n")
    assert done.returncode == 0, done  # nothing is connected to
    done = subprocess.run([program.LIMPID, "serve", "-check"], capture_output=True, text=True, timeout=20,
                          env=program.environment(str(tmp_path / "cache")), check=False)
    assert done.returncode in (0, 2)  # whatever lies in /etc


@pytest.mark.parametrize("config, part", [
    ("api: {port: 70000}", "line 1: api.port: '70000' is no number from 0 to 65535"),
    ("api: {certfile: '%(server.crt)s', keyfile: '%(server2.key)s'}", "the certificate and its key cannot be used"),
    ("api: {certfile: '%(server.key)s', keyfile: '%(server.key)s'}", "the certificate and its key cannot be used"),
    ("api: {certfile: '%(server.crt)s', keyfile: '%(server.key)s', cafile: '%(server.key)s'}", "clients' certificates cannot be used"),
    ("api: {address: localhost}", "api.address: 'localhost' is no IP address"),
    ("api: {health-address: 1.2.3}", "api.health-address: '1.2.3' is no IP address"),
    ("auth: {tokens: [short]}", "auth.tokens: a token has 5 characters"),
    ("database: {source: 'host=db pasword=s3cretword'}", "connection string"),
    ("database: {source: 'host=db password=two s3cretword'}", "connection string"),
    ("database: {source: 'postgresql://u:s3cretword@[x/db'}", "connection string"),
    ("notifier: {http: {endpoint: hooks.example}}", "notifier.http.endpoint is no URL"),
    ("api: {paginationkey: s3cretword}", "api: paginationkey is not 32 bytes in base64"),
    ("api: {sandbox: on}", "api.sandbox: 'on' is none of auto, required and off"),
    ("api: {port: 1\n", "line "),
    ("- a\n- b\n", "it has no keys"),
])
def test_what_a_check_finds(tmp_path, tls, config, part):
    for name in ("server.crt", "server.key", "server2.key"):
        config = config.replace("%%(%s)s" % name, tls.path(name))
    done = check(tmp_path, config)
    assert done.returncode == 2 and part in done.stderr and not done.stdout, done
    assert "s3cretword" not in done.stderr


@pytest.mark.parametrize("config, warning", [
    ("api: {prot: 1}", "line 1: the key 'api.prot' is not known; 'api.port' is"),
    ("updater: {intervall: 1h}", "the key 'updater.intervall' is not known; 'updater.interval' is"),
    ("api:\n  renotifyinterval: 1h", "line 2: the key 'api.renotifyinterval' is not known; 'notifier.renotifyinterval' is"),
    ("API: {port: 1}", "the key 'API' is not known; 'api' is"),
    ("clair:\n  api: {healthprot: 1}", "the key 'api.healthprot' is not known; 'clair.api.healthport' is"),
    ("clair:\n  updater: {interval: 0}\nnotifier: {attempts: 3}", "line 3: the key 'notifier' is not known; 'clair.notifier' is"),
    ("worker: {x: 1}", "the key 'worker' is not known\n"),
    ("api: {cafile: /x}", "api.cafile has no effect"),
    ("api: {address: '::'}", "everybody who reaches the port may use it"),
])
def test_what_a_check_warns_of(tmp_path, config, warning):
    done = check(tmp_path, config)
    assert done.returncode == 0 and warning in done.stderr and done.stderr.count("\n") == 1, done


SECRETS = {
    "token": "S3CRET-token-0123456789", "wrong": "S3CRET-wrong-0123456789", "hmac": "S3CRET-hmac", "page": "S3CRETpagekeyS3CRETpagekeyS3CRETpagekeyS3CQ=",
    "user": "S3CRET-user", "password": "S3CRET-password", "query": "S3CRET-query", "header": "S3CRET-header",
    "database": "S3CRET-database", "proxy": "S3CRET-proxy", "hook": "S3CRET-hook",
}


@pytest.mark.parametrize("shape", ["text", "json"])
def test_no_secret_leaves(serve, hook, tmp_path, shape):
    """Everything that is secret holds one word, which then stands in no log, answer and figure."""
    hook.answers = [500]
    (tmp_path / "tokens").write_text(SECRETS["token"] + "\n")
    s = serve("database: {type: sqlite}\napi: {port: 0, healthport: 0, paginationkey: %s}\nupdater: {interval: 0}\n"
              "auth: {tokens-file: '%s'}\nlog: {level: trace, format: %s}\n"
              "notifier: {http: {endpoint: 'http://127.0.0.1:%d/%s?k=%s', hmac: %s}}\n"
              % (SECRETS["page"], tmp_path / "tokens", shape, hook.port, "path", SECRETS["hook"], SECRETS["hmac"]))
    bearer = {"Authorization": "Bearer " + SECRETS["token"]}
    answers = [s.get("/v1/versions", headers={"Authorization": "Bearer " + SECRETS["wrong"]})]
    for path in ("http://%s:%s@127.0.0.1:1/l" % (SECRETS["user"], SECRETS["password"]),
                 "http://127.0.0.1:1/l?X-Amz-Signature=" + SECRETS["query"],
                 "http://127.0.0.1:%d/l?token=%s" % (hook.port, SECRETS["query"])):
        answers.append(s.ask("POST", "/v1/layers", {"ID": "a", "Path": path}, headers=bearer))
        answers.append(s.ask("POST", "/v1/layers", {"Layer": {
            "Name": "a", "Format": "Docker", "Path": path, "Headers": {"Authorization": SECRETS["header"], "X-Other": SECRETS["header"]}}},
            headers=bearer))
    answers.append(s.ask("POST", "/v1/vulnerabilities", {"ID": "CVE-1", **BODY}, headers=bearer))
    hook.next()
    s.wait_line("could not send notification")
    answers.append(s.get("/v1/metrics", headers=bearer))
    answers.append(s.get("/", port=s.health_port))
    s.signal(signal.SIGHUP)
    s.wait_line("configuration reloaded")
    s.write("auth: {tokens: [%s, %s]}\napi: {port: nonsense}\n" % (SECRETS["token"], SECRETS["wrong"]))
    s.signal(signal.SIGHUP)
    s.wait_line("is not reloaded")
    with open("/proc/%d/cmdline" % s.process.pid, "rb") as file:
        assert b"S3CRET" not in file.read()
    s.end()
    assert len(answers) == 10 and not any(b"S3CRET" in body or "S3CRET" in str(headers) for _, headers, body in answers)
    assert not [line for line in s.lines if "S3CRET" in line]
    assert "S3CRET" not in s.errors()


def test_no_password_of_a_database_leaves(serve):
    s = serve("database: {type: pgsql, source: 'postgresql://limpid:%s@127.0.0.1:1/x'}\n"
              "api: {port: 0, healthport: 0}\nupdater: {interval: 0}\n" % SECRETS["database"])
    s.wait_line("the database cannot be used")
    bodies = [s.get("/", port=s.health_port)[2], s.ask("POST", "/v1/layers", {"ID": "a", "Path": "/x"})[2], s.get("/v1/metrics")[2]]
    s.end()
    assert not any(b"S3CRET" in body for body in bodies)
    assert not [line for line in s.lines if "S3CRET" in line]
