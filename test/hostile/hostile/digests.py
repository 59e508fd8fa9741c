"""Kinds 8 to 13: descriptors, indexes and blobs of OCI layouts, and digests of both formats."""

import os

from . import images, tar
from .images import DEBS, INDEX, MANIFEST, Layer, Oci, base, descriptor, docker, encode, sha256, zipped


def controls(c):
    c.add("control-digest.tar", docker(zipped(base())), "ok", packages=DEBS)
    path = c.add("control-layout", None, "ok", packages=DEBS)
    Oci(zipped(base())).write(path)


WRONG = {
    "other": "sha256:" + "0" * 64,
    "not-hex": "sha256:" + "g" * 64,
    "upper": "sha256:" + "A" * 64,
    "short": "sha256:abc",
    "long": "sha256:" + "0" * 65,
    "empty": "",
    "no-algorithm": "0" * 64,
    "md5": "md5:" + "0" * 32,
    "unknown": "blake3:" + "0" * 64,
    "traversal": "sha256:../../../canary",
    "traversal-algorithm": "../../canary:" + "0" * 64,
    "slash": "sha256/" + "0" * 64,
    "control": "sha256:\x1b[31m" + "0" * 60,
    "megabyte": "sha256:" + "0" * (1 << 20),
    "number": 7,
    "null": None,
    "list": [],
}


def write_layout(c, name, layout, expect, **more):
    path = c.add(name, None, expect, **more)
    layout.write(path)
    return path


