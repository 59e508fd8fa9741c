import os
import subprocess
import sys

import program
import pytest

sys.path.insert(0, os.path.join(program.SOURCE, "test", "serve"))

import service


class Database:
    """A PostgreSQL of this test's own (test/lib/postgres): where it is, and its end and new start."""

    def __init__(self, words):
        self.source, pid, self.script = words
        self.pid = int(pid)

    def ask(self, sql):
        """A statement, put where the wrapper's shell runs; its rows as text."""
        settings = dict(word.split("=", 1) for word in self.source.split())
        environment = {**os.environ, "PGPASSWORD": settings.pop("password")}
        words = ["psql", "-X", "-A", "-t", "-h", settings["host"], "-p", settings["port"], "-U", settings["user"],
                 "-d", settings["dbname"], "-c", sql]
        return subprocess.run(words, capture_output=True, text=True, env=environment, timeout=20, check=True).stdout.split()

    def stop(self, number):
        os.kill(self.pid, number)
        while True:
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                return

    def start(self):
        subprocess.run([self.script], check=True, timeout=30)
        data = os.path.join(os.path.dirname(self.script), "data", "postmaster.pid")
        with open(data, encoding="ascii") as file:
            self.pid = int(file.readline())


@pytest.fixture
def database():
    say = 'echo "${LIMPID_POSTGRES-}"; echo "${LIMPID_POSTGRES_PID-}"; echo "${LIMPID_POSTGRES_START-}"; echo "${LIMPID_POSTGRES_WHY-}"; cat'
    wrapper = os.path.join(program.SOURCE, "test", "lib", "postgres")
    # the server's processes keep the pipe, so that the fixture does not wait for its end
    with subprocess.Popen([wrapper, "sh", "-c", say], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "TMPDIR": "/tmp"}) as server:
        lines = [server.stdout.readline().strip() for _ in range(4)]
        if lines[0]:
            yield Database(lines[:3])
        server.stdin.close()
        if not lines[0]:
            pytest.skip("no PostgreSQL: " + lines[3])


@pytest.fixture
def serve(tmp_path):
    """Starts services; those that still run at the end must end by themselves."""
    started = []

    def start(config, **more):
        started.append(service.Service(tmp_path, config, number=len(started), **more))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def hook():
    receiver = service.Hook()
    yield receiver
    receiver.close()
