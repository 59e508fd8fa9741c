"""The real images, and what Python's tarfile finds in them: the oracle of the layer tests."""

import gzip
import io
import json
import os
import tarfile

import program

# name → file, options, and which rows of its list count
IMAGES = {
    "alpine-3.12": ("alpine-3.12.tar", [], []),
    "alpine-3.18": ("alpine-3.18.tar", [], []),
    "debian-app-small": ("debian-app-small.oci.tar", [], []),
    "debian-bookworm-slim": ("debian-bookworm-slim.oci.tar", [], []),
    "distroless-debian12": ("distroless-debian12.tar.gz", [], []),
    "docker25-save": ("docker25-save.tar", [], []),
    "dup-layers": ("dup-layers.tar", [], []),
    "mixed-compression": ("mixed-compression.oci", [], []),
    "names-links": ("names-links.tar", [], []),
    "real-alpine-3.11": ("real-alpine-3.11.tar.gz", [], []),
    "rpm-centos7": ("rpm-centos7.oci.tar", [], []),
    "rpm-leap15": ("rpm-leap15.oci.tar", [], []),
    "rpm-mariner2": ("rpm-mariner2.tar", [], []),
    "rpm-rocky9": ("rpm-rocky9.tar", [], []),
    "rpm-sles15.3": ("rpm-sles15.3.tar", [], []),
    "rpm-ubi8": ("rpm-ubi8.oci.tar", [], []),
    "rpm-ubi8-s390x": ("rpm-ubi8-s390x.oci.tar", [], []),
    "two-images-old": ("two-images.tar", ["--image", "alpine:3.6"], ["--image", "alpine:3.6"]),
    "two-images-new": ("two-images.tar", ["--image", "alpine:3.12"], ["--image", "alpine:3.12"]),
    "two-platforms-amd64": ("two-platforms.oci", ["--platform", "linux/amd64"], ["--arch", "amd64"]),
    "two-platforms-arm64": ("two-platforms.oci", ["--platform", "linux/arm64"], ["--arch", "arm64"]),
    "untagged-zstd": ("untagged-zstd.tar", [], []),
    "whiteouts": ("whiteouts.tar", [], []),
}

# What limpid has detectors for; rows of other ecosystems do not count yet.
ECOSYSTEMS = "deb,apk,rpm"


def path_of(name):
    return os.path.join(program.SHARED, "images", IMAGES[name][0])


def truth_of(name):
    base = IMAGES[name][0].split(".tar")[0].split(".oci")[0]
    return os.path.join(program.SHARED, "images", base + ".packages.tsv")


def layers_of(path):
    """The layers of an archive, as tars in memory, and the commands that made them."""
    with tarfile.open(path) as archive:
        names = archive.getnames()

        def read(name):
            return archive.extractfile(name).read()

        def blob(descriptor):
            return read("blobs/" + descriptor["digest"].replace(":", "/"))

        if "manifest.json" in names:
            manifest = json.loads(read("manifest.json"))[0]
            config = json.loads(read(manifest["Config"]))
            stored = [read(name) for name in manifest["Layers"]]
        else:
            manifest = json.loads(blob(json.loads(read("index.json"))["manifests"][0]))
            config = json.loads(blob(manifest["config"]))
            stored = [blob(layer) for layer in manifest["layers"]]
    made_by = [h.get("created_by") for h in config.get("history", []) if not h.get("empty_layer")]
    plain = [gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer for layer in stored]
    return plain, made_by


def packages_of(path, text):
    """{(name, version)} of dpkg's or apk's database."""
    found = set()
    for block in text.split("\n\n"):
        fields = {}
        for line in block.split("\n"):
            key, colon, value = line.partition(":")
            if colon and not line.startswith(" "):
                fields.setdefault(key, value.strip())
        if path.startswith("var/lib/dpkg"):
            if fields.get("Status", "").endswith(" installed"):
                found.add((fields["Package"], fields["Version"]))
        elif "P" in fields:
            found.add((fields["P"], fields["V"]))
    return found


def introduced(layers):
    """{(name, version): (layer that brought it, layer whose database has it)}, of images with one
    database that is rewritten by layers above."""
    state = {}
    for index, layer in enumerate(layers):
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            for member in tar:
                path = os.path.normpath(member.name.lstrip("/"))
                if member.isfile() and path in ("var/lib/dpkg/status", "lib/apk/db/installed"):
                    text = tar.extractfile(member).read().decode("utf-8", "replace")
                    packages = packages_of(path, text)
                    state = {p: (state[p][0] if p in state else index, index) for p in packages}
    return state
