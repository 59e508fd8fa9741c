import ctypes
import os
import subprocess
import sys

import program
import pytest

for folder in ("serve", "faults"):
    sys.path.insert(0, os.path.join(program.SOURCE, "test", folder))

import certs
import engines
import instance

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="session", autouse=True)
def orphans_are_ours():
    """What outlives an instance becomes a child of this process, where it is seen."""
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL of these tests' own (test/lib/postgres), or None and why."""
    say = 'echo "${LIMPID_POSTGRES-}"; echo "${LIMPID_POSTGRES_PID-}"; echo "${LIMPID_POSTGRES_START-}"; echo "${LIMPID_POSTGRES_WHY-}"; cat'
    wrapper = os.path.join(program.SOURCE, "test", "lib", "postgres")
    # its processes keep the pipe, so that nobody waits for its end
    with subprocess.Popen([wrapper, "sh", "-c", say], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "TMPDIR": "/tmp"}) as process:
        lines = [process.stdout.readline().strip() for _ in range(4)]
        one = engines.Server(*lines[:3]) if lines[0] else None
        instance.EXPECTED.add(process.pid)
        yield one or "no PostgreSQL: " + lines[3]
        process.stdin.close()
        while process.poll() is None:
            if one:
                one.reap()


@pytest.fixture
def postgres(server, tmp_path):
    """A database of this test's own."""
    if isinstance(server, str):
        pytest.skip(server)
    return engines.Postgres(server, str(tmp_path / "cache"))


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("postgres")
    return engines.Sqlite(str(tmp_path / "cache"))


@pytest.fixture
def start(tmp_path):
    """Starts instances; those that still run at the end must end by themselves, and none leaves anything behind."""
    started = []
    (tmp_path / "tmp").mkdir()

    def begin(config, **more):
        started.append(instance.Instance(tmp_path, config, len(started), **more))
        return started[-1]

    yield begin
    for one in started:
        one.finish()
    assert instance.leftovers() == []


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    return certs.Certificates(str(tmp_path_factory.mktemp("certs")))
