"""Images around layers: docker-archive and OCI, every part of which can be replaced."""

import gzip
import hashlib
import json
import os
import zlib

from . import tar


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def squeeze(data, level=6):
    """gzip without a time in its header."""
    return gzip.compress(data, level, mtime=0)


# -- packages that every image has -----------------------------------------------------------------

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n' \
    'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
ALPINE_RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.18.9\nPRETTY_NAME="Alpine Linux v3.18"\n'
ALMA_RELEASE = 'NAME="AlmaLinux"\nVERSION="9.3 (Shamrock Pampas Cat)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\n' \
    'VERSION_ID="9.3"\nPLATFORM_ID="platform:el9"\nPRETTY_NAME="AlmaLinux 9.3 (Shamrock Pampas Cat)"\n'

DEBS = [("deb", "sound-a", "1.0-1"), ("deb", "sound-b", "2:3.4~rc1-5"), ("deb", "sound-c", "0.1+b2")]
APKS = [("apk", "sound-a", "1.0-r1"), ("apk", "sound-b", "3.4_rc1-r5"), ("apk", "sound-c", "0.1-r0")]


def stanza(name, version, status="install ok installed", more=""):
    return f"Package: {name}\nStatus: {status}\nArchitecture: amd64\nVersion: {version}\n{more}" \
        f"Description: {name}\n a package\n\n"


def status(packages=DEBS):
    return "".join(stanza(name, version) for _, name, version in packages)


def installed(packages=APKS):
    return "".join(f"C:Q1abc=\nP:{name}\nV:{version}\nA:x86_64\no:{name}\nL:MIT\n\n" for _, name, version in packages)


STATUS_PATH = "var/lib/dpkg/status"


def base(*more, database=None, release=OS_RELEASE, end=tar.END):
    """A layer with a distribution, dpkg's database, and `more` entries behind them."""
    return tar.archive(
        tar.folder("etc"),
        tar.file("etc/os-release", release),
        tar.folder("var/lib/dpkg"),
        tar.file(STATUS_PATH, status() if database is None else database),
        *more,
        end=end,
    )


def rootfs_files(release, path, content):
    return tar.archive(tar.file("etc/os-release", release), tar.file(path, content))


# -- images ----------------------------------------------------------------------------------------


class Layer:
    """Stored bytes and the digest of the tar in them."""

    def __init__(self, stored, diff_id=None, media="tar"):
        self.stored = bytes(stored)
        self.diff_id = diff_id or "sha256:" + sha256(self.stored)
        self.media = "application/vnd.oci.image.layer.v1." + media


def zipped(plain, level=6):
    return Layer(squeeze(plain, level), "sha256:" + sha256(plain), "tar+gzip")


LARGE = 2 << 20


def as_layer(layer):
    """Bytes are a plain layer; large ones are compressed, to keep the cases small on disk."""
    if isinstance(layer, Layer):
        return layer
    return zipped(layer, 1) if len(layer) > LARGE else Layer(layer)


def config_of(layers, **changes):
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created_by": f"layer {i}"} for i in range(len(layers))],
    }
    config.update(changes)
    return config


def encode(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def docker(*layers, config=None, manifest=None, names=None, extra=(), end=tar.END, first=(), layer_entries=None):
    """docker save. `manifest`: bytes, a value, or a function that changes the usual value; False:
    none. `extra`, `first`: entries at the end and the begin."""
    layers = [as_layer(layer) for layer in layers]
    names = names or [f"{i}/layer.tar" for i in range(len(layers))]
    config = encode(config_of(layers) if config is None else config)
    config_name = sha256(config) + ".json"
    usual = [{"Config": config_name, "RepoTags": ["hostile:latest"], "Layers": names}]
    if callable(manifest):
        usual = manifest(usual) or usual
    elif manifest is not None:
        usual = manifest
    entries = list(first)
    if usual is not False:
        entries.append(tar.file("manifest.json", encode(usual)))
    entries.append(tar.file(config_name, config))
    if layer_entries is None:
        written = dict(zip(names, layers))
        layer_entries = [tar.file(name, layer.stored) for name, layer in written.items()]
    return tar.archive(*entries, *layer_entries, *extra, end=end)


def descriptor(content, media, **more):
    return {"mediaType": media, "digest": "sha256:" + sha256(content), "size": len(content), **more}


MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


class Oci:
    """A layout: blobs by digest, and index.json. Change what you like, then write it."""

    def __init__(self, *layers, config=None, change=None):
        self.layers = [as_layer(layer) for layer in layers]
        self.blobs = {}
        config = self.put(encode(config_of(self.layers) if config is None else config))
        for layer in self.layers:
            self.put(layer.stored)
        self.manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(config, CONFIG),
            "layers": [descriptor(layer.stored, layer.media) for layer in self.layers],
        }
        if change:
            change(self.manifest)
        self.manifest_bytes = self.put(encode(self.manifest))
        self.index = {"schemaVersion": 2, "manifests": [descriptor(self.manifest_bytes, MANIFEST)]}

    def put(self, content):
        self.blobs["blobs/sha256/" + sha256(content)] = content
        return content

    def files(self):
        return {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": encode(self.index), **self.blobs}

    def archive(self):
        return tar.archive(*(tar.file(name, content) for name, content in self.files().items()))

    def write(self, path):
        for name, content in self.files().items():
            where = os.path.join(path, name)
            os.makedirs(os.path.dirname(where), exist_ok=True)
            with open(where, "wb") as out:
                out.write(content)


def nested(depth, kind):
    """JSON `depth` deep: arrays, objects or both in turn."""
    pair = {"arrays": (b"[", b"]"), "objects": (b'{"a":', b"}"), "mixed": (b'[{"a":', b"}]")}[kind]
    count = depth // 2 if kind == "mixed" else depth
    return pair[0] * count + b"1" + pair[1] * count


def raw_deflate(data, level=9):
    squeezer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return squeezer.compress(data) + squeezer.flush()
