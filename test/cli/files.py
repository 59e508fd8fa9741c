"""The files that the cases speak of; the same bytes each time."""

import os
import sys

import program

sys.path.insert(0, os.path.join(program.SOURCE, "test", "hostile"))
from hostile import images, rpm, tar  # noqa: E402
from hostile.images import Layer, Oci, base, docker, squeeze, stanza, status, zipped  # noqa: E402


def write(folder, name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)


def make(folder):
    layer = base()
    upper = tar.archive(tar.file("var/lib/dpkg/status", status() + stanza("extra", "1.0")))
    sound = docker(layer)
    apk = tar.archive(tar.file("etc/os-release", images.ALPINE_RELEASE), tar.file("lib/apk/db/installed", images.installed()))
    wrong = images.config_of([Layer(layer)])
    wrong["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    made = {
        "sound.tar": sound,
        "two-layers.tar": docker(layer, upper),
        "alpine.tar": docker(apk),
        "alma.tar": rpm.image("ndb", rpm.ndb(rpm.sound())),
        "sound.oci.tar": Oci(zipped(layer)).archive(),
        "sound.tar.gz": squeeze(sound),
        "empty": b"",
        "text": "hello\n",
        "page.html": "<!DOCTYPE html><html></html>",
        "plain.tar": layer,
        "cut.tar": sound[:3000],
        "cut-layer.tar": docker(Layer(layer[:2400])),
        "cut.tar.gz": squeeze(sound)[:400],
        "no-tar.tar": docker(Layer(b"this is no layer\n" * 100)),
        "lz4.tar": docker(Layer(b"\x04\x22\x4d\x18" + bytes(600))),
        "digest.tar": docker(layer, config=wrong),
        "blob.oci.tar": Oci(zipped(layer), change=lambda m: m["layers"][0].update(digest="sha256:" + "1" * 64)).archive(),
        "no-release.tar": docker(tar.archive(tar.file("var/lib/dpkg/status", status()))),
        "unknown-release.tar": docker(base(release="ID=templeos\nVERSION_ID=5.03\n")),
        "other-release.tar": docker(base(release="ID=debian\nVERSION_ID=11\n")),
        "no-database.tar": docker(tar.archive(tar.file("etc/os-release", images.OS_RELEASE))),
        "nothing.tar": docker(tar.archive(tar.file("hello", b"world"))),
        "damaged.tar": docker(base(database=status() + "Package: half\nStatus: install ok installed\n\n")),
        "nasty.tar": docker(base(database=status() + stanza("\x1b[31mred\x07", "=1+1"))),
        "two-images.tar": two_images(layer, apk),
        "root/etc/os-release": images.OS_RELEASE,
        "root/var/lib/dpkg/status": status(),
        "folder/file": "",
        "name with blank.tar": sound,
        "ignored": "# made up\nCVE-2024-0001\n",
        "ignored-until": "CVE-2024-0001 exp:2023-01-01\nCVE-2024-0002 exp:2030-01-01\n",
        "old-report": "what was there before\n",
    }
    for name, content in made.items():
        write(folder, name, content)
    Oci(zipped(layer)).write(os.path.join(folder, "layout"))


def two_images(first, second):
    """One archive with two images."""
    configs = [images.encode(images.config_of([Layer(layer)])) for layer in (first, second)]
    names = [images.sha256(config) + ".json" for config in configs]
    manifest = [
        {"Config": names[0], "RepoTags": ["one:latest"], "Layers": ["0/layer.tar"]},
        {"Config": names[1], "RepoTags": ["two:1.0", "two:latest"], "Layers": ["1/layer.tar"]},
    ]
    return tar.archive(
        tar.file("manifest.json", images.encode(manifest)),
        *(tar.file(name, config) for name, config in zip(names, configs)),
        tar.file("0/layer.tar", first),
        tar.file("1/layer.tar", second),
    )
