"""The command line: what is printed where, and how it ends.

Each folder of cases/ is one case: `cmd` has the commands, `stdout`, `stderr` and `status` what they
have to give. tools/bless writes these anew; that diff is reviewed like code. Commands are run in a
folder with the files that files.py makes, one after the other:

  limpid ARGUMENT…     arguments are split as a shell does, nothing is expanded
  NAME=VALUE limpid …  with a variable
  limpid … < FILE      with standard input
  cat FILE             a file that the commands before wrote
"""

import os
import re
import shlex
import shutil

import files
import program
import pytest

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
BLESS = os.environ.get("LIMPID_BLESS") == "1"
NAMES = sorted(os.listdir(CASES))

# 2024-01-03: advisories and reports have the same date whenever the test is run
NOW = {"SOURCE_DATE_EPOCH": "1704240000", "TZ": "UTC"}
# when the store was filled: the clock's time, as it should be
FETCHED = re.compile(r"\b20(?!24)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
GENERATION = re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files, and a store; copied for each case, since commands may write."""
    folder = tmp_path_factory.mktemp("files")
    files.make(str(folder))
    cache = tmp_path_factory.mktemp("cache")
    feeds = tmp_path_factory.mktemp("feeds")
    program.make_feeds(str(feeds))
    done = program.run("update", "--from", feeds, cache=str(cache), **NOW)
    assert done.status == 0, done
    return folder, cache


def neutral(text, version):
    """What differs from run to run and from release to release."""
    text = FETCHED.sub("FETCHED", GENERATION.sub("GENERATION", text))
    return text.replace(f'"version": "{version}"', '"version": "VERSION"')


def execute(line, folder, cache):
    words = shlex.split(line)
    if words[0] == "cat":
        with open(os.path.join(folder, words[1]), encoding="utf-8", newline="") as file:
            return file.read(), "", 0
    variables = dict(NOW)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    stdin = None
    if "<" in words:
        at = words.index("<")
        stdin = open(os.path.join(folder, words[at + 1]), "rb")
        words[at : at + 2] = []
    assert words.pop(0) == "limpid", line
    done = program.run(*words, cache=cache, cwd=folder, stdin=stdin, **variables)
    if stdin:
        stdin.close()
    return done.text, "".join(line + "\n" for line in done.lines), int(done.status)


@pytest.mark.parametrize("name", NAMES)
def test_output_and_status_are_as_they_were(name, made, tmp_path):
    folder, cache = tmp_path / "files", tmp_path / "cache"
    shutil.copytree(made[0], folder, symlinks=True)
    shutil.copytree(made[1], cache)
    version = program.run("version", cache=str(cache)).text.split()[1]
    with open(os.path.join(CASES, name, "cmd"), encoding="utf-8") as file:
        commands = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    found = {"stdout": "", "stderr": "", "status": ""}
    for line in commands:
        out, err, status = execute(line, str(folder), str(cache))
        found["stdout"] += neutral(out, version)
        found["stderr"] += neutral(err, version)
        found["status"] += f"{status}\n"
    for part, text in found.items():
        path = os.path.join(CASES, name, part)
        if BLESS:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        with open(path, encoding="utf-8", newline="") as file:
            assert text == file.read(), f"{part} of '{name}' differs; tools/bless rewrites it"
