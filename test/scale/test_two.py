"""Two instances on one PostgreSQL: what one was told the other knows, whatever is killed meanwhile."""

import http.client
import io
import json
import shutil
import signal
import tarfile
import threading
import time

import pytest

CONFIG = "database: {type: pgsql, source: '%s'}\napi: {port: 0, healthport: 0}\nupdater: {interval: 0}\n"
LAYERS = 60
UNSURE = (OSError, http.client.HTTPException)


def layer(folder, number):
    """A layer with an operating system and two packages: one of all layers, one of its own."""
    path = folder / ("layer-%d.tar" % number)
    status = "".join("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n" % package
                     for package in (("common", "1.0"), ("own-%d" % number, "2.%d" % number)))
    with tarfile.open(path, "w") as tar:
        for name, text in (("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'), ("var/lib/dpkg/status", status)):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return str(path)


class Clients:
    """Posts layers to the instances in turn, as a balancer would: again, to the next one, until one
    has answered that it is there."""

    def __init__(self, paths):
        self.paths, self.instances = paths, []
        self.posted, self.again, self.refused = [], 0, []
        self.lock = threading.Lock()
        self.numbers = iter(range(len(paths)))

    def post(self, number):
        body = {"ID": "layer-%d" % number, "Path": self.paths[number]}
        end = time.monotonic() + 30
        turn = number
        while time.monotonic() < end:
            instance = self.instances[turn % len(self.instances)]
            turn += 1
            try:
                status = instance.ask("POST", "/v1/layers", body)[0]
            except UNSURE:
                status = None
            if status == 201:
                with self.lock:
                    self.posted.append(number)
                return
            with self.lock:
                self.again += 1
                self.refused.append(status)
            time.sleep(0.05)
        raise AssertionError("layer %d was not taken by anybody: %s" % (number, self.refused))

    def run(self):
        while True:
            with self.lock:
                number = next(self.numbers, None)
            if number is None:
                return
            self.post(number)

    def wait(self, count):
        end = time.monotonic() + 30
        while len(self.posted) < count:
            assert time.monotonic() < end, (len(self.posted), self.refused)
            time.sleep(0.005)


def packages(instance, number):
    status, _, body = instance.get("/v1/layers/layer-%d/packages" % number)
    assert status == 200, (number, body)
    return sorted(p["Name"] for p in json.loads(body)["Packages"])


def check_all(instances, database):
    for instance in instances:
        for number in range(LAYERS):
            assert packages(instance, number) == ["common", "own-%d" % number], (number, instance.port)
    if shutil.which("psql"):
        assert database.ask("SELECT count(*) FROM limpid.layer") == [str(LAYERS)]
        assert database.ask("SELECT count(*) FROM limpid.layer_package") == [str(2 * LAYERS)]
        assert database.ask("SELECT count(*) FROM limpid.package") == [str(LAYERS + 1)]
    body = {"ID": "CVE-2026-1", "Link": "l", "Priority": "High",
            "AffectedPackages": [{"OS": "debian:12", "Name": "common", "AllVersions": True}]}
    assert instances[0].ask("POST", "/v1/vulnerabilities", body)[0] == 201
    for instance in instances:
        introducing = json.loads(instance.get("/v1/vulnerabilities/CVE-2026-1/introducing-layers")[2])["IntroducingLayersIDs"]
        assert sorted(introducing) == sorted("layer-%d" % n for n in range(LAYERS))


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_nothing_is_lost_or_doubled(serve, database, tmp_path, ends):
    one, two = serve(CONFIG % database.source), serve(CONFIG % database.source)
    clients = Clients([layer(tmp_path, n) for n in range(LAYERS)])
    clients.instances = [one, two]
    threads = [threading.Thread(target=clients.run) for _ in range(4)]
    for thread in threads:
        thread.start()
    clients.wait(10)
    for number in list(clients.posted):  # what one has answered is there for the other at once
        packages(one if number % 2 else two, number)
    one.end(signal.SIGKILL)
    clients.wait(25)
    database.stop(ends)
    assert two.get("/", port=two.health_port)[0] == 503
    database.start()
    clients.wait(40)
    assert two.get("/", port=two.health_port)[0] == 200
    again = serve(CONFIG % database.source)
    clients.instances = [again, two]
    for thread in threads:
        thread.join()
    assert sorted(clients.posted) == list(range(LAYERS))
    print("posted again: %d, answers: %s" % (clients.again, sorted(set(map(str, clients.refused)))))
    assert {s for s in clients.refused if s is not None} <= {500, 503}
    check_all([two, again], database)


def test_a_change_is_seen_by_the_other_at_once(serve, database):
    """Answers are remembered by each instance: never those of before a change."""
    one, two = serve(CONFIG % database.source), serve(CONFIG % database.source)
    body = {"ID": "CVE-2026-2", "Link": "l", "Priority": "Low",
            "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]}
    assert one.ask("POST", "/v1/vulnerabilities", body)[0] == 201
    for turn in range(40):
        to, other = (one, two) if turn % 2 else (two, one)
        body["Priority"] = ("Low", "Medium", "High", "Critical")[turn % 4]
        assert to.ask("PUT", "/v1/vulnerabilities/CVE-2026-2", body)[0] == 201
        for reader in (other, to):
            assert json.loads(reader.get("/v1/vulnerabilities/CVE-2026-2")[2])["Priority"] == body["Priority"]


def test_the_connection_may_lie_in_a_file(serve, database, tmp_path):
    """As packaging/ has it: the password stands neither in the configuration nor in the environment."""
    file = tmp_path / "connection"
    file.write_text("[limpid]\n" + "\n".join(database.source.split()) + "\n")
    one = serve(CONFIG % "service=limpid", PGSERVICEFILE=str(file))
    assert one.get("/", port=one.health_port)[0] == 200
