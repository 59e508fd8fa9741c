"""Kind 42: root file systems with things in them that are no files, or that change.

`special` says what the test does beside the scan:
  grow FILE      appends to it while it is read
  swap FILE      puts a link to the canary in its place, and back, all the time
  unreadable     runs the scan as nobody
Kind 47: `rewrite` changes the archive while it is read.
"""

import os

from . import images
from .images import APKS, DEBS, base, docker, stanza, status


def write(path, files):
    for name, content in files.items():
        where = os.path.join(path, name)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "wb") as out:
            out.write(content.encode() if isinstance(content, str) else content)


FILES = {"etc/os-release": images.OS_RELEASE, "var/lib/dpkg/status": status()}


def folder(c, name, expect, files=None, **more):
    path = c.add(name, None, expect, source="rootfs", **more)
    os.makedirs(path)
    write(path, FILES if files is None else files)
    return path


def controls(c):
    folder(c, "control-root", "ok", packages=DEBS)


def replaced(path, name):
    where = os.path.join(path, name)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    if os.path.lexists(where):
        os.unlink(where)
    return where


def kind_42(c):
    status_file, release = "var/lib/dpkg/status", "etc/os-release"
    places = {"database": status_file, "release": release, "apk": "lib/apk/db/installed", "rpm": "var/lib/rpm/Packages"}
    for what, name in places.items():
        listed = DEBS if what != "database" else []
        os.mkfifo(replaced(folder(c, f"root-{what}-fifo", "partial", packages=listed), name))
        os.mkdir(replaced(folder(c, f"root-{what}-folder", "partial", packages=listed), name))
        links = {
            "zero": "/dev/zero",
            "random": "/dev/random",
            "out": c.path("canary-status"),
            "out-relative": "../" * 40 + c.path("canary-status")[1:],
            "self": os.path.basename(name),
            "dangling": "nowhere",
            "proc": "/proc/self/environ",
            "fifo": "fifo",
            "passwd": "/etc/passwd",
        }
        for link, target in links.items():
            expect = "partial" if what == "database" else ["ok", "partial"]
            if what == "release":
                expect = ["ok", "partial"]
            where = replaced(folder(c, f"root-{what}-link-{link}", expect, packages=listed), name)
            os.symlink(target, where)
            if link == "fifo":
                os.mkfifo(os.path.join(os.path.dirname(where), "fifo"))
    for name, target in {"out": c.out, "up": "..", "self": "dpkg", "root": "/", "absolute": "/var/lib/dpkg"}.items():
        path = folder(c, f"root-folder-link-{name}", ["ok", "partial"], {release: images.OS_RELEASE})
        os.makedirs(os.path.join(path, "var/lib"))
        os.symlink(target, os.path.join(path, "var/lib/dpkg"))
    path = folder(c, "root-link-inside", "ok", {release: images.OS_RELEASE, "srv/dpkg/status": status()}, packages=DEBS)
    os.makedirs(os.path.join(path, "var/lib"))
    os.symlink("/srv/dpkg", os.path.join(path, "var/lib/dpkg"))
    path = folder(c, "root-link-usr", "ok", {"usr/lib/os-release": images.ALPINE_RELEASE, "usr/lib/apk/db/installed": images.installed()}, packages=APKS)
    os.symlink("usr/lib", os.path.join(path, "lib"))
    path = folder(c, "root-unreadable", "partial", special="unreadable")
    os.chmod(os.path.join(path, "var/lib/dpkg"), 0)
    path = folder(c, "root-unreadable-file", "partial", special="unreadable")
    os.chmod(os.path.join(path, status_file), 0)
    path = folder(c, "root-sparse", "partial", seconds=5)
    os.truncate(os.path.join(path, status_file), 1 << 40)
    path = folder(c, "root-sparse-release", "partial", packages=DEBS, seconds=5)
    os.truncate(os.path.join(path, release), 1 << 40)
    big = "".join(stanza(f"filler-{i}", "1") for i in range(20_000))
    folder(c, "root-growing", ["ok", "partial"], {release: images.OS_RELEASE, status_file: status() + big}, special=f"grow {status_file}")
    folder(c, "root-swapped", ["ok", "partial"], {**FILES}, special=f"swap {status_file}")
    folder(c, "root-swapped-folder", ["ok", "partial"], {**FILES}, special="swap var/lib/dpkg")
    many = {release: images.OS_RELEASE, **{f"var/lib/dpkg/status.d/p{i}": f"Package: p{i}\nVersion: 1\nArchitecture: all\n" for i in range(5_000)}}
    folder(c, "root-many", "ok", many, packages=[["deb", "p0", "1"], ["deb", "p4999", "1"]], mb=64)
    folder(c, "root-empty", ["ok", "partial"], {})
    path = folder(c, "root-odd-names", ["ok", "partial"], packages=DEBS)
    for name in (b"\x1b[31m", b"a\nb", b"\xff\xfe", "\u202e".encode(), b"n" * 255):
        write(path, {})
        os.makedirs(os.path.join(path, "var/lib/dpkg/status.d"), exist_ok=True)
        where = os.path.join(os.fsencode(path), b"var/lib/dpkg/status.d", name)
        with open(where, "wb") as out:
            out.write(b"Package: odd\nVersion: 1\n")
    deep = folder(c, "root-deep", "ok", packages=DEBS)
    down = os.open(deep, os.O_RDONLY)
    for _ in range(1_000):
        os.mkdir("d" * 20, dir_fd=down)
        inner = os.open("d" * 20, os.O_RDONLY, dir_fd=down)
        os.close(down)
        down = inner
    os.close(down)


def kind_47(c):
    """The archive changes while it is scanned."""
    layers = [base()] + [images.tar.archive(images.tar.file(f"usr/f{i}", c.random(f"race {i}").randbytes(1 << 20))) for i in range(20)]
    squeezed = docker(*(images.zipped(layer, 1) for layer in layers))
    for how in ("rewrite", "truncate", "replace"):
        c.add(f"race-{how}.tar", squeezed, ["ok", "partial", "clear-error"], special=how)
