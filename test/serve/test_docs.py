"""Every key that is read stands in the manual and in docs/serve.md."""

import os
import re
import subprocess

import program
import pytest


def keys():
    with open(os.path.join(program.SOURCE, "src", "server", "config.c"), encoding="utf-8") as file:
        rows = re.findall(r'^    \{"([a-z.-]+)", (KEY_\w+)', file.read(), re.M)
    return [name for name, kind in rows if kind != "KEY_SECTION" and name not in ("database", "database.options", "auth", "log", "notifier.http")]


@pytest.mark.parametrize("page", ["serve.md", "man/limpid.yaml.5.scd"])
def test_keys_are_documented(page):
    with open(os.path.join(program.SOURCE, "docs", page), encoding="utf-8") as file:
        text = file.read()
    assert len(keys()) > 40
    missing = [key for key in keys() if key not in text and "`.%s`" % key.rsplit(".", 1)[1] not in text]
    assert not missing


def kinds():
    with open(os.path.join(program.SOURCE, "src", "server", "config.c"), encoding="utf-8") as file:
        return dict(re.findall(r'^    \{"([a-z.-]+)", KEY_(\w+)', file.read(), re.M))


def table():
    """Key and default of each row of docs/serve.md."""
    with open(os.path.join(program.SOURCE, "docs", "serve.md"), encoding="utf-8") as file:
        rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in file if line.startswith("| ")]
        for names, default, *_ in rows:
            names = [name.strip("`") for name in re.findall(r"`[a-z.-]+`", names)]
            if not names or "." not in names[0] or names[0].split(".")[0] not in ("database", "api", "auth", "updater", "notifier", "log"):
                continue
            for name in names:
                whole = name if not name.startswith(".") else names[0].rsplit(".", 1)[0] + name
                yield whole, default
    yield "notifier.http.servername", ""


VALUES = {"TEXT": "/x", "BOOL": "true", "NUMBER": "7", "PORT": "7001", "DURATION": "90s", "LEASE": "90s", "LIST": "[one, two]", "LEVEL": "debug",
          "FORMAT": "json", "DIALECT": "2016", "DATABASE": "sqlite", "SANDBOX": "required", "IGNORED": "x"}
OTHERS = {"api.address": "127.0.0.2", "api.health-address": "'::1'", "auth.tokens": "[0123456789abcdef]",
          "notifier.http.endpoint": "https://hooks.example/", "api.paginationkey": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}


def check(folder, key, value, nested):
    text = value
    for word in reversed(("clair." if nested else "").split(".")[:-1] + key.split(".")):
        text = "{%s: %s}" % (word, text)
    (folder / "c.yaml").write_text(text)
    return subprocess.run([program.LIMPID, "serve", "-config", str(folder / "c.yaml"), "-check"], capture_output=True, text=True,
                          timeout=20, env=program.environment(str(folder / "cache")), check=False)


@pytest.mark.parametrize("nested", [False, True], ids=["2015", "2016"])
def test_every_key_that_is_documented_is_read(tmp_path, tls, nested):
    of, seen = kinds(), set()
    for key, default in table():
        seen.add(key)
        value = OTHERS.get(key, VALUES[of[key]])
        # what is nothing by itself
        if key in ("api.certfile", "api.keyfile", "auth.tokens-file"):
            assert check(tmp_path, key, value, nested).returncode == 2
            continue
        done = check(tmp_path, key, value, nested)
        ours = "api.cafile has no effect" if key == "api.cafile" else "as-recorded is set" if key == "api.as-recorded" else ""
        assert done.returncode == 0 and ours in done.stderr and done.stderr.count("\n") == bool(ours), (key, done)
        if of[key] in ("NUMBER", "PORT", "DURATION", "LEASE", "BOOL", "LEVEL", "SANDBOX", "DATABASE") and re.fullmatch(r"[\w.]+", default):
            assert check(tmp_path, key, default, nested).returncode == 0, (key, default)
        if of[key] in ("NUMBER", "PORT", "DURATION", "LEASE", "BOOL", "LEVEL", "FORMAT", "DIALECT", "SANDBOX", "DATABASE"):
            wrong = check(tmp_path, key, "nonsense", nested)
            assert wrong.returncode == 2 and key in wrong.stderr and "nonsense" in wrong.stderr, (key, wrong)
    assert seen == set(keys())


def test_the_manual_has_the_same_defaults():
    with open(os.path.join(program.SOURCE, "docs", "man", "limpid.yaml.5.scd"), encoding="utf-8") as file:
        manual = dict(re.findall(r"\*([a-z][a-z.-]+)\* \(([\w. ]+)\)", file.read()))
    assert len(manual) > 12
    for key, default in table():
        if key in manual:
            want = {"64 MiB": "67108864", "1024, no limit": "1024" if key == "api.connections" else "no limit"}.get(default, default)
            want = dict(zip(("api.port", "api.healthport"), default.split(", "))).get(key, want)
            assert manual[key] == want, key


def test_the_options_are_those_of_the_program():
    shown = subprocess.run([program.LIMPID, "serve", "--help"], capture_output=True, text=True, timeout=20, check=True,
                           env=program.environment("/nowhere")).stdout
    inner = os.path.join(program.BUILD, "src", "server", "limpid-serve")
    own = subprocess.run([inner, "-help"], capture_output=True, text=True, timeout=20, check=True).stdout
    words = set(re.findall(r"^ +--?([a-z-]+)", own, re.M))
    assert words and words <= set(re.findall(r"--([a-z-]+)", shown)), (words, shown)
