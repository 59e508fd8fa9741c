"""Memory and crowds: an image of a gigabyte takes what one of ten megabytes does."""

import concurrent.futures
import os
import sys

import program
import pytest

sys.path.insert(0, os.path.join(program.SOURCE, "test", "hostile"))
from hostile import images, tar, tar_entries  # noqa: E402
from hostile.compression import zeros_members  # noqa: E402
from hostile.images import Layer, base, docker, squeeze  # noqa: E402

PEAK_MB = 24
# a zstd frame says how far back it refers, and that much has to be kept
WINDOW_MB = {"debian-bookworm-slim.oci.tar": 16}
needs_plain_memory = pytest.mark.skipif(program.SANITIZED, reason="sanitizers have memory of their own")


def peak(path, cache, *options):
    done = program.run("inventory", "--format", "tsv", *options, path, cache=cache)
    assert done.status == 0, done
    assert done.out.count(b"\n") == 3
    return done.mb


def plain_image(path, mib):
    """A plain layer with a file of zeros, which takes no room on disk."""
    size = mib << 20
    before = base(end=b"") + tar.header("var/zeros", tar.base256(size))
    layer_bytes = len(before) + size + 1024
    config = images.encode(images.config_of([Layer(b"")]))
    manifest = images.encode([{"Config": "config.json", "Layers": ["layer.tar"]}])
    head = tar.file("manifest.json", manifest) + tar.file("config.json", config)
    with open(path, "wb") as file:
        file.write(head + tar.header("layer.tar", tar.base256(layer_bytes)) + before)
        file.truncate(len(head) + 512 + layer_bytes + 1024)


def squeezed_image(path, mib, gzipped_whole=False):
    size = mib << 20
    before = base(end=b"") + tar.header("var/zeros", tar.base256(size))
    zeros = zeros_members(1)[: mib // 64] if mib >= 64 else [squeeze(bytes(size))]
    if gzipped_whole:
        outer = docker(Layer(b"", "sha256:" + "0" * 64), layer_entries=[tar.header("0/layer.tar", tar.base256(len(before) + size + 1024)) + before], end=b"")
        parts = [squeeze(outer), *zeros, squeeze(tar.END + tar.END)]
        with open(path, "wb") as file:
            file.write(b"".join(parts))
        return
    stored = b"".join([squeeze(before), *zeros, squeeze(tar.END)])
    with open(path, "wb") as file:
        file.write(docker(Layer(stored, "sha256:" + "0" * 64)))


MAKERS = {
    "plain": plain_image,
    "gzip": squeezed_image,
    "gzip-archive": lambda path, mib: squeezed_image(path, mib, True),
}


@needs_plain_memory
@pytest.mark.parametrize("form", MAKERS)
def test_a_gigabyte_takes_no_more_memory_than_ten_megabytes(form, cache, tmp_path):
    found = {}
    for mib in (10, 1024):
        path = tmp_path / f"{mib}.tar"
        MAKERS[form](path, mib)
        # digests are made up here; always: every byte is read
        found[mib] = peak(path, cache, "--verify", "never")
    assert found[1024] <= PEAK_MB
    assert found[1024] <= found[10] + 2, found


@needs_plain_memory
def test_a_million_empty_files_take_no_more_memory_than_ten(cache, tmp_path):
    found = {}
    for count in (10, 1_000_000):
        path = tmp_path / f"{count}.tar"
        path.write_bytes(docker(tar_entries.many_empty(count, 60)))
        found[count] = peak(path, cache)
    assert found[1_000_000] <= PEAK_MB
    assert found[1_000_000] <= found[10] + 2, found


@needs_plain_memory
def test_real_images_stay_within_the_budget(shared, store):
    for name in sorted(os.listdir(os.path.join(shared, "images"))):
        if name.endswith((".oci.tar", ".tar", ".tar.gz")) and name != "two-images.tar":
            path = os.path.join(shared, "images", name)
            for options in ([], ["--no-cache"]):
                done = program.run("inventory", "--format", "json", *options, path, cache=store)
                assert done.status == 0, done
                assert done.mb <= PEAK_MB + WINDOW_MB.get(name, 0), f"{name} {options}: {done.mb} MB"


@pytest.mark.parametrize("command", ["inventory", "scan"])
def test_32_at_once_on_one_store(command, scratch, tmp_path):
    """Of one image and of several, cold: none fails, and all say the same."""
    cache = str(tmp_path / "store")
    program.make_store(cache)
    paths = []
    for i in range(4):
        path = tmp_path / f"{i}.tar"
        path.write_bytes(docker(images.zipped(base()), *(images.zipped(tar.archive(tar.file(f"usr/{k}", os.urandom(20_000)))) for k in range(3))))
        paths.append(path)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        runs = list(pool.map(lambda i: program.run(command, "--format", "tsv", paths[i % 4], cache=cache), range(64)))
    assert [run for run in runs if run.status != 0 or run.lines] == []
    assert len({run.out for run in runs}) == 1
    assert scratch


def test_an_update_among_scans(tmp_path):
    """Whoever scans while advisories are replaced sees the old ones or the new ones, whole."""
    cache = str(tmp_path / "store")
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    program.make_feeds(str(feeds))
    assert program.run("update", "--from", feeds, cache=cache).status == 0
    path = tmp_path / "image.tar"
    path.write_bytes(docker(base()))
    want = program.run("scan", "--format", "tsv", path, cache=cache).out
    assert want.count(b"\n") == 2
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        updates = pool.submit(lambda: [program.run("update", "--from", feeds, cache=cache) for _ in range(5)])
        scans = list(pool.map(lambda _: program.run("scan", "--format", "tsv", path, cache=cache), range(40)))
        assert [run for run in updates.result() if run.status != 0] == []
    assert [run for run in scans if run.status != 0 or run.out != want] == []
