"""The two engines: how the service is told of one, and how a test asks it behind the service's back."""

import contextlib
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import instance

# Each must find nothing.
CONSISTENT = {
    "a layer without its parent": """SELECT l.id FROM layer l WHERE l.parent <> 0 AND NOT EXISTS
        (SELECT 1 FROM layer p WHERE p.id = l.parent AND p.id < l.id AND p.depth + 1 = l.depth)""",
    "a depth without a parent": "SELECT id FROM layer WHERE parent = 0 AND depth <> 1",
    "two layers of one name": "SELECT count(*) FROM layer GROUP BY name HAVING count(*) > 1",
    "a package of no layer": "SELECT id FROM package EXCEPT SELECT package FROM layer_package",
    "a change of no layer": "SELECT layer FROM layer_package EXCEPT SELECT id FROM layer",
    "a change by no package": "SELECT package FROM layer_package EXCEPT SELECT id FROM package",
    "two packages that are the same": """SELECT count(*) FROM package
        GROUP BY ecosystem, name, version, arch, source, source_version, module HAVING count(*) > 1""",
    "a fix of no vulnerability": """SELECT f.vulnerability FROM vulnerability_fix f WHERE NOT EXISTS
        (SELECT 1 FROM vulnerability v WHERE v.id = f.vulnerability AND v.current = f.current)""",
    "two current states": "SELECT count(*) FROM vulnerability WHERE current = 1 GROUP BY key HAVING count(*) > 1",
    "a notification of nothing": """SELECT n.id FROM notification n WHERE (n.old_vulnerability = 0 AND n.new_vulnerability = 0)
        OR (n.old_vulnerability <> 0 AND NOT EXISTS (SELECT 1 FROM vulnerability v WHERE v.id = n.old_vulnerability))
        OR (n.new_vulnerability <> 0 AND NOT EXISTS (SELECT 1 FROM vulnerability v WHERE v.id = n.new_vulnerability))""",
    "two notifications of one change": """SELECT count(*) FROM notification
        GROUP BY old_vulnerability, new_vulnerability HAVING count(*) > 1""",
    "a number that is not yet given out": """SELECT id FROM (SELECT id FROM notification UNION ALL SELECT id FROM vulnerability) AS a
        WHERE id > (SELECT value FROM counter WHERE id = 1)""",
}


class Engine:
    def check(self):
        for what, sql in CONSISTENT.items():
            assert self.rows(sql) == [], what


class Sqlite(Engine):
    name = "sqlite"

    def __init__(self, cache):
        self.cache = cache
        self.config = "{type: sqlite}"

    @staticmethod
    def text(column):
        return "CAST(%s AS TEXT)" % column

    def rows(self, sql):
        """Of a copy, so that it is the service that puts the file in order after a kill."""
        with tempfile.TemporaryDirectory() as folder:
            for end in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(os.path.join(self.cache, "service.db" + end), os.path.join(folder, "db" + end))
            with contextlib.closing(sqlite3.connect(os.path.join(folder, "db"))) as db:
                return [tuple("" if v is None else str(v) for v in row) for row in db.execute(sql)]

    def do(self, sql):
        """While no instance runs."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.cache, "service.db"))) as db, db:
            db.execute(sql)

    def check(self):
        assert self.rows("PRAGMA integrity_check") == [("ok",)]
        super().check()

    def fresh(self):
        """An empty database."""
        shutil.rmtree(self.cache, ignore_errors=True)


class Server:
    """A PostgreSQL server: its end, by whatever signal, and its new start."""

    numbers = itertools.count(1)

    def __init__(self, source, pid, script):
        self.settings = dict(word.split("=", 1) for word in source.split())
        self.pid, self.script = int(pid), script
        instance.EXPECTED.add(self.pid)

    def psql(self, database, sql):
        settings = self.settings
        command = ["psql", "-X", "-A", "-t", "-F", "\t", "-q", "-v", "ON_ERROR_STOP=1", "-h", settings["host"], "-p", settings["port"],
                   "-U", settings["user"], "-d", database, "-c", sql]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30,
                              env={**os.environ, "PGPASSWORD": settings["password"], "PGOPTIONS": "-c search_path=limpid"})
        assert done.returncode == 0, done.stderr
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def reap(self):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        time.sleep(0.02)

    def stop(self, number=signal.SIGQUIT):
        """SIGQUIT: an immediate shutdown, after which it recovers as from a crash."""
        os.kill(self.pid, number)
        while self.pid in instance.children():
            self.reap()
        instance.EXPECTED.discard(self.pid)

    def start(self):
        subprocess.run([self.script], check=True, timeout=60)
        with open(os.path.join(os.path.dirname(self.script), "data", "postmaster.pid"), encoding="ascii") as file:
            self.pid = int(file.readline())
        instance.EXPECTED.add(self.pid)


class Postgres(Engine):
    name = "postgres"

    def __init__(self, server, cache):
        self.server, self.cache = server, cache
        self.fresh()

    @staticmethod
    def text(column):
        return "convert_from(%s, 'UTF8')" % column

    def fresh(self):
        self.database = "test%d" % next(Server.numbers)
        self.server.psql("postgres", "CREATE DATABASE %s" % self.database)
        source = {**self.server.settings, "dbname": self.database}
        self.config = "{type: pgsql, source: '%s'}" % " ".join("%s=%s" % item for item in source.items())

    def rows(self, sql):
        return self.server.psql(self.database, sql)

    def do(self, sql):
        self.server.psql(self.database, sql)
