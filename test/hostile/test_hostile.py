"""Every hostile input: the outcome is one that is right for it, what has to be listed is listed, and
nothing leaks, hangs, crashes, grows, connects or writes."""

import concurrent.futures
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

import program
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
BOMB_GIB = int(os.environ.get("LIMPID_HOSTILE_BOMB_GIB", "1"))
SEED = os.environ.get("LIMPID_HOSTILE_SEED", "1")
KINDS = os.environ.get("LIMPID_HOSTILE_KINDS")
KEEP = os.environ.get("LIMPID_HOSTILE_KEEP")
OUTCOMES = os.environ.get("LIMPID_HOSTILE_OUTCOMES")

# C0 but for the line end, DEL, C1, what reverses or separates lines
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
# scan says so where an inventory is no error
NOT_JUDGED = re.compile("nothing to judge|no advisories for")


def generate(out, port):
    command = [sys.executable, "-B", os.path.join(HERE, "gen-hostile"), out, "--seed", SEED]
    command += ["--trap-port", str(port), "--bomb-gib", str(BOMB_GIB)]
    command += ["--kinds", KINDS] if KINDS else []
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, "manifest.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Disturber:
    """What happens to a file while it is scanned: see hostile/folders.py."""

    def __init__(self, special, path, out):
        self.how, _, self.file = (special or "").partition(" ")
        self.path = os.path.join(path, self.file) if self.file else path
        self.out = out
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.disturb) if self.how in ("grow", "swap", "rewrite", "truncate", "replace") else None
        self.user = pwd.getpwnam("nobody").pw_uid if self.how == "unreadable" and os.getuid() == 0 else None

    def disturb(self):
        aside = self.path + ".aside"
        while not self.stop.is_set():
            if self.how == "grow":
                with open(self.path, "ab") as file:
                    file.write(b"Package: grown\nStatus: install ok installed\nVersion: 1\n\n" * 10)
            elif self.how == "swap":
                os.rename(self.path, aside)
                os.symlink(os.path.join(self.out, "canary-status"), self.path)
                os.unlink(self.path)
                os.rename(aside, self.path)
            elif self.how == "replace":
                shutil.copyfile(self.path, aside)
                os.rename(aside, self.path)
            else:
                with open(self.path, "r+b") as file:
                    size = os.path.getsize(self.path)
                    content = file.read()
                    if self.how == "truncate":
                        file.truncate(size // 2)
                    else:
                        file.seek(size // 2)
                        file.write(b"\xff" * 4096)
                    file.seek(0)
                    file.write(content)

    def __enter__(self):
        if self.thread:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        if self.thread:
            self.thread.join()


class Hostile:
    """All cases, run once, two at a time; what was wrong with each."""

    def __init__(self, folder):
        self.folder = folder
        self.out = os.path.join(folder, "hostile")
        self.cwd = os.path.join(folder, "cwd")
        self.cache = os.path.join(folder, "store")
        os.mkdir(self.cwd)
        self.trap = socket.create_server(("127.0.0.1", 0))
        self.trap.setblocking(False)
        self.cases = generate(self.out, self.trap.getsockname()[1])
        program.make_store(self.cache)

    def run_all(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for case, found in zip(self.cases, pool.map(self.run, self.cases)):
                case["outcome"], case["problems"], case["took"] = found
        failed = {case["family"] for case in self.cases if case["control"] and case["problems"]}
        for case in self.cases:
            if case["family"] in failed and not case["control"]:
                case["problems"].insert(0, f"a control of {case['family']} failed: this case says nothing")

    def run(self, case):
        path = os.path.join(self.out, case["file"])
        problems = []
        with Disturber(case["special"], path, self.out) as disturber:
            file = tempfile.NamedTemporaryFile(dir=self.folder, suffix=".tsv", delete=False)
            file.close()
            os.unlink(file.name)
            options = {"cache": self.cache, "cwd": self.cwd, "timeout": 10 * case["seconds"], "user": disturber.user}
            also = [] if disturber.user else ["-o", f"tsv={file.name}"]
            inventory = program.run("inventory", "--no-cache", "--format", "json", *also, path, **options)
            outcome, document = self.check(case, inventory, problems, "inventory")
            if disturber.user is None:
                self.check_tsv(file.name, outcome, problems)
                scan = program.run("scan", "--format", "json", "-o", f"table={file.name}", path, **options)
                scanned, _ = self.check(case, scan, problems, "scan")
                self.check_table(case, file.name, problems)
                if scanned == "partial" and outcome == "ok":
                    outcome = "partial"
                elif scanned == "clear-error" and outcome != scanned:
                    if NOT_JUDGED.search(scan.err.decode("utf-8", "replace")):
                        outcome = "partial"
                    elif not case["special"]:
                        problems.append(f"inventory is {outcome}, scan {scan}")
                elif scanned != "clear-error" and outcome == "clear-error" and not case["special"]:
                    problems.append(f"inventory is an error, scan {scanned}: {inventory}")
        if outcome not in case["expect"]:
            problems.append(f"outcome {outcome}, expected {' or '.join(case['expect'])}: {inventory}")
        if document is not None:
            listed = {(p["ecosystem"], p["name"], p["version"]) for p in document["packages"]}
            problems += [f"not listed: {p}" for p in map(tuple, case["packages"]) if p not in listed]
            problems += [f"listed: {p}" for p in map(tuple, case["absent"]) if p in listed]
        elif "clear-error" in case["expect"] and case["says"] and inventory.status == 3:
            message = inventory.lines[0] if inventory.lines else ""
            if not re.search(case["says"], message.replace(path, "PATH")):
                problems.append(f"the message says no {case['says']!r}: {message!r}")
        return outcome, problems, (inventory.cpu, inventory.mb)

    def check(self, case, done, problems, what):
        """Of one run: its outcome, and its JSON where there is some."""
        if done.status < 0:
            problems.append(f"{what}: signal {signal.Signals(-int(done.status)).name}{', after a time limit' if done.timed_out else ''}: {done}")
        if b"worker ended" in done.err or b"worker failed" in done.err:
            problems.append(f"{what}: the worker died: {done}")
        if done.orphans:
            problems.append(f"{what}: {done.orphans:.0f} processes outlived it")
        slack = 10 if program.SANITIZED else 1
        if done.cpu > case["seconds"] * slack:
            problems.append(f"{what}: {done.cpu:.1f} s of CPU, at most {case['seconds']}")
        if done.mb > case["mb"] and not program.SANITIZED:
            problems.append(f"{what}: {done.mb:.0f} MB, at most {case['mb']}")
        for text in case["forbidden"]:
            # the token may be part of no output; the path of the case may have the canary's name
            if text.encode() in done.out or text.encode() in done.err:
                problems.append(f"{what}: leaks {text!r}")
        error_text = done.err.decode("utf-8", "replace")
        if CONTROL.search(error_text):
            problems.append(f"{what}: control characters on standard error: {done.err[:500]!r}")
        if any(not line.startswith("limpid: ") for line in done.lines):
            problems.append(f"{what}: a line that is not limpid's: {done.lines}")
        # a scan that could judge no package prints what it found, and ends with 3
        not_judged = what == "scan" and done.status == 3 and done.out
        if done.status == 0 or not_judged:
            try:
                document = json.loads(done.out)
            except ValueError as error:
                problems.append(f"{what}: no JSON: {error}")
                return "ok", None
            if not_judged and not document["incomplete"]:
                problems.append(f"{what}: ends with 3 and does not say why: {done}")
            # the releases in the cases are old: that says nothing of how the image was read
            reasons = [n for n in document["incomplete"] if "past its end of life" not in n["text"]]
            return ("partial" if reasons else "ok"), document
        if done.status > 0:
            if done.status not in (2, 3) or done.out or len(done.lines) != 1:
                problems.append(f"{what}: no clear error: {done}")
            return "clear-error", None
        return "crash", None

    def check_tsv(self, path, outcome, problems):
        if outcome in ("clear-error", "crash"):
            if os.path.exists(path):
                problems.append("a report was written though there is none")
                os.unlink(path)
            return
        with open(path, "rb") as file:
            content = file.read()
        os.unlink(path)
        rows = content.split(b"\n")
        if rows.pop() != b"" or any(row.count(b"\t") != 2 for row in rows):
            problems.append(f"TSV rows of other than three fields: {content[:300]!r}")
        if CONTROL.search(content.decode("utf-8", "replace").replace("\t", "")):
            problems.append("control characters in TSV")

    def check_table(self, case, path, problems):
        if not os.path.exists(path):
            return
        with open(path, "rb") as file:
            content = file.read()
        os.unlink(path)
        text = content.decode("utf-8", "replace")
        if CONTROL.search(text):
            problems.append(f"control characters in the table: {content[:300]!r}")
        if any(token.encode() in content for token in case["forbidden"]):
            problems.append("the table leaks")

    def connections(self):
        count = 0
        while True:
            try:
                self.trap.accept()[0].close()
                count += 1
            except BlockingIOError:
                return count


def outcome_table(cases):
    """kind → outcomes, and the most time and memory."""
    rows = {}
    for case in cases:
        row = rows.setdefault(case["kind"], {"ok": 0, "partial": 0, "clear-error": 0, "crash": 0, "wrong": 0, "cpu": 0.0, "mb": 0.0})
        row[case["outcome"]] += 1
        row["wrong"] += bool(case["problems"])
        row["cpu"] = max(row["cpu"], case["took"][0])
        row["mb"] = max(row["mb"], case["took"][1])
    lines = ["kind\tok\tpartial\tclear-error\tcrash\twrong\tseconds\tMB"]
    for kind, row in sorted(rows.items()):
        lines.append("\t".join([str(kind), *(str(row[k]) for k in ("ok", "partial", "clear-error", "crash", "wrong")), f"{row['cpu']:.2f}", f"{row['mb']:.0f}"]))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def hostile():
    folder = tempfile.mkdtemp(prefix="limpid-hostile-")
    os.chmod(folder, 0o755)
    try:
        found = Hostile(folder)
        found.run_all()
        table = outcome_table(found.cases)
        print(table)
        if OUTCOMES:
            with open(OUTCOMES, "w", encoding="utf-8") as file:
                file.write(table)
        yield found
        found.trap.close()
    finally:
        if not KEEP:
            subprocess.run(["rm", "-rf", folder], check=False)


def kinds():
    """Known without generating anything."""
    sys.path.insert(0, HERE)
    sys.dont_write_bytecode = True
    from hostile import ALL_KINDS

    return [0, *sorted(ALL_KINDS)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds())
def test_each_case_of_a_kind_has_a_right_outcome(hostile, kind):
    cases = [case for case in hostile.cases if case["kind"] == kind]
    if not cases:
        pytest.skip("not among LIMPID_HOSTILE_KINDS")
    wrong = [f"{case['file']}: {problem}" for case in cases for problem in case["problems"]]
    assert not wrong, f"{len(wrong)} problems in {len(cases)} cases:\n" + "\n".join(wrong[:200])


@pytest.mark.slow
def test_nothing_was_written_outside_and_nobody_connected(hostile):
    assert os.listdir(os.path.join(hostile.out, "escape")) == []
    assert os.listdir(hostile.cwd) == []
    assert hostile.connections() == 0


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(tmp_path):
    """Of the kinds that are quick to make, and of those that use random numbers."""
    digests = []
    for _ in range(2):
        # the paths in the cases are those of the folder: it has to be the same one
        out = tmp_path / "same"
        command = [sys.executable, "-B", os.path.join(HERE, "gen-hostile"), str(out), "--kinds", "1-3,15,24,34-35"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        digest = subprocess.run(f"find '{out}' -type f | sort | xargs sha256sum | sha256sum", shell=True, check=True, capture_output=True)
        digests.append(digest.stdout)
        shutil.rmtree(out)
    assert digests[0] == digests[1]
