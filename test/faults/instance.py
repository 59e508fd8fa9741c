"""An instance of the service that is killed at any moment, and what it may leave behind."""

import os
import random
import re
import signal
import time

import service

ROUNDS = int(os.environ.get("LIMPID_FAULTS") or 3)
LONG = ROUNDS > 10
LEASE_S = 3  # the shortest that may be configured
EXPECTED = set()  # children of the tests' own


def children():
    """This process's children: those that it started, and orphans."""
    found = set()
    for task in os.listdir("/proc/self/task"):
        try:
            with open("/proc/self/task/%s/children" % task, encoding="ascii") as file:
                found.update(map(int, file.read().split()))
        except OSError:
            pass
    return found


def leftovers(seconds=5):
    """What an instance started and what still runs after it, by name; waits for those that are dying."""
    end = time.monotonic() + seconds
    while True:
        left = children() - EXPECTED
        for pid in list(left):
            try:
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    left.discard(pid)
            except ChildProcessError:
                left.discard(pid)
        if not left or time.monotonic() > end:
            return [words(pid) for pid in sorted(left)]
        time.sleep(0.01)


def words(pid):
    try:
        with open("/proc/%d/cmdline" % pid, encoding="utf-8", errors="replace") as file:
            return file.read().replace("\0", " ").strip()
    except OSError:
        return "gone"


class Instance(service.Service):
    """Killed with its process group, or alone: then what it started must notice."""

    def __init__(self, folder, config, number, cache=None, wait=True, **variables):
        self.started = time.monotonic()
        super().__init__(folder, config, number=number, cache=cache, wait=wait, own_session=True,
                         TMPDIR=os.path.join(str(folder), "tmp"), **variables)
        EXPECTED.add(self.process.pid)

    def ready(self, seconds=30):
        """Waits until it listens; False where it has ended before."""
        patterns = {"health_port": r'starting health API.*?(?:port |"port":)(\d+)', "port": r'starting main API.*?(?:port |"port":)(\d+)'}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.changed:
                for name, pattern in patterns.items():
                    for line in self.lines:
                        found = re.search(pattern, line)
                        if found:
                            setattr(self, name, int(found[1]))
                if self.port:
                    return True
                if self.process.poll() is not None:
                    return False
                self.changed.wait(0.005)
        raise AssertionError("it does not start: %s" % self.lines)

    def has(self, pattern):
        with self.changed:
            return sum(re.search(pattern, line) is not None for line in self.lines)

    def kill_at(self, moment_s, group=True):
        """Kills it so long after its start; returns when."""
        time.sleep(max(0.0, self.started + moment_s - time.monotonic()))
        return self.kill(group)

    def kill(self, group=True):
        killed = time.monotonic()
        if self.process.poll() is None:
            (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)
        self.process.wait()
        EXPECTED.discard(self.process.pid)
        return killed

    def finish(self):
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            assert self.end() == 0, self.lines[-20:]
        EXPECTED.discard(self.process.pid)
        for stream in (self.process.stdout, self.process.stderr):
            if not stream.closed:
                stream.close()


def moments(rounds, longest_s, seed):
    """Moments spread evenly over the time that the work takes, in any order."""
    chance = random.Random(seed)
    all_of_them = [(i + chance.random()) / rounds * longest_s for i in range(rounds)]
    chance.shuffle(all_of_them)
    return all_of_them
