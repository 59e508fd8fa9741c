"""Kinds 21 to 23: links to and around a database, and databases that are no files."""

from . import images, tar
from .images import DEBS, OS_RELEASE, STATUS_PATH, base, docker, status

RELEASE = tar.file("etc/os-release", OS_RELEASE)


def controls(c):
    entries = RELEASE, tar.file("srv/status", status()), tar.symlink(STATUS_PATH, "/srv/status")
    c.add("control-link.tar", docker(tar.archive(*entries)), "ok", packages=DEBS)


def kind_21(c):
    """The database is a link: to the canary outside, or legally inside the image."""
    status_canary = c.path("canary-status")
    far = "../" * 60
    outside = {
        "absolute": [tar.symlink(STATUS_PATH, status_canary)],
        "relative": [tar.symlink(STATUS_PATH, far + status_canary[1:])],
        "through-folder": [tar.symlink("var/lib/dpkg", c.out), tar.file("x")],
        "through-proc": [tar.symlink(STATUS_PATH, "/proc/self/root" + status_canary)],
        "proc-fd": [tar.symlink(STATUS_PATH, "/proc/self/fd/3")],
        "hard": [tar.hardlink(STATUS_PATH, status_canary)],
        "hard-relative": [tar.hardlink(STATUS_PATH, far + status_canary[1:])],
        "passwd": [tar.symlink(STATUS_PATH, "/etc/passwd")],
        "host-dpkg": [tar.symlink(STATUS_PATH, "/var/lib/dpkg/status-old")],
        "write-through": [tar.symlink("usr/out", c.path("escape")), tar.file("usr/out/owned", b"owned")],
    }
    for name, entries in outside.items():
        c.add(f"link-{name}.tar", docker(tar.archive(RELEASE, *entries)), "partial")
        # the link stands where a sound database lay below
        expect = "ok" if name == "write-through" else "partial"
        if name == "hard-relative":
            expect = "ok"  # its target has no name inside the image: the entry is skipped and counted
        c.add(f"link-{name}-upper.tar", docker(base(), tar.archive(*entries)), expect, packages=DEBS if name == "write-through" else [])
    apk = tar.archive(tar.file("etc/os-release", images.ALPINE_RELEASE), tar.symlink("lib/apk/db/installed", c.path("canary-installed")))
    c.add("link-apk.tar", docker(apk), "partial")
    release = tar.archive(tar.symlink("etc/os-release", c.path("canary-os-release")), tar.file(STATUS_PATH, status()))
    c.add("link-os-release.tar", docker(release), "partial", packages=DEBS)
    data = tar.file("srv/status", status())
    inside = {
        "absolute": [data, tar.symlink(STATUS_PATH, "/srv/status")],
        "relative": [data, tar.symlink(STATUS_PATH, "../../../srv/status")],
        "too-far-up": [data, tar.symlink(STATUS_PATH, "../" * 50 + "srv/status")],
        "before": [tar.symlink(STATUS_PATH, "/srv/status"), data],
        "hard": [data, tar.hardlink(STATUS_PATH, "srv/status")],
        "hard-dotted": [data, tar.hardlink(STATUS_PATH, "./srv/status")],
        "folder": [tar.file("srv/dpkg/status", status()), tar.symlink("var/lib/dpkg", "/srv/dpkg")],
        "folders": [tar.file("srv/lib/dpkg/status", status()), tar.symlink("var", "data"), tar.symlink("data", "srv")],
        "of-links": [data, tar.symlink("a", "srv/status"), tar.symlink("b", "/a"), tar.symlink(STATUS_PATH, "/b")],
        "dots": [data, tar.symlink(STATUS_PATH, "/srv/./../srv//status")],
    }
    for name, entries in inside.items():
        c.add(f"inside-{name}.tar", docker(tar.archive(RELEASE, *entries)), "ok", packages=DEBS)
    across = docker(tar.archive(RELEASE, data), tar.archive(tar.symlink(STATUS_PATH, "/srv/status")))
    c.add("inside-other-layer.tar", across, "ok", packages=DEBS)
    changed = docker(
        tar.archive(RELEASE, tar.file("srv/status", status([("deb", "old", "1")])), tar.symlink(STATUS_PATH, "/srv/status")),
        tar.archive(tar.file("srv/status", status())),
    )
    c.add("inside-target-changed.tar", changed, "ok", packages=DEBS, absent=[["deb", "old", "1"]])
    hard = docker(tar.archive(RELEASE, data), tar.archive(tar.hardlink(STATUS_PATH, "srv/status")))
    c.add("inside-hard-other-layer.tar", hard, ["ok", "partial"])
    usr = tar.archive(tar.symlink("etc/os-release", "../usr/lib/os-release"), tar.file("usr/lib/os-release", OS_RELEASE), tar.file(STATUS_PATH, status()))
    c.add("inside-os-release.tar", docker(usr), "ok", packages=DEBS)


