"""Running limpid as a user does, and measuring it. Used by all tests under test/."""

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
import zipfile

SOURCE = os.environ.get("LIMPID_SOURCE") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("LIMPID_BUILD") or os.path.join(SOURCE, "build")
LIMPID = os.environ.get("LIMPID_PROGRAM") or os.path.join(BUILD, "src", "cli", "limpid")
MEASURE = os.environ.get("LIMPID_MEASURE") or os.path.join(BUILD, "test", "hostile", "measure")
SHARED = os.environ.get("LIMPID_SHARED") or os.path.join(os.path.dirname(SOURCE), "shared")
SANITIZED = os.environ.get("LIMPID_SANITIZED") == "1"

# What says which parts of the sandbox this kernel lacks; nothing to do with the input.
NOTICES = ("limpid: Landlock is not", "limpid: seccomp is not", "limpid: neither seccomp nor")


class Run:
    """What a run left: `status` (negative: a signal), `out` and `err` as bytes, seconds of wall
    clock and CPU, MB of the largest process, processes that outlived it."""

    def __init__(self, status, out, err, took=(0.0, 0.0, 0.0, 0, 0, 0)):
        self.status, self.out, self.err = status, out, err
        self.wall, user, system, kib, self.orphans, self.timed_out = took
        self.cpu = user + system
        self.mb = kib / 1024

    @property
    def text(self):
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def lines(self):
        """Of standard error, without the notices about the kernel."""
        text = self.err.decode("utf-8", "surrogateescape")
        return [line for line in text.split("\n") if line and not line.startswith(NOTICES)]

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.out[:2000]!r}\nstderr: {self.err[:2000]!r}"


def environment(cache, **more):
    """Nothing of the user's own: no cache, no variables, no colours."""
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": cache, "LIMPID_CACHE_DIR": cache, **more}


@functools.cache
def reachable():
    """The programs where every user can run them: the checkout may lie in a folder of root's."""
    folder = tempfile.mkdtemp(prefix="limpid-programs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    return [shutil.copy(program, folder) for program in (MEASURE, LIMPID)]


def run(*arguments, cache, cwd=None, stdin=None, timeout=60, user=None, **variables):
    """limpid with arguments; `stdin`: bytes, an open file, or None."""
    reader, writer = os.pipe()
    measure, limpid = (MEASURE, LIMPID) if user is None else reachable()
    command = [measure, str(writer), str(timeout * (10 if SANITIZED else 1)), limpid, *map(str, arguments)]
    more = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
    feed = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin or subprocess.DEVNULL}
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[writer],
            cwd=cwd,
            env=environment(cache, **variables),
            check=False,
            **feed,
            **more,
        )
    finally:
        os.close(writer)
    with os.fdopen(reader) as report:
        words = report.read().split()
    assert words, f"measure did not report: {done.stderr!r}"
    return Run(int(words[0]), done.stdout, done.stderr, tuple(map(float, words[1:])))


# -- advisories ------------------------------------------------------------------------------------

TRACKER = {
    "sound-a": {"CVE-2024-0001": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "1.0-2", "urgency": "high"}}}},
    "sound-b": {"CVE-2024-0002": {"releases": {"bookworm": {"status": "open", "urgency": "low"}}}},
    "sound-c": {"CVE-2024-0003": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0.1", "urgency": "medium"}}}},
}
SECDB = {
    "distroversion": "v3.18",
    "reponame": "main",
    "packages": [{"pkg": {"name": "sound-a", "secfixes": {"1.0-r2": ["CVE-2024-0001"]}}}],
}
ALMA = {
    "schema_version": "1.6.0",
    "id": "ALSA-2024:0001",
    "published": "2024-01-01T00:00:00Z",
    "modified": "2024-01-02T00:00:00Z",
    "related": ["CVE-2024-0001"],
    "summary": "Important: sound-a security update",
    "affected": [
        {
            "package": {"ecosystem": "AlmaLinux:9", "name": "sound-a"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0-3.el9"}]}],
        }
    ],
}


def make_feeds(folder):
    """A mirror with a handful of made-up advisories for Debian 12, Alpine 3.18 and AlmaLinux 9."""
    for name, value in {"tracker/data/json": TRACKER, "v3.18/main.json": SECDB}.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
    os.makedirs(os.path.join(folder, "AlmaLinux"), exist_ok=True)
    with zipfile.ZipFile(os.path.join(folder, "AlmaLinux", "all.zip"), "w") as archive:
        archive.writestr(zipfile.ZipInfo("ALSA-2024:0001.json", (2024, 1, 2, 0, 0, 0)), json.dumps(ALMA))
    for path, _, names in os.walk(folder):
        for name in names:
            os.utime(os.path.join(path, name), (1704153600, 1704153600))


def make_store(cache):
    """A store with these advisories in the folder `cache`."""
    with tempfile.TemporaryDirectory() as folder:
        make_feeds(folder)
        done = run("update", "--from", folder, cache=cache)
        assert done.status == 0, done
