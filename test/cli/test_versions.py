"""compare-versions: every list of versions through the program, and random pairs against the ecosystems' own tools where
they are installed (Debian: ruby, php-cli, elixir, libalpm13, python3-packaging, node-semver)."""

import ctypes.util
import os
import random
import shutil
import subprocess

import program
import pytest

SCHEMES = "deb rpm apk alpm pypi npm semver maven gem go nuget composer hex pub".split()
PAIRS = 5000

# Lines on which the ecosystem's own tool says otherwise (docs/versions.md).
REFUTED = {
    ("alpm", "1.0.0alpha", "1.0.0"),
    ("alpm", "1.0.0~rc1", "1.0.0"),
    ("maven", "1-1", "1-ga-1"),
    ("maven", "2.0.a", "2-1"),
}


def compare(scheme, pairs, cache):
    text = "".join(f"{a}\t{b}\n" for a, b in pairs)
    done = program.run("compare-versions", scheme, cache=cache, stdin=text.encode())
    assert done.status == 0, done
    return [int(line) for line in done.text.split()]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_line_of_a_list(scheme, cache):
    path = os.path.join(program.SHARED, "versions", f"{scheme}.tsv")
    if not os.path.exists(path):
        pytest.skip("LIMPID_SHARED is absent: no lists of versions")
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    rows = [row for row in rows if (scheme, row[0], row[1]) not in REFUTED]
    orders = compare(scheme, [row[:2] for row in rows], cache)
    assert [row for row, order in zip(rows, orders) if int(row[2]) != order] == []


def test_help_names_every_scheme(cache):
    text = program.run("compare-versions", "--help", cache=cache).text
    assert [scheme for scheme in SCHEMES if f"\n  {scheme} " not in text] == []


# What versions are made of, for each tool.
PIECES = {
    "alpm": "0 1 2 10 01 . . - _ + : ~ a b rc",
    "pypi": "0 1 2 10 . . - _ ! + a b rc c alpha beta pre preview post rev r dev v .0",
    "npm": "0 1 2 10 . - + a b rc Z",
    "gem": "0 1 2 10 . . . - a b rc pre .0",
    "composer": "0 1 2 10 . . - _ a b RC rc alpha beta pl p dev +",
    "hex": "0 1 2 10 . - + a b rc Z",
}


def version(rng, pieces, triple):
    numbers = rng.randint(1, 4) if not triple else 3
    text = ".".join(str(rng.choice([0, 0, 1, 1, 2, 10])) for _ in range(numbers))
    if rng.random() < 0.7:
        text += rng.choice(["-"] if triple else ["-", ".", ""])
        text += "".join(rng.choice(pieces) for _ in range(rng.randint(1, 4)))
    return text


def random_pairs(scheme):
    rng, pieces = random.Random(scheme), PIECES[scheme].split()
    triple = scheme in ("npm", "hex")
    pairs = []
    while len(pairs) < PAIRS:
        a, b = version(rng, pieces, triple), version(rng, pieces, triple)
        if rng.random() < 0.4:  # the same but for a piece
            at = rng.randint(0, len(a))
            b = a[:at] + rng.choice(pieces) + a[at + rng.randint(0, 1) :]
        # signs at an end, and before a release, are what the schemes' files call out of order
        loose = scheme in ("alpm", "composer")
        if not loose or all(v and v[0].isalnum() and v[-1].isalnum() and not any(c + "-" in v for c in "._+:~-") for v in (a, b)):
            pairs.append((a, b))
    return pairs


def by_script(command, pairs):
    text = "".join(f"{a}\t{b}\n" for a, b in pairs)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return [None if word == "X" else int(word) for word in done.stdout.split()]


def by_tool(name, *arguments):
    def answers(pairs):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        return by_script([name, *arguments], pairs)

    return answers


def by_packaging(pairs):
    versions = pytest.importorskip("packaging.version", reason="python3-packaging is not installed")

    def one(a, b):
        try:
            left, right = versions.Version(a), versions.Version(b)
        except versions.InvalidVersion:
            return None
        return (left > right) - (left < right)

    return [one(a, b) for a, b in pairs]


def by_libalpm(pairs):
    name = ctypes.util.find_library("alpm")
    if name is None:
        pytest.skip("libalpm is not installed")
    vercmp = ctypes.CDLL(name).alpm_pkg_vercmp
    vercmp.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    orders = (vercmp(a.encode(), b.encode()) for a, b in pairs)
    return [(order > 0) - (order < 0) for order in orders]


def by_node(pairs):
    if shutil.which("node") is None or not os.path.isdir("/usr/share/nodejs/semver"):
        pytest.skip("node-semver is not installed")
    script = """const semver = require('/usr/share/nodejs/semver');
        for (const line of require('fs').readFileSync(0, 'utf8').split('\\n').slice(0, -1)) {
            const [a, b] = line.split('\\t');
            const fine = semver.valid(a) && semver.valid(b);
            console.log(fine ? semver.compare(a, b) : 'X');
        }"""
    return by_script(["node", "-e", script], pairs)


RUBY = """STDIN.each_line { |line|
    a, b = line.chomp.split("\\t", -1)
    puts(begin; Gem::Version.new(a) <=> Gem::Version.new(b); rescue ArgumentError; "X"; end) }"""
PHP = """while (($line = fgets(STDIN)) !== false) {
    [$a, $b] = explode("\\t", rtrim($line, "\\n")); echo version_compare($a, $b), "\\n"; }"""
ELIXIR = """IO.stream(:stdio, :line) |> Enum.each(fn line ->
    [a, b] = String.split(String.trim_trailing(line, "\\n"), "\\t")
    IO.puts(try do Map.get(%{lt: "-1", eq: "0", gt: "1"}, Version.compare(a, b)) rescue _ -> "X" end) end)"""

TOOLS = {
    "alpm": by_libalpm,
    "pypi": by_packaging,
    "npm": by_node,
    "gem": by_tool("ruby", "-e", RUBY),
    "composer": by_tool("php", "-r", PHP),
    "hex": by_tool("elixir", "-e", ELIXIR),
}


@pytest.mark.parametrize("scheme", TOOLS)
def test_random_versions_as_their_own_tool_orders_them(scheme, cache):
    pairs = random_pairs(scheme)
    wanted = TOOLS[scheme](pairs)
    assert len(wanted) == len(pairs)
    differ = [
        (pair, order, want)
        for pair, order, want in zip(pairs, compare(scheme, pairs, cache), wanted)
        if want is not None and order != want
    ]
    assert differ == []
    assert sum(want is not None for want in wanted) > PAIRS / 10
