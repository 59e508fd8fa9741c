"""JSON reports are what docs/schema says, of sound images and odd ones."""

import json
import os

import files
import program
import pytest

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")

SOURCES = [
    ["sound.tar"],
    ["two-layers.tar"],
    ["alpine.tar"],
    ["alma.tar"],
    ["sound.oci.tar"],
    ["layout"],
    ["root"],
    ["no-release.tar"],
    ["unknown-release.tar"],
    ["damaged.tar"],
    ["nasty.tar"],
    ["sound.tar", "alpine.tar"],
    ["sound.tar", "cut.tar", "missing"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("files")
    files.make(str(made))
    return str(made)


def validate(document, kind):
    with open(os.path.join(program.SOURCE, "docs", "schema", f"{kind}.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize("kind", ["inventory", "scan"])
@pytest.mark.parametrize("sources", SOURCES, ids="+".join)
def test_a_report_fits_its_schema(kind, sources, folder, store):
    done = program.run(kind, "--format", "json", *sources, cache=store, cwd=folder)
    failed = "missing" in sources
    not_judged = kind == "scan" and sources[0] in ("no-release.tar", "unknown-release.tar")
    assert done.status == (3 if failed or not_judged else 0), done
    validate(done.json, kind)


@pytest.mark.parametrize("options", [["--severity", "high"], ["--ignore", "CVE-2024-0001"], ["--fixed-only"], ["--show-ignored", "--ignore", "CVE-2024-0002"], ["--explain", "CVE-2024-0001"]], ids=" ".join)
def test_a_filtered_scan_fits_its_schema(options, folder, store):
    done = program.run("scan", "--format", "json", *options, "sound.tar", cache=store, cwd=folder)
    assert done.status == 0, done
    validate(done.json, "scan")


@pytest.mark.parametrize("kind", ["inventory", "scan"])
def test_real_images_fit_the_schema(kind, shared, tmp_path):
    cache = str(tmp_path / "cache")
    program.make_store(cache)
    for name in sorted(os.listdir(os.path.join(shared, "images"))):
        if name.endswith((".tar", ".tar.gz", ".oci")) and name != "two-images.tar":
            done = program.run(kind, "--format", "json", os.path.join(shared, "images", name), cache=cache)
            if kind == "inventory":
                assert done.status == 0, done
            if done.status == 0:
                validate(done.json, kind)


@pytest.mark.parametrize("name", ["CVE-2024-0001", "cve-2024-0002", "ALSA-2024:0001"])
def test_an_advisory_fits_its_schema(name, store):
    done = program.run("advisory", "--format", "json", name, cache=store)
    assert done.status == 0, done
    validate(done.json, "advisory")
    assert done.json["publications"] and all(p["affected"] for p in done.json["publications"])


def test_the_same_image_and_advisories_give_the_same_bytes(folder, store):
    runs = {program.run("scan", "--format", "json", "two-layers.tar", cache=store, cwd=folder, SOURCE_DATE_EPOCH="1704240000").out for _ in range(3)}
    assert len(runs) == 1