def kind_8(c):
    """Digests that do not match, or are none."""
    plain = base()
    layer = zipped(plain)
    for name, wrong in WRONG.items():
        config = images.config_of([layer])
        config["rootfs"]["diff_ids"] = [wrong]
        for compressed, stored in (("plain", plain), ("gzip", layer)):
            c.add(f"diff-id-{name}-{compressed}.tar", docker(stored, config=config), "clear-error", parameters={"digest": str(wrong)[:100]})

        def change(manifest, what):
            (manifest["layers"][0] if what == "blob" else manifest["config"])["digest"] = wrong

        for what in ("blob", "config"):
            layout = Oci(layer, change=lambda m: change(m, what))
            write_layout(c, f"{what}-{name}.oci", layout, "clear-error", parameters={"digest": str(wrong)[:100]})
            c.add(f"{what}-{name}.oci.tar", layout.archive(), "clear-error", parameters={"digest": str(wrong)[:100]})
        layout = Oci(layer)
        layout.index["manifests"][0]["digest"] = wrong
        write_layout(c, f"index-{name}.oci", layout, "clear-error", parameters={"digest": str(wrong)[:100]})
    # names that are digests, over other bytes
    for what in ("manifest", "config", "layer"):
        layout = Oci(layer)
        lied = {"manifest": layout.manifest_bytes, "config": layout.blobs[next(iter(layout.blobs))], "layer": layer.stored}[what]
        other = bytearray(lied)
        other[len(other) // 2] ^= 1
        layout.blobs["blobs/sha256/" + sha256(lied)] = bytes(other)
        c.add(f"bytes-{what}.oci.tar", layout.archive(), "clear-error")
        write_layout(c, f"bytes-{what}.oci", layout, "clear-error")
    config = encode(images.config_of([layer]))
    wrong_name = sha256(b"x") + ".json"
    manifest = encode([{"Config": wrong_name, "Layers": ["0/layer.tar"]}])
    archive = tar.archive(
        tar.file("manifest.json", manifest), tar.file(wrong_name, config), tar.file("0/layer.tar", layer.stored)
    )
    c.add("config-name.tar", archive, "clear-error")
    sha512 = lambda m: m["layers"][0].update(digest="sha512:" + "0" * 128)
    c.add("blob-sha512-absent.oci.tar", Oci(layer, change=sha512).archive(), "clear-error")


def kind_9(c):
    """Sizes of descriptors."""
    layer = zipped(base())
    sizes = {
        "zero": b"0",
        "one-less": b"%d" % (len(layer.stored) - 1),
        "one-more": b"%d" % (len(layer.stored) + 1),
        "negative": b"-1",
        "float": b"%d.0" % len(layer.stored),
        "exponent": b"1e3",
        "2-63": b"9223372036854775808",
        "2-64": b"18446744073709551616",
        "10-25": b"1" + b"0" * 25,
        "string": b'"%d"' % len(layer.stored),
        "null": b"null",
        "list": b"[]",
    }
    right = b'"size": %d' % len(layer.stored)
    for name, size in sizes.items():
        layout = Oci(layer)
        changed = layout.manifest_bytes.replace(right, b'"size": ' + size)
        assert changed != layout.manifest_bytes
        layout.put(changed)
        layout.index["manifests"] = [descriptor(changed, MANIFEST)]
        c.add(f"size-{name}.oci.tar", layout.archive(), "clear-error", parameters={"size": size.decode()})
        write_layout(c, f"size-{name}.oci", layout, "clear-error", parameters={"size": size.decode()})
        layout = Oci(layer)
        files = layout.files()
        right_index = b'"size": %d' % len(layout.manifest_bytes)
        files["index.json"] = files["index.json"].replace(right_index, b'"size": ' + size)
        archive = tar.archive(*(tar.file(n, content) for n, content in files.items()))
        c.add(f"size-manifest-{name}.oci.tar", archive, "clear-error", parameters={"size": size.decode()})


def kind_10(c):
    """Indexes in indexes, wide ones, and one that names itself."""
    for depth in (1, 2, 3, 5, 100, 2_000):
        layout = Oci(base())
        for _ in range(depth):
            inner = layout.put(encode(layout.index))
            layout.index = {"schemaVersion": 2, "manifests": [descriptor(inner, INDEX)]}
        expect = "ok" if depth <= 2 else "clear-error" if depth >= 5 else ["ok", "clear-error"]
        c.add(f"index-depth-{depth}.oci.tar", layout.archive(), expect, packages=DEBS, says="limit", parameters={"depth": depth})
    for width in (10, 1_000, 10_000, 10_001, 40_000):
        layout = Oci(base())
        one = layout.index["manifests"][0]
        other = {**one, "platform": {"os": "linux", "architecture": "s390x"}}
        filler = [{**other, "digest": f"sha256:{i:064x}"} for i in range(width - 1)]
        layout.index["manifests"] = filler + [{**one, "platform": {"os": "linux", "architecture": "amd64"}}]
        expect = "clear-error" if width > 10_000 else ["ok", "clear-error"]
        c.add(f"index-wide-{width}.oci.tar", layout.archive(), expect, packages=DEBS, parameters={"width": width}, mb=128)
    # each of two levels lists the next a thousand times: a million ways
    layout = Oci(base())
    for _ in range(2):
        inner = layout.put(encode(layout.index))
        layout.index = {"schemaVersion": 2, "manifests": [descriptor(inner, INDEX, annotations={"n": str(i)}) for i in range(1_000)]}
    c.add("index-fan-out.oci.tar", layout.archive(), ["ok", "clear-error"], packages=DEBS, mb=64)
    layout = Oci(base())
    name = "0" * 64
    layout.index["manifests"] = [{"mediaType": INDEX, "digest": "sha256:" + name, "size": 300}]
    itself = encode(layout.index).ljust(300)
    layout.blobs["blobs/sha256/" + name] = itself
    c.add("index-itself.oci.tar", layout.archive(), "clear-error")
    write_layout(c, "index-itself.oci", layout, "clear-error")
    for name, value in {"null": None, "object": {}, "numbers": [7], "empty": [], "strings": ["x"]}.items():
        layout = Oci(base())
        layout.index["manifests"] = value
        c.add(f"index-manifests-{name}.oci.tar", layout.archive(), "clear-error")
    layout = Oci(base())
    layout.index["manifests"] *= 2
    c.add("index-twice-the-same.oci.tar", layout.archive(), ["ok", "clear-error"], packages=DEBS)


def kind_11(c):
    """A foreign layer, which lies elsewhere: nobody goes there."""
    layer = zipped(base())
    url = f"http://127.0.0.1:{c.options.trap_port}/layer"

    def change(manifest):
        manifest["layers"][0].update(
            mediaType="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", urls=[url, "file:///etc/passwd"]
        )

    layout = Oci(layer, change=change)
    del layout.blobs["blobs/sha256/" + sha256(layer.stored)]
    c.add("foreign.oci.tar", layout.archive(), "clear-error", says="foreign")
    write_layout(c, "foreign.oci", layout, "clear-error", says="foreign|blobs")
    c.add("foreign-present.oci.tar", Oci(layer, change=change).archive(), "ok", packages=DEBS)
    layout = Oci(layer, config={**images.config_of([layer]), "config": {"Labels": {"url": url}}})
    layout.index["manifests"][0]["urls"] = [url]
    c.add("urls-everywhere.oci.tar", layout.archive(), "ok", packages=DEBS)


def kind_12(c):
    """A blob that is no file."""
    layer = zipped(base())
    targets = {"layer": sha256(layer.stored), "config": None, "manifest": None, "index.json": None}
    for what in targets:
        for kind in ("fifo", "folder", "zero", "dangling", "outside", "self", "absolute-inside"):
            layout = Oci(layer)
            blob = {
                "layer": "blobs/sha256/" + sha256(layer.stored),
                "config": next(iter(layout.blobs)),
                "manifest": "blobs/sha256/" + sha256(layout.manifest_bytes),
                "index.json": "index.json",
            }[what]
            name = f"blob-{what}-{kind}.oci"
            path = write_layout(c, name, layout, "clear-error", parameters={"blob": what, "is": kind})
            where = os.path.join(path, blob)
            os.rename(where, os.path.join(path, "moved"))
            if kind == "fifo":
                os.mkfifo(where)
            elif kind == "folder":
                os.mkdir(where)
            else:
                to = {
                    "zero": "/dev/zero",
                    "dangling": "nowhere",
                    "outside": os.path.relpath(c.path(c.canary), os.path.dirname(where)),
                    "self": os.path.basename(where),
                    "absolute-inside": os.path.join(path, "moved"),
                }[kind]
                os.symlink(to, where)
    path = write_layout(c, "blobs-link-outside.oci", Oci(layer), "clear-error")
    os.rename(os.path.join(path, "blobs"), c.path("blobs"))
    os.symlink("../../blobs", os.path.join(path, "blobs"))
    for kind, type in (("fifo", b"6"), ("char", b"3"), ("block", b"4"), ("folder", b"5")):
        entry = tar.header("0/layer.tar", 0, type, at_329=b"0000001\0", at_337=b"0000005\0")
        c.add(f"archive-layer-{kind}.tar", docker(layer, layer_entries=[entry]), "clear-error")


def kind_13(c):
    """Media types that are unknown, or lie: the bytes decide."""
    plain = base()
    squeezed = zipped(plain)
    for name, media in {
        "unknown": "application/x-unknown",
        "empty": "",
        "number": 7,
        "null": None,
        "control": "application/\x1b[31m",
        "plain": "application/vnd.oci.image.layer.v1.tar",
        "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
        "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
        "docker": "application/vnd.docker.image.rootfs.diff.tar.gzip",
    }.items():
        for form, layer in (("plain", Layer(plain)), ("gzip", squeezed)):
            layout = Oci(layer, change=lambda m: m["layers"][0].update(mediaType=media))
            c.add(f"media-{name}-{form}.oci.tar", layout.archive(), ["ok", "clear-error"] if media == 7 or media is None else "ok", packages=DEBS)
    for name, content in {
        "text": b"this is no layer\n" * 100,
        "json": b'{"a": 1}' * 100,
        "zip": b"PK\x03\x04" + bytes(1000),
        "squashfs": b"hsqs" + bytes(1000),
        "random": c.random("media").randbytes(5000),
    }.items():
        layer = Layer(content)
        c.add(f"no-layer-{name}.oci.tar", Oci(layer).archive(), "clear-error")
        c.add(f"no-layer-{name}.tar", docker(base(), layer), "clear-error")
    schema1 = Oci(squeezed)
    old = schema1.put(encode({"schemaVersion": 1, "fsLayers": [{"blobSum": "sha256:" + "0" * 64}], "history": []}))
    schema1.index["manifests"] = [descriptor(old, MANIFEST)]
    c.add("schema-1.oci.tar", schema1.archive(), "clear-error", says="schema 1")
    artifact = Oci(Layer(b'{"spdx": 1}'), config=b"{}")
    c.add("artifact.oci.tar", artifact.archive(), "clear-error")
