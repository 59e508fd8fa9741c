"""Kinds 1 and 2: what is no archive, and archives that were cut."""

from . import images, tar
from .images import DEBS, Oci, base, docker, squeeze


def controls(c):
    c.add("control-docker.tar", docker(base()), "ok", packages=DEBS)
    c.add("control-docker.tar.gz", squeeze(docker(base())), "ok", packages=DEBS)
    c.add("control-oci.tar", Oci(images.zipped(base())).archive(), "ok", packages=DEBS)


def kind_1(c):
    """A file that is empty, random, text, zeros, or something else altogether."""
    c.add("empty", b"", "clear-error", says="empty")
    noise = c.random("noise")
    for length in (1, 511, 512, 100_000):
        c.add(f"random-{length}", noise.randbytes(length), "clear-error", parameters={"length": length})
        c.add(f"text-{length}", (b"hello world\n" * length)[:length], "clear-error", says="text")
    for blocks in (1, 2, 20, 2048):
        c.add(f"zeros-{blocks}", bytes(512 * blocks), "clear-error", says="zero", parameters={"blocks": blocks})
    looks = {
        "elf": (b"\x7fELF\x02\x01\x01", "ELF"),
        "zip": (b"PK\x03\x04\x14\0\0\0", "zip"),
        "html": (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        "json": (b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}', "JSON"),
        "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS"),
        "squashfs": (b"hsqs" + bytes(92), "squashfs"),
        "qcow2": (b"QFI\xfb\0\0\0\3" + bytes(64), "qcow2"),
        "deb": (b"!<arch>\ndebian-binary   ", "Debian"),
    }
    for name, (content, says) in looks.items():
        c.add(f"looks-{name}", content, "clear-error", says=says)
    c.add("looks-text.gz", squeeze(b"hello\n" * 1000), "clear-error", says="text")
    c.add("looks-empty.gz", squeeze(b""), "clear-error", says="empty")
    c.add("plain-tar", base(), "clear-error", says="not an image")
    c.add("plain-tar.gz", squeeze(base()), "clear-error", says="not an image")


def kind_2(c):
    """An archive cut at any block, within data, and within the blocks at its end."""
    whole = docker(base(), end=b"")
    for at in range(512, len(whole), 512):
        c.add(f"cut-{at}.tar", whole[:at], ["clear-error", "partial"], parameters={"at": at})
    for at in range(300, len(whole), 2048 + 100):
        c.add(f"cut-{at}-within.tar", whole[:at], ["clear-error", "partial"], parameters={"at": at})
    for end in (0, 1, 511, 512, 513, 1023):
        c.add(f"cut-end-{end}.tar", whole + bytes(end), "ok", packages=DEBS, parameters={"end bytes": end})
    squeezed = squeeze(whole + tar.END)
    for at in range(1, len(squeezed), max(1, len(squeezed) // 40)):
        c.add(f"cut-{at}.tar.gz", squeezed[:at], ["clear-error", "partial"], parameters={"at": at})
    layout = Oci(images.zipped(base())).archive()
    for at in range(512, len(layout) - 1024, 1024):
        c.add(f"cut-{at}.oci.tar", layout[:at], ["clear-error", "partial"], parameters={"at": at})
    # the layer itself is cut, the archive around it is sound
    layer = base(end=b"")
    for at in range(512, len(layer), 512):
        c.add(f"layer-cut-{at}.tar", docker(layer[:at]), ["clear-error", "partial", "ok"], parameters={"at": at})
    for at in (700, 1100, 2000, len(layer) - 500):
        c.add(f"layer-cut-{at}-within.tar", docker(layer[:at]), ["clear-error", "partial"], parameters={"at": at})
    c.add("layer-no-end.tar", docker(layer), "ok", packages=DEBS)
