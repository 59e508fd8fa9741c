"""Scans of real images against real advisories, held against an oracle that shares no code with
limpid: the publisher's own document, and dpkg's own order of versions."""

import json
import os
import shutil
import subprocess

import program
import pytest

DEBIAN_FEED = "feeds/debian/derived-tracker-json"
ALPINE_FEED = "feeds/alpine/secdb-2020-06"
DEBIAN_IMAGES = ["debian-bookworm-slim.oci.tar", "debian-app-small.oci.tar", "distroless-debian12.tar.gz"]

COMPARE = "use Dpkg::Version; while (<STDIN>) { chomp; my ($a, $b) = split /\t/; print version_compare($a, $b), \"\\n\"; }"


@pytest.fixture(scope="module")
def real(shared, tmp_path_factory):
    """A store with Debian's and Alpine's advisories."""
    cache = str(tmp_path_factory.mktemp("store"))
    for feed, folder in (("debian", DEBIAN_FEED), ("alpine", ALPINE_FEED)):
        done = program.run("update", "--feed", feed, "--from", os.path.join(shared, folder), cache=cache)
        assert done.status == 0, done
    return cache


def scan(image, cache, *options, command="scan"):
    path = os.path.join(program.SHARED, "images", image)
    done = program.run(command, *options, path, cache=cache)
    assert done.status == 0, done
    return done


def rows(done):
    return [tuple(line.split("\t")) for line in done.text.splitlines()]


def read_zst(path):
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed")
    return json.loads(subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout)


def dpkg_orders(pairs):
    """What dpkg says of pairs of versions; one process for all."""
    text = "".join(f"{a}\t{b}\n" for a, b in pairs)
    done = subprocess.run(["perl", "-e", COMPARE], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("libdpkg-perl is not installed")
    return [int(line) for line in done.stdout.split()]


@pytest.mark.parametrize("image", DEBIAN_IMAGES)
def test_findings_are_those_of_debians_tracker_and_dpkgs_order(image, real):
    tracker = read_zst(os.path.join(program.SHARED, DEBIAN_FEED, "tracker/data/json.zst"))
    inventory = scan(image, real, "--format", "json", command="inventory").json
    asked, want = [], set()
    for p in inventory["packages"]:
        if p["ecosystem"] != "deb":
            continue
        for identifier, issue in tracker.get(p["source"], {}).items():
            release = issue["releases"].get("bookworm")
            if release is None:
                continue
            row = (p["name"], p["version"], identifier)
            if release["status"] == "open":
                want.add((*row, "-"))
            elif release["status"] == "resolved" and release["fixed_version"] != "0":
                asked.append((p["source_version"], release["fixed_version"], (*row, release["fixed_version"])))
    orders = dpkg_orders([pair[:2] for pair in asked])
    want |= {row for (_, _, row), order in zip(asked, orders) if order < 0}
    found = {row[1:5] for row in rows(scan(image, real, "--format", "tsv")) if row[0] == "deb"}
    assert found == want
    assert image.startswith("distroless") or want, "nothing was compared"


@pytest.mark.parametrize("image", [*DEBIAN_IMAGES, "real-alpine-3.11.tar.gz"])
def test_formats_agree_and_known_layers_change_nothing(image, real):
    tsv = scan(image, real, "--format", "tsv")
    assert scan(image, real, "--format", "tsv", "--no-cache").out == tsv.out
    found = rows(tsv)
    assert found == sorted(found, key=lambda row: [field.encode() for field in row])
    assert all(len(row) == 6 for row in found)
    document = scan(image, real, "--format", "json").json
    assert len(document["findings"]) == len(found)
    table = scan(image, real, "--format", "table").text
    for row in found:
        assert row[3] in table


@pytest.mark.parametrize("image", ["debian-app-small.oci.tar"])
def test_every_finding_can_be_explained(image, real):
    identifiers = sorted({row[3] for row in rows(scan(image, real, "--format", "tsv"))})
    assert identifiers
    for identifier in identifiers[:: max(1, len(identifiers) // 20)]:
        text = scan(image, real, "--explain", identifier).text
        assert f"{identifier} in " in text and "compared" in text and "diff ID" in text


@pytest.mark.parametrize("image", ["debian-app-small.oci.tar"])
def test_filters_take_away_and_add_nothing(image, real):
    everything = set(rows(scan(image, real, "--format", "tsv")))
    fixed = set(rows(scan(image, real, "--format", "tsv", "--fixed-only")))
    assert fixed == {row for row in everything if row[4] != "-"}
    for severity in ("unknown", "low", "medium", "high", "critical"):
        order = ["unknown", "negligible", "low", "medium", "high", "critical"]
        shown = set(rows(scan(image, real, "--format", "tsv", "--severity", severity)))
        assert shown == {row for row in everything if order.index(row[5]) >= order.index(severity)}
    one = sorted(everything)[0][3]
    left = set(rows(scan(image, real, "--format", "tsv", "--ignore", one)))
    assert left == {row for row in everything if row[3] != one}