def kind_22(c):
    """Links in circles, long chains, and trees of `.` and `..`."""
    loops = {
        "self": [tar.symlink(STATUS_PATH, "status")],
        "self-absolute": [tar.symlink(STATUS_PATH, "/" + STATUS_PATH)],
        "two": [tar.symlink(STATUS_PATH, "a"), tar.symlink("var/lib/dpkg/a", "status")],
        "folder-self": [tar.symlink("var/lib/dpkg", "dpkg")],
        "folder-inside": [tar.symlink("var", "var/lib")],
        "folder-dot": [tar.symlink("var/lib/dpkg", ".")],
        "folder-up": [tar.symlink("var", "..")],
        "root": [tar.symlink("var", "/")],
        "growing": [tar.symlink("var", "var/var")],
        "hard-self": [tar.hardlink(STATUS_PATH, STATUS_PATH)],
        "hard-two": [tar.hardlink(STATUS_PATH, "a"), tar.hardlink("a", STATUS_PATH)],
        "release-self": [tar.symlink("etc/os-release", "os-release"), tar.symlink("usr/lib/os-release", "/etc/os-release")],
    }
    for name, entries in loops.items():
        c.add(f"loop-{name}.tar", docker(tar.archive(RELEASE, *entries)), "partial" if name != "release-self" else ["ok", "partial"])
    for hops in (1, 2, 3):
        chain = [tar.symlink(f"c/{i}", f"/c/{i + 1}") for i in range(hops)]
        entries = [tar.symlink(STATUS_PATH, "/c/0"), *chain, tar.file(f"c/{hops}", status())]
        c.add(f"chain-short-{hops}.tar", docker(tar.archive(RELEASE, *entries)), "ok", packages=DEBS, parameters={"hops": hops})
    for length in (10, 39, 41, 1_000, 10_000):
        chain = [tar.symlink(f"c/{i}", f"/c/{i + 1}") for i in range(length - 1)]
        entries = [tar.symlink(STATUS_PATH, "/c/0"), *chain, tar.file(f"c/{length - 1}", status())]
        expect = ["ok", "partial"]
        c.add(f"chain-{length}.tar", docker(tar.archive(RELEASE, *entries)), expect, parameters={"hops": length})
        folders = [tar.symlink(f"c/{i}", f"{i + 1}") for i in range(length - 1)]
        entries = [tar.symlink("var/lib/dpkg", "/c/0"), *folders, tar.file(f"c/{length - 1}/status", status())]
        c.add(f"chain-folders-{length}.tar", docker(tar.archive(RELEASE, *entries)), expect, parameters={"hops": length})
        layers = [tar.archive(entry) for entry in chain[:100]]
        c.add(f"chain-layers-{length}.tar", docker(base(), *layers), "ok", packages=DEBS, parameters={"hops": length})
    # doubling: each link names the next one twice
    doubling = [tar.symlink(f"d{i}", f"d{i + 1}/x/../../d{i + 1}") for i in range(40)]
    c.add("doubling.tar", docker(tar.archive(RELEASE, tar.symlink(STATUS_PATH, "/d0/x"), *doubling)), ["ok", "partial"])
    dots = [tar.symlink("v", "."), tar.symlink(STATUS_PATH, "/" + "v/" * 1_000 + "srv/status"), tar.file("srv/status", status())]
    c.add("dots.tar", docker(tar.archive(RELEASE, *dots)), ["ok", "partial"])
    up = [tar.symlink(STATUS_PATH, "../" * 1_000 + "srv/status"), tar.file("srv/status", status())]
    c.add("ups.tar", docker(tar.archive(RELEASE, *up)), ["ok", "partial"])
    tree = [tar.symlink(f"t{i}/{name}", target) for i in range(2_000) for name, target in (("a", "."), ("b", ".."))]
    c.add("tree.tar", docker(base(), tar.archive(*tree)), "ok", packages=DEBS)
    many = [tar.symlink(f"var/lib/dpkg/status.d/p{i}", f"p{i + 1}") for i in range(10_000)]
    c.add("chain-claimed.tar", docker(base(*many)), ["ok", "partial"], packages=DEBS, mb=64)
    many = [tar.symlink(f"var/lib/dpkg/status.d/p{i}", f"/srv/{i}") for i in range(10_000)]
    c.add("links-claimed-dangling.tar", docker(base(*many)), ["ok", "partial"], packages=DEBS, mb=64)


def kind_23(c):
    """A database that is a device, a pipe or a folder."""
    for name, type in (("fifo", b"6"), ("char", b"3"), ("block", b"4"), ("folder", b"5")):
        for size in (0, 512):
            entry = tar.header(STATUS_PATH, size, type, at_329=b"0000001\0", at_337=b"0000005\0")
            entries = [RELEASE, entry, tar.file("usr/x", b"x")]
            parameters = {"type": name, "size": size}
            c.add(f"database-{name}-{size}.tar", docker(tar.archive(*entries)), "partial", parameters=parameters)
            c.add(f"database-{name}-{size}-upper.tar", docker(base(), tar.archive(*entries)), "partial", parameters=parameters, absent=DEBS)
    folder = tar.archive(RELEASE, tar.folder(STATUS_PATH), tar.file(STATUS_PATH + "/x", b"x"))
    c.add("database-folder-with-file.tar", docker(folder), "partial")
    release = tar.archive(tar.header("etc/os-release", 0, b"6"), tar.file(STATUS_PATH, status()))
    c.add("release-fifo.tar", docker(release), "partial", packages=DEBS)
    rpm = tar.archive(tar.file("etc/os-release", images.ALMA_RELEASE), tar.header("var/lib/rpm/rpmdb.sqlite", 0, b"3"))
    c.add("rpm-device.tar", docker(rpm), "partial")
    for flag in (b"7", b"Z", b"D", b"M", b"V", b"N", b"\xff"):
        entry = tar.header("usr/odd", 3, flag) + tar.padded(b"odd")
        c.add(f"type-{flag.hex()}.tar", docker(base(entry)), ["ok", "clear-error", "partial"], packages=[], parameters={"type": flag.hex()})
