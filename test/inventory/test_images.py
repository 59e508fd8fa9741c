"""Real images: every package that is in them, whatever form they come in."""

import bz2
import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import tarfile

import program
import pytest
import real
from real import IMAGES


@pytest.fixture(scope="module", autouse=True)
def _needs_images(shared):
    """All of this file is about the real images."""


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A store that all tests of this file fill."""
    return str(tmp_path_factory.mktemp("store"))


def compare(name, tsv, tmp_path):
    inventory = tmp_path / "inventory.tsv"
    inventory.write_bytes(tsv)
    tool = os.path.join(program.SHARED, "tools", "compare-inventory.py")
    done = subprocess.run(
        [sys.executable, tool, "--ecosystems", real.ECOSYSTEMS, *IMAGES[name][2], real.truth_of(name), str(inventory)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def inventory(source, name, cache, *options, **more):
    done = program.run("inventory", "--format", "tsv", *IMAGES[name][1], *options, source, cache=cache, **more)
    assert done.status == 0, done
    assert done.orphans == 0
    return done


@pytest.mark.parametrize("name", IMAGES)
def test_every_package_is_listed_without_a_cache(name, cache, tmp_path):
    done = inventory(real.path_of(name), name, cache, "--no-cache")
    compare(name, done.out, tmp_path)
    assert not os.path.exists(cache), "--no-cache made a store"


@pytest.mark.parametrize("name", IMAGES)
def test_a_second_reading_of_known_layers_gives_the_same_bytes(name, warm, tmp_path):
    first = inventory(real.path_of(name), name, warm)
    compare(name, first.out, tmp_path)
    second = inventory(real.path_of(name), name, warm, "--format", "json")
    third = inventory(real.path_of(name), name, warm, "--format", "json", "--no-cache")
    assert json.loads(second.out) == json.loads(third.out)
    assert second.out == third.out


@pytest.mark.parametrize("verify", ["always", "never"])
@pytest.mark.parametrize("name", ["alpine-3.18", "debian-bookworm-slim", "mixed-compression", "real-alpine-3.11", "rpm-ubi8"])
def test_checking_digests_changes_no_package(name, verify, cache, tmp_path):
    compare(name, inventory(real.path_of(name), name, cache, "--verify", verify).out, tmp_path)


@pytest.mark.parametrize("name", ["alpine-3.18", "docker25-save", "names-links", "rpm-rocky9", "untagged-zstd", "whiteouts", "rpm-leap15"])
@pytest.mark.parametrize("form", ["gz", "bz2", "xz", "zst"])
def test_a_compressed_archive_is_read_as_it_is(name, form, cache, tmp_path):
    with open(real.path_of(name), "rb") as file:
        content = file.read()
    path = tmp_path / f"image.tar.{form}"
    if form == "zst":
        if shutil.which("zstd") is None:
            pytest.skip("zstd is not installed")
        path.write_bytes(subprocess.run(["zstd", "-1c"], input=content, capture_output=True, check=True).stdout)
    else:
        squeeze = {"gz": lambda b: gzip.compress(b, 1), "bz2": lambda b: bz2.compress(b, 1), "xz": lambda b: lzma.compress(b, preset=0)}
        path.write_bytes(squeeze[form](content))
    compare(name, inventory(path, name, cache).out, tmp_path)


@pytest.mark.parametrize("name", ["alpine-3.18", "debian-app-small", "distroless-debian12", "rpm-ubi8", "two-images-new"])
def test_standard_input_is_a_source(name, cache, tmp_path):
    with open(real.path_of(name), "rb") as file:
        compare(name, inventory("-", name, cache, stdin=file).out, tmp_path)
    with open(real.path_of(name), "rb") as file:
        compare(name, inventory("-", name, cache, stdin=file.read()).out, tmp_path)


OCI_TARS = [name for name, (file, _, _) in IMAGES.items() if file.endswith(".oci.tar")]


@pytest.mark.parametrize("name", OCI_TARS)
def test_a_layout_in_a_folder_is_its_archive_unpacked(name, cache, tmp_path):
    layout = tmp_path / "layout"
    with tarfile.open(real.path_of(name)) as archive:
        archive.extractall(layout)
    compare(name, inventory(layout, name, cache).out, tmp_path)
    compare(name, inventory(f"oci:{layout}", name, cache, "--no-cache").out, tmp_path)


# skopeo 1.9 can convert what has no zstd layers
CONVERTIBLE = ["debian-app-small", "rpm-centos7", "rpm-ubi8", "rpm-ubi8-s390x"]
PLAIN = ["alpine-3.18", "docker25-save", "dup-layers", "names-links", "rpm-mariner2", "whiteouts"]


def skopeo(*arguments):
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed")
    done = subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", CONVERTIBLE)
def test_skopeo_turns_an_oci_archive_into_a_docker_archive(name, cache, tmp_path):
    out = tmp_path / "image.tar"
    more = ["--override-arch", "s390x"] if "s390x" in name else []
    skopeo(*more, f"oci-archive:{real.path_of(name)}", f"docker-archive:{out}:converted:latest")
    compare(name, inventory(out, name, cache).out, tmp_path)


@pytest.mark.parametrize("name", PLAIN)
def test_skopeo_turns_a_docker_archive_into_an_oci_layout(name, cache, tmp_path):
    more = ["--override-arch", "arm64"] if name == "rpm-rocky9" else []
    skopeo(*more, f"docker-archive:{real.path_of(name)}", f"oci:{tmp_path}/layout:tag")
    compare(name, inventory(tmp_path / "layout", name, cache).out, tmp_path)
    skopeo(*more, f"docker-archive:{real.path_of(name)}", f"oci-archive:{tmp_path}/image.tar:tag")
    compare(name, inventory(f"oci-archive:{tmp_path}/image.tar", name, cache).out, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alpine-3.18", "dup-layers", "names-links", "rpm-ubi8", "rpm-centos7", "rpm-sles15.3", "whiteouts"])
def test_a_root_file_system_that_umoci_unpacked(name, cache, tmp_path):
    if shutil.which("umoci") is None:
        pytest.skip("umoci is not installed")
    kind = "oci-archive" if IMAGES[name][0].endswith(".oci.tar") else "docker-archive"
    skopeo(f"{kind}:{real.path_of(name)}", f"oci:{tmp_path}/layout:tag")
    rootless = [] if os.getuid() == 0 else ["--rootless"]
    subprocess.run(["umoci", "unpack", *rootless, "--image", f"{tmp_path}/layout:tag", f"{tmp_path}/bundle"], check=True, capture_output=True)
    root = tmp_path / "bundle" / "rootfs"
    compare(name, inventory(root, name, cache).out, tmp_path)
    compare(name, inventory(f"dir:{root}", name, cache, "--no-cache").out, tmp_path)


# -- layers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alpine-3.18", "debian-app-small", "docker25-save", "dup-layers", "whiteouts"])
def test_each_package_is_of_the_layer_that_brought_it(name, cache):
    layers, made_by = real.layers_of(real.path_of(name))
    want = real.introduced(layers)
    document = inventory(real.path_of(name), name, cache, "--format", "json").json
    found = {
        (p["name"], p["version"]): (p["layer"], p["changed_in"])
        for p in document["packages"]
        if p["ecosystem"] in ("deb", "apk")
    }
    assert found == want
    assert [layer["index"] for layer in document["image"]["layers"]] == list(range(len(layers)))
    assert [layer["created_by"] for layer in document["image"]["layers"]] == made_by


def test_layers_of_the_application_image_differ(cache):
    document = inventory(real.path_of("debian-app-small"), "debian-app-small", cache, "--format", "json").json
    layers = {p["layer"] for p in document["packages"] if p["ecosystem"] == "deb"}
    assert layers == {0, 1}


def test_the_store_tells_nothing_of_where_it_was_filled(cache, warm, tmp_path):
    """The same layers under another name and in another archive give the same facts."""
    copy = tmp_path / "other-name.tar"
    shutil.copyfile(real.path_of("whiteouts"), copy)
    inventory(real.path_of("whiteouts"), "whiteouts", warm)
    known = inventory(copy, "whiteouts", warm, "--format", "json").json
    fresh = inventory(copy, "whiteouts", cache, "--format", "json").json
    assert known == fresh


def test_an_archive_of_docker_before_1_10_is_read_by_its_chain_of_parents(cache, tmp_path):
    """It has no manifest.json and no config: `repositories`, and a parent in each ID/json."""
    old = tmp_path / "old.tar"
    with tarfile.open(real.path_of("real-alpine-3.11")) as source, tarfile.open(old, "w") as out:
        for member in source.getmembers():
            if not member.name.endswith(".json"):
                out.addfile(member, source.extractfile(member) if member.isfile() else None)
    done = inventory(str(old), "real-alpine-3.11", cache, "--no-cache")
    compare("real-alpine-3.11", done.out, tmp_path)
    document = program.run("inventory", "--no-cache", "--format", "json", str(old), cache=cache).json
    assert document["image"]["tag"] == "alpine:3.11"
    assert document["image"]["layers"][0]["created_by"]
