#!/usr/bin/env python3
"""The command line as scripts see it: exit statuses, what goes to which stream, files, variables.
Runs limpid with operations made by hand (fake_ops.c): SOURCE is one of its words.

    program_test.py LIMPID SCHEMA_DIR"""

import json
import os
import pty
import select
import shutil
import stat
import subprocess
import sys
import tempfile

LIMPID, SCHEMAS = map(os.path.abspath, sys.argv[1:])
number = failed = 0
here = tempfile.mkdtemp(prefix="limpid-cli-")
clean_env = {k: v for k, v in os.environ.items() if not k.startswith("LIMPID_")}


class Run:
    def __init__(self, *words, env=None, stdin=b"", **more):
        more.setdefault("stdout", subprocess.PIPE)
        done = subprocess.run([LIMPID, *words], input=stdin, stderr=subprocess.PIPE, cwd=here,
                              env={**clean_env, **(env or {})}, check=False, timeout=20, **more)
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr.decode()


def case(name, *held, why=""):
    global number, failed
    number += 1
    good = all(held)
    failed += not good
    print("ok" if good else "not ok", number, "-", name)
    if not good:
        print("#", held, why)


def path(name):
    return os.path.join(here, name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def write(name, text):
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(text)


def one_line(text):
    return text.startswith("limpid: ") and text.count("\n") == 1


def statuses():
    table = [
        (0, "scan findings"),
        (0, "scan clean"),
        (0, "inventory findings"),
        (1, "scan --fail-on high findings"),
        (1, "scan --fail-on critical clean findings"),
        (0, "scan --fail-on high clean"),
        (7, "scan --fail-on high --exit-code 7 findings"),
        (0, "scan --fail-on high --exit-code 0 findings"),
        (5, "scan --exit-code 5 findings"),
        (0, "scan --exit-code 5 clean"),
        (0, "scan --exit-code 5 ignored"),
        (0, "scan --exit-code 0 findings"),
        (2, ""),
        (2, "scann x"),
        (2, "--wrong"),
        (2, "scan"),
        (2, "scan --wrong findings"),
        (2, "scan --format xml findings"),
        (2, "scan --severity wrong findings"),
        (2, "scan --fail-on wrong findings"),
        (2, "scan --exit-code 256 findings"),
        (2, "scan --parallel 0 findings"),
        (2, "scan --ignorefile /nonexistent findings"),
        (2, "scan -o / findings"),
        (2, "scan -o json= findings"),
        (2, "scan -o json -o tsv findings"),
        (2, "inventory --severity high findings"),
        (2, "scan usage"),
        (2, "update extra"),
        (2, "update --feed nonsense"),
        (2, "bundle"),
        (2, "bundle export"),
        (2, "bundle send file"),
        (2, "compare-versions"),
        (2, "compare-versions deb 1"),
        (2, "compare-versions nonsense 1 2"),
        (2, "help nonsense"),
        (3, "scan missing"),
        (3, "scan limit"),
        (3, "scan --fail-on high findings missing"),
        (3, "scan missing usage"),
        (2, "scan findings usage --fail-on high"),
        (3, "scan -o /nonexistent/file findings"),
        (3, "inventory missing"),
        (3, "update --from nowhere"),
        (3, "bundle import file"),
        (0, "bundle import --allow-older file"),
        (0, "bundle export file"),
        (0, "advisory cve-2014-0160"),
        (0, "advisory --format json x"),
        (3, "advisory CVE-1"),
        (2, "advisory"),
        (2, "advisory a b"),
        (2, "scan --sort wrong findings"),
        (0, "scan --sort risk findings"),
        (1, "scan --fail-on kev findings"),
        (1, "scan --fail-on epss>=0.9 findings"),
        (0, "scan --fail-on epss>0.95 findings"),
        (0, "scan --fail-on kev clean"),
        (0, "status"),
        (0, "update"),
        (0, "help"),
        (0, "--help"),
        (0, "--version"),
        (0, "scan --help"),
        (0, "help scan"),
        (0, "compare-versions deb 1 2"),
        (77, "--worker"),
    ]
    for want, words in table:
        run = Run(*words.split())
        case(f"'limpid {words}' ends with {want}", run.status == want, why=run.err)
        if want in (2, 3):
            notice = "limpid: Landlock is not in this kernel\n"
            rest = run.err.replace(notice, "")
            case(f"'limpid {words}' says why on standard error", rest.startswith("limpid: "), why=rest)


def messages():
    run = Run("scan", "--format", "xml", "x")
    case("a usage error is one line that names the option, what it accepts, and where to read on",
         run.err == "limpid: scan: --format: 'xml' is not one of table|json|tsv; "
                    "see limpid scan --help\n", why=run.err)
    run = Run("scan", "-q", "limit")
    case("a failure is one line with its hint",
         run.err == "limpid: cannot scan 'limit': 513 layers, the limit is 512; raise the limit\n",
         why=run.err)
    run = Run("scan", "-q", "--ignore", "x", "mis\x1b[31msing\n")
    case("what was typed is escaped in messages", one_line(run.err), "\x1b" not in run.err)
    case("a command that is nearly one is suggested", "'scan'" in Run("scna").err)
    run = Run("scan", "clean", "clean")
    case("a notice is said once", run.err == "limpid: Landlock is not in this kernel\n", why=run.err)
    case("--quiet says nothing", Run("scan", "-q", "clean").err == "")
    run = Run("scan", "-q", "-v", "findings")
    case("-v tells how layers were read", "known, verified" in run.err, "read, not" in run.err)
    case("--timings tells how long it took", " took " in Run("scan", "--timings", "clean").err)
    run = Run("scan", "-f", "tsv", "incomplete")
    case("what TSV cannot say stands on standard error", "page 3 of 9" in run.err)
    run = Run("update")
    case("update ends with the line that scripts wait for",
         run.err.splitlines()[-1] == "limpid: updater: update finished",
         b"debian: 12 advisories, 10 before" in run.out, b"\\x1b[31m404" in run.out)
    case("notes of a feed are counted, and shown with -v", b"2 notes (-v shows them)" in run.out,
         b"\n  left out: 3 odd rows\n" in Run("update", "-v").out)
    run = Run("update", "-q")
    case("update --quiet tells failures alone", run.out == b"", "'osv'" in run.err,
         "finished" not in run.err)


def streams():
    run = Run("scan", "-f", "tsv", "findings", "-s", "critical", "-q")
    case("--severity shows what it names", run.out.count(b"\n") == 2, b"high" not in run.out)
    run = Run("scan", "-f", "tsv", "findings", "--ignore-unfixed")
    case("--ignore-unfixed leaves what has a fix", run.out.count(b"\n") == 2)
    run = Run("scan", "-f", "tsv", "--ignore", "cve-2014-0160", "--ignore=CVE-2015-0235", "findings")
    case("--ignore may be repeated", run.out.count(b"\n") == 1)
    run = Run("scan", "-f", "tsv", "--input", "findings", "clean")
    case("--input names a SOURCE too", run.out.count(b"\n") == 6)
    with open("/dev/full", "wb") as full:
        run = Run("scan", "-q", "findings", stdout=full)
    case("a full disk is an error", run.status == 3, "No space left" in run.err)
    reader, writer = os.pipe()
    os.close(reader)
    run = Run("scan", "-q", "findings", stdout=writer)
    os.close(writer)
    case("a reader that went away is one without a word", run.status == 3, run.err == "")
    run = subprocess.run(["sh", "-c", '"$0" scan -q findings >&-', LIMPID], check=False,
                         stderr=subprocess.PIPE, env=clean_env)
    case("a closed standard output is an error", run.returncode == 3, run.stderr != b"")
    run = Run("scan", "-q", "--no-progress", "findings")
    case("no colour where there is no terminal", b"\x1b" not in run.out)


def advisories():
    run = Run("advisory", "cve-2014-0160")
    text = run.out.decode()
    case("an advisory begins with its name", text.startswith("CVE-2014-0160\n  also       GHSA-aaaa"), why=text)
    case("escapes what publishers wrote", b"\x1b" not in run.out, "ignored\\x0a: minor" in text, why=text)
    case("bounds the versions", "fixed         >= 1.0, < 1.0.1g-1\n" in text,
         "will not fix  all" in text, "not affected  none\n" in text, "no fix yet    <= 2\n" in text, why=text)
    case("names what a row is limited to", "nodejs of nodejs:18 on x86_64 in pro" in text, why=text)
    case("has no section for what stands in the head", "feed kev" not in text, why=text)
    run = Run("advisory", "CVE-1")
    case("nothing known is one clear line", run.err == "limpid: nothing is known of 'CVE-1'\n",
         run.out == b"", why=run.err)


def files():
    run = Run("scan", "-q", "-f", "json", "-o", "a.json", "findings")
    case("-o writes the file and nothing to standard output", run.out == b"",
         json.loads(read("a.json"))["kind"] == "scan")
    run = Run("scan", "-q", "-f", "table", "-o", "json=b.json", "-o", "tsv=b.tsv", "findings")
    case("several formats at once", run.out.startswith(b"findings: "), read("b.json") == read("a.json"),
         read("b.tsv").startswith(b"deb\tbash\t"))
    run = Run("scan", "-q", "-o", "json=c.json", "findings")
    case("FORMAT=FILE alone leaves standard output empty", run.out == b"", read("c.json") != b"")
    run = Run("scan", "-q", "-o", "json", "findings")
    case("-o FORMAT is that format on standard output", run.out == read("a.json"))
    run = Run("scan", "-q", "-o", "sarif=y", "findings")
    case("a word before '=' that is no format is a wrong command line", run.status == 2,
         "no format 'sarif'" in run.err, not os.path.exists(path("sarif=y")))
    run = Run("scan", "-q", "-o", "./x=y", "findings")
    case("a path before '=' belongs to the name", read("x=y").startswith(b"findings: "))
    write("old.json", "old")
    run = Run("scan", "-q", "-f", "json", "-o", "old.json", "missing")
    case("a scan that fails leaves the old file", run.status == 3, read("old.json") == b"old")
    os.symlink("old.json", path("link.json"))
    Run("scan", "-q", "-f", "json", "-o", "link.json", "findings")
    case("a link stays one, its target is replaced", os.path.islink(path("link.json")),
         read("old.json") == read("a.json"))
    run = Run("scan", "-q", "-f", "json", "-o", "/dev/stdout", "findings")
    case("a device is written as it is", run.out == read("a.json"))
    os.umask(0o027)
    Run("scan", "-q", "-f", "json", "-o", "mode.json", "findings")
    case("the umask is kept", stat.S_IMODE(os.stat(path("mode.json")).st_mode) == 0o640)
    os.umask(0o022)
    run = Run("scan", "-q", "-f", "json", "-o", "many.json", "findings", "missing", "clean")
    many = json.loads(read("many.json"))
    case("several SOURCEs are one document, with what failed", run.status == 3,
         [r["image"]["source"] for r in many["results"]] == ["findings", "clean"],
         [f["source"] for f in many["failures"]] == ["missing"])
    run = Run("scan", "-q", "-f", "json", "missing", "limit")
    case("nothing but failures is a document too", json.loads(run.out)["results"] == [])
    left = [name for name in os.listdir(here) if ".limpid-" in name]
    case("no temporary file is left behind", left == [], why=left)


def variables():
    run = Run("scan", "-q", "findings", env={"LIMPID_FORMAT": "tsv"})
    case("LIMPID_FORMAT is --format", run.out.startswith(b"deb\t"))
    run = Run("scan", "-q", "-f", "table", "findings", env={"LIMPID_FORMAT": "tsv"})
    case("a flag wins over its variable", run.out.startswith(b"findings"))
    run = Run("scan", "-q", "findings", env={"LIMPID_FAIL_ON": "high", "LIMPID_EXIT_CODE": "9"})
    case("rules can come from variables", run.status == 9)
    run = Run("scan", "findings", env={"LIMPID_FORMAT": "xml"})
    case("a wrong variable is named", run.status == 2, "LIMPID_FORMAT" in run.err)
    run = Run("scan", "-q", "-f", "tsv", "findings", env={"LIMPID_IGNORE": "CVE-2014-0160,CVE-2015-0235"})
    case("a list has commas", run.out.count(b"\n") == 1)


def ignorefiles():
    write(".trivyignore", "# accepted\nCVE-2014-0160 exp:2999-01-01\n")
    run = Run("scan", "-q", "-f", "tsv", "findings")
    case(".trivyignore of this folder counts", b"CVE-2014-0160" not in run.out)
    write(".limpidignore", "CVE-2015-0235\n")
    run = Run("scan", "-q", "-f", "tsv", "findings")
    case("so does .limpidignore, beside it", run.out.count(b"\n") == 1)
    write("mine", "CVE-2014-6271\n")
    run = Run("scan", "-q", "-f", "tsv", "--ignorefile", "mine", "findings")
    case("--ignorefile is read instead of both", run.out.count(b"\n") == 5)
    write(".trivyignore", "CVE-2014-0160 exp:2001-01-01\n")
    run = Run("scan", "-f", "tsv", "findings")
    case("an entry that has expired does not count, and that is said",
         b"CVE-2014-0160" in run.out, "expired" in run.err)
    write(".trivyignore", "CVE-1 exp:soon\n")
    run = Run("scan", "findings")
    case("a broken entry is a usage error", run.status == 2, "line 1" in run.err)
    os.unlink(path(".trivyignore"))
    os.unlink(path(".limpidignore"))


def comparisons():
    run = Run("compare-versions", "deb", stdin=b"a\tb\nb\ta\na\ta\n")
    case("lines of versions are compared", run.out == b"-1\n1\n0\n", run.status == 0)
    run = Run("compare-versions", "deb", stdin=b"a\tb\nb\ta")
    case("the last line may lack its end", run.out == b"-1\n1\n")
    case("no line, no result", Run("compare-versions", "deb").out == b"")
    run = Run("compare-versions", "deb", stdin=b"a\tb\nab\n")
    case("a line without a tab is named", run.status == 3, "line 2" in run.err, run.out == b"-1\n")
    run = Run("compare-versions", "deb", stdin=b"a\tb\n" * 100000)
    case("many lines are many results", run.out == b"-1\n" * 100000)
    run = Run("compare-versions", "deb", stdin=b"a" * 3000000)
    case("a line over the limit is an error", run.status == 3, "limit" in run.err)
    run = Run("compare-versions", "deb", "--", "-1", "-2")
    case("versions may begin with '-' after --", run.out == b"-1\n")


def schemas():
    try:
        import jsonschema
        validator = jsonschema.Draft202012Validator
    except (ImportError, AttributeError):
        case("reports follow their schemas # SKIP no jsonschema with draft 2020-12")
        return
    sources = ["findings", "nasty", "clean", "empty", "unknown", "uncovered", "incomplete", "root", "ignored"]
    for kind in "scan", "inventory":
        with open(os.path.join(SCHEMAS, kind + ".schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        validator.check_schema(schema)
        checks = validator(schema)
        for words in [[s] for s in sources] + [sources + ["missing"], ["missing", "limit"]]:
            run = Run(kind, "-q", "-f", "json", *words)
            errors = [e.message[:200] for e in checks.iter_errors(json.loads(run.out))]
            case(f"{kind} of {' '.join(words)} follows its schema", not errors, why=errors)
            again = Run(kind, "-q", "-f", "json", *words)
            case(f"{kind} of {' '.join(words)} gives the same bytes again", run.out == again.out)
        broken = json.loads(Run(kind, "-q", "-f", "json", "findings").out)
        broken["surprise"] = 1
        case(f"the schema of {kind} refuses what it does not know", not checks.is_valid(broken))
    with open(os.path.join(SCHEMAS, "advisory.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    validator.check_schema(schema)
    document = json.loads(Run("advisory", "-f", "json", "cve-2014-0160").out)
    errors = [e.message[:200] for e in validator(schema).iter_errors(document)]
    case("an advisory follows its schema", not errors, why=errors)


def terminals():
    try:
        master, slave = pty.openpty()
    except OSError as error:
        global number
        number += 1
        print(f"ok {number} - a terminal gets colours # SKIP {error}")
        return
    child = subprocess.Popen([LIMPID, "scan", "-q", "findings"], stdout=slave, stderr=subprocess.DEVNULL,
                             env={**clean_env, "TERM": "xterm"}, cwd=here)
    os.close(slave)
    text = b""
    while select.select([master], [], [], 10)[0]:
        try:
            got = os.read(master, 4096)
        except OSError:
            break
        if not got:
            break
        text += got
    child.wait()
    case("a terminal gets colours", b"\x1b[1;31mcritical" in text, why=text[:300])


for part in (statuses, messages, streams, advisories, files, variables, ignorefiles, comparisons, schemas,
             terminals):
    part()
shutil.rmtree(here)
print(f"1..{number}")
sys.exit(failed > 0)
