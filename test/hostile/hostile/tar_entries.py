"""Kinds 19, 20, 27 and 28: how many entries, what they are called, and which of them counts."""

import hashlib
import zlib

from . import images, tar
from .compression import GZIP_HEAD
from .images import DEBS, STATUS_PATH, Layer, base, docker, squeeze, status, zipped


def controls(c):
    c.add("control-entries.tar", docker(base(tar.file("usr/bin/true", b"x"))), "ok", packages=DEBS)
    upper = tar.archive(tar.file(STATUS_PATH, status(DEBS[:2])))
    c.add("control-upper.tar", docker(base(), upper), "ok", packages=DEBS[:2], absent=DEBS[2:])


class Pressed:
    """A gzip layer and its diff ID, made piece by piece."""

    def __init__(self):
        self.squeezer = zlib.compressobj(1, zlib.DEFLATED, -15)
        self.parts, self.crc, self.size = [GZIP_HEAD], 0, 0
        self.hash = hashlib.sha256()

    def write(self, data):
        self.hash.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)
        self.parts.append(self.squeezer.compress(data))

    def layer(self):
        self.parts.append(self.squeezer.flush())
        self.parts.append(self.crc.to_bytes(4, "little") + (self.size & 0xFFFFFFFF).to_bytes(4, "little"))
        return Layer(b"".join(self.parts), "sha256:" + self.hash.hexdigest(), "tar+gzip")


def many_empty(count, name_length, type=b"0", link=b""):
    """A layer of `count` entries behind the packages. The number in the name is put into a ready
    header; only the digits change its checksum."""
    name = b"usr/share/%07d" + b"x" * (name_length - 17)
    pressed = Pressed()
    pressed.write(base(end=b""))
    template = bytearray(tar.header(name % 0, 0, type, link))
    zero_sum = int(template[148:154], 8)
    pieces = []
    for i in range(count):
        digits = b"%07d" % i
        template[10:17] = digits
        template[148:154] = b"%06o" % (zero_sum + sum(digits) - 7 * 48)
        pieces.append(bytes(template))
        if len(pieces) == 4096:
            pressed.write(b"".join(pieces))
            pieces.clear()
    pressed.write(b"".join(pieces) + tar.END)
    return pressed.layer()


def kind_19(c):
    """Very many entries: memory does not depend on how many."""
    count = c.options.entries
    common = {"packages": DEBS, "seconds": 10 + count // 100_000, "mb": 24, "parameters": {"entries": count}}
    c.add("entries-ten.tar", docker(many_empty(10, 20)), "ok", **{**common, "parameters": {"entries": 10}})
    c.add("entries-many.tar", docker(many_empty(count, 20)), "ok", **common)
    c.add("entries-many-links.tar", docker(many_empty(count // 4, 100, b"2", b"/usr/share/nowhere")), "ok", **common)
    small = tar.archive(*(tar.file(f"a{i}/x") for i in range(20_000)), end=b"")
    c.add("entries-archive.tar", docker(base(), extra=[small]), "ok", packages=DEBS, parameters={"entries of the archive": 20_000})
    small = tar.header("a", 0) * 150_000
    c.add("entries-archive-over.tar.gz", squeeze(docker(base(), extra=[small]), 1), "clear-error", says="limit|more than", mb=96)
    # each of many files in a folder that a detector claims
    records = [tar.file(f"var/lib/dpkg/status.d/p{i:05}", f"Package: p{i:05}\nVersion: {i}\nArchitecture: all\n") for i in range(20_000)]
    layer = tar.archive(tar.file("etc/os-release", images.OS_RELEASE), *records)
    packages = [["deb", f"p{i:05}", str(i)] for i in (0, 9_999, 19_999)]
    c.add("entries-status-d.tar", docker(zipped(layer, 1)), "ok", packages=packages, mb=96)
    names = "".join(f"n{i}/" for i in range(600))
    unwanted = tar.archive(*(tar.file(f"{names}{i}", b"") for i in range(20_000)))
    c.add("entries-long-paths.tar", docker(base(), zipped(unwanted, 1)), "ok", packages=DEBS)


def kind_20(c):
    """Names: they lead out, are empty, have NULs, are no text, or enormously long."""
    out = {
        "parent": f"../{c.canary}",
        "parents": "../" * 40 + "etc/os-release",
        "inside-parent": f"usr/../../{c.canary}",
        "escape-relative": "../escape/owned",
        "escape": c.path("escape", "owned"),
        "absolute-status": "/var/lib/dpkg/status2",
        "dot": ".",
        "dots": "..",
        "root": "/",
        "slashes": "///",
        "double-slash": "usr//bin//x",
        "trailing-dots": "usr/bin/..",
        "blank": " ",
        "newline": "usr/a\nb",
        "control": "usr/\x1b[31m\x07\x08\x7f",
        "bidi": "usr/\u202egpj.exe",
        "latin1": b"usr/caf\xe9",
        "overlong": b"usr/\xc0\xae\xc0\xae/x",
        "surrogate": b"usr/\xed\xa0\x80",
        "backslash": "..\\..\\escape\\owned",
        "drive": "C:\\escape\\owned",
        "dash": "-rf",
        "255": "usr/" + "n" * 255,
        "256": "usr/" + "n" * 256,
        "4096": "d/" * 2047 + "xx",
        "4097": "d/" * 2048 + "x",
        "65536": "d/" * 32768,
        "100000-components": "d/" * 100_000 + "x",
        "million": "n" * 1_000_000,
    }
    for name, path in out.items():
        length = {"parameters": {"length": len(tar.raw(path))}}
        entries = [tar.file(path, b"content")]
        c.add(f"name-{name}.tar", docker(base(*entries)), "ok", packages=DEBS, **length)
        if len(tar.raw(path)) < 1 << 16:
            long = [tar.gnu_long(path) + tar.header("cut", 7, magic=tar.GNU) + tar.padded(b"content")]
            c.add(f"name-gnu-{name}.tar", docker(base(*long)), "ok", packages=DEBS, **length)
        if len(tar.raw(path)) < 1 << 13:
            c.add(f"name-link-{name}.tar", docker(base(tar.symlink("usr/link", path))), "ok", packages=DEBS, **length)
            c.add(f"name-hard-{name}.tar", docker(base(tar.pax({"linkpath": path}) + tar.hardlink("usr/link", "x"))), "ok", packages=DEBS, **length)
    c.add("name-empty.tar", docker(base(tar.file("", b"x"))), "ok", packages=DEBS)
    c.add("name-nul-pax.tar", docker(base(tar.pax({"path": "var/lib/dpkg/status\0x"}) + tar.header("x", 0))), ["ok", "partial", "clear-error"], packages=[])
    c.add("name-empty-pax.tar", docker(base(tar.pax({"path": ""}) + tar.file("usr/x", b"x"))), ["ok", "clear-error"], packages=[])
    # odd spellings of a database's name are its name
    spellings = ("./var/lib/dpkg/status", "/var/lib/dpkg/status", "var//lib/dpkg/./status", "var/lib/dpkg/x/../status", "././/var/lib/dpkg/status")
    for i, spelling in enumerate(spellings):
        upper = tar.archive(tar.file(spelling, status(DEBS[:2])))
        c.add(f"name-spelling-{i}.tar", docker(base(), upper), ["ok", "partial"], packages=DEBS[:2], absent=DEBS[2:] if "/../" not in spelling else [], parameters={"name": spelling})
    case = tar.archive(tar.file("VAR/LIB/DPKG/STATUS", status([("deb", "other-case", "1")])))
    c.add("name-case.tar", docker(base(), case), "ok", packages=DEBS, absent=[["deb", "other-case", "1"]])
    v7 = tar.header("etc/os-release", len(images.OS_RELEASE), b"\0", magic=bytes(8)) + tar.padded(images.OS_RELEASE.encode())
    old = tar.archive(v7, tar.header(STATUS_PATH, len(status()), b"\0", magic=bytes(8)) + tar.padded(status().encode()))
    c.add("name-v7.tar", docker(old), "ok", packages=DEBS)
    split = tar.archive(
        tar.file("etc/os-release", images.OS_RELEASE),
        tar.header("dpkg/status", len(status()), prefix=b"var/lib") + tar.padded(status().encode()),
    )
    c.add("name-prefix.tar", docker(split), "ok", packages=DEBS)
    # GNU headers have times where ustar has a prefix
    times = tar.archive(
        tar.file("etc/os-release", images.OS_RELEASE, magic=tar.GNU),
        tar.header(STATUS_PATH, len(status()), magic=tar.GNU, at_345=b"14000000000\x0014000000000\0") + tar.padded(status().encode()),
    )
    c.add("name-gnu-times.tar", docker(times), "ok", packages=DEBS)


def kind_27(c):
    """Whiteouts: of lower layers only, of any type, with any name."""
    gone = {"packages": [], "absent": DEBS}
    there = {"packages": DEBS}
    whole = status().encode()
    cases = {
        "file": ([tar.file("var/lib/dpkg/.wh.status")], gone, ["ok", "partial"]),
        "folder": ([tar.file("var/lib/.wh.dpkg")], gone, ["ok", "partial"]),
        "top": ([tar.file(".wh.var")], gone, ["ok", "partial"]),
        "other": ([tar.file("var/lib/dpkg/.wh.status-old")], there, "ok"),
        "longer": ([tar.file("var/lib/dpkg/.wh.statu")], there, "ok"),
        "opaque": ([tar.file("var/lib/dpkg/.wh..wh..opq")], gone, ["ok", "partial"]),
        "opaque-above": ([tar.file("var/.wh..wh..opq")], gone, ["ok", "partial"]),
        "opaque-root": ([tar.file(".wh..wh..opq")], gone, ["ok", "partial"]),
        "opaque-before": ([tar.file("var/lib/dpkg/.wh..wh..opq"), tar.file(STATUS_PATH, whole)], there, "ok"),
        "opaque-after": ([tar.file(STATUS_PATH, whole), tar.file("var/lib/dpkg/.wh..wh..opq")], there, "ok"),
        "before": ([tar.file("var/lib/dpkg/.wh.status"), tar.file(STATUS_PATH, whole)], there, "ok"),
        "after": ([tar.file(STATUS_PATH, whole), tar.file("var/lib/dpkg/.wh.status")], there, "ok"),
        "folder-after": ([tar.file(STATUS_PATH, whole), tar.file("var/lib/.wh.dpkg")], there, "ok"),
        "dotted": ([tar.file("./var/lib/dpkg/.wh.status")], gone, ["ok", "partial"]),
        "absolute": ([tar.file("/var/lib/dpkg/.wh.status")], gone, ["ok", "partial"]),
        "as-folder": ([tar.folder("var/lib/dpkg/.wh.status")], gone, ["ok", "partial"]),
        "as-link": ([tar.symlink("var/lib/dpkg/.wh.status", "x")], gone, ["ok", "partial"]),
        "as-device": ([tar.header("var/lib/dpkg/.wh.status", 0, b"3")], gone, ["ok", "partial"]),
        "with-content": ([tar.file("var/lib/dpkg/.wh.status", b"content")], gone, ["ok", "partial"]),
        "nothing": ([tar.file("var/lib/dpkg/.wh.")], there, "ok"),
        "dot": ([tar.file("var/lib/dpkg/.wh..")], there, "ok"),
        "dot-dot": ([tar.file("var/lib/dpkg/.wh...")], there, "ok"),
        "aufs": ([tar.folder(".wh..wh.plnk"), tar.file(".wh..wh.aufs")], there, "ok"),
        "of-whiteout": ([tar.file("var/lib/dpkg/.wh..wh.status")], there, "ok"),
        "absent": ([tar.file("usr/.wh.nothing")], there, "ok"),
        "inside-name": ([tar.file("var/lib/dpkg/status.wh.")], there, "ok"),
        "many": ([tar.file(f"var/lib/dpkg/.wh.x{i}") for i in range(10_000)], there, "ok"),
    }
    for name, (entries, listed, expect) in cases.items():
        c.add(f"whiteout-{name}.tar", docker(base(), tar.archive(*entries)), expect, **listed)
    c.add("whiteout-lowest.tar", docker(base(tar.file("var/lib/dpkg/.wh.status"))), "ok", packages=DEBS)
    two = tar.archive(tar.file("var/lib/dpkg/.wh.status"))
    c.add("whiteout-and-again.tar", docker(base(), two, tar.archive(tar.file(STATUS_PATH, whole))), "ok", packages=DEBS)
    folder_to_file = tar.archive(tar.file("var/lib/dpkg", b"now a file"))
    c.add("whiteout-folder-to-file.tar", docker(base(), folder_to_file), ["ok", "partial"], absent=DEBS)
    to_link = tar.archive(tar.symlink("var/lib/dpkg", "../../srv"))
    c.add("whiteout-folder-to-link.tar", docker(base(), to_link), ["ok", "partial"], absent=DEBS)


def kind_28(c):
    """The same database several times: the last one counts."""
    old = status([("deb", "old", "1")])
    gone = [["deb", "old", "1"]]
    c.add("twice.tar", docker(tar.archive(tar.file("etc/os-release", images.OS_RELEASE), tar.file(STATUS_PATH, old), tar.file(STATUS_PATH, status()))), "ok", packages=DEBS, absent=gone)
    thousand = [tar.file(STATUS_PATH, status([("deb", f"old-{i}", "1")])) for i in range(1_000)]
    c.add("thousand.tar", docker(base(database=old), tar.archive(*thousand, tar.file(STATUS_PATH, status()))), "ok", packages=DEBS, absent=gone + [["deb", "old-0", "1"]])
    large = status() + "".join(images.stanza(f"filler-{i}", "1.0-1") for i in range(2_000))
    layers = [zipped(tar.archive(tar.file(STATUS_PATH, large + images.stanza(f"new-{i}", "1"))), 1) for i in range(100)]
    c.add("layers-100-databases.tar", docker(base(), *layers), "ok", packages=[*DEBS, ["deb", "new-99", "1"]], absent=[["deb", "new-98", "1"]], mb=48)
    folders = [tar.archive(*(tar.file(f"var/lib/dpkg/status.d/p{k}", f"Package: p{k}\nVersion: {i}\n") for k in range(1_000))) for i in range(50)]
    c.add("layers-50-status-d.tar", docker(base(), *(zipped(layer, 1) for layer in folders)), "ok", packages=[*DEBS, ["deb", "p999", "49"]], absent=[["deb", "p999", "48"]], mb=64)
    opaque = [tar.archive(tar.file("var/lib/dpkg/status.d/.wh..wh..opq"), *(tar.file(f"var/lib/dpkg/status.d/p{k}", f"Package: p{k}\nVersion: {i}\n") for k in range(1_000))) for i in range(50)]
    c.add("layers-50-opaque.tar", docker(base(), *(zipped(layer, 1) for layer in opaque)), "ok", packages=[*DEBS, ["deb", "p999", "49"]], absent=[["deb", "p999", "48"]], mb=64)
    c.add("file-then-folder.tar", docker(base(tar.folder(STATUS_PATH))), "partial", absent=DEBS)
    c.add("file-then-folder-and-file.tar", docker(base(tar.folder(STATUS_PATH), tar.file(STATUS_PATH, status(DEBS[:1])))), ["ok", "partial"], packages=DEBS[:1], absent=DEBS[1:])
    c.add("file-then-device.tar", docker(base(tar.header(STATUS_PATH, 0, b"3"))), "partial", absent=DEBS)
    c.add("parent-then-file.tar", docker(base(tar.file("var/lib/dpkg", b"x"))), ["ok", "partial"], absent=DEBS)
    c.add("empty-last.tar", docker(base(tar.file(STATUS_PATH, b""))), ["ok", "partial"], absent=DEBS)
    release = tar.file("etc/os-release", "ID=alpine\nVERSION_ID=3.18.0\n")
    c.add("release-last.tar", docker(base(release)), ["ok", "partial"], packages=DEBS)
    both = base(tar.file("lib/apk/db/installed", images.installed()))
    c.add("two-managers.tar", docker(both), ["ok", "partial"], packages=[*DEBS, *images.APKS])
