#!/usr/bin/env python3
"""Archives that GNU tar, bsdtar and Python write, and the layers of real images, listed by
tar_tool (argument 1) and by Python's tarfile and bsdtar: the lists have to be equal. TAP."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

TOOL = sys.argv[1]
SHARED = os.environ.get("LIMPID_SHARED", "")
TYPES = {
    tarfile.LNKTYPE: "h",
    tarfile.SYMTYPE: "l",
    tarfile.CHRTYPE: "c",
    tarfile.BLKTYPE: "b",
    tarfile.DIRTYPE: "d",
    tarfile.FIFOTYPE: "p",
}
EMPTY = hashlib.sha256(b"").hexdigest()
number = 0
failures = 0


def report(name, problem=None, skip=None):
    global number, failures
    number += 1
    failures += problem is not None
    if problem is not None:
        print("\n".join("# " + line for line in problem.splitlines()[:10]))
    print(f"{'ok' if problem is None else 'not ok'} {number} - {name}"
          + (f" # SKIP {skip}" if skip else ""), flush=True)


def raw(text):
    return text.encode("utf-8", "surrogateescape")


def ours(path):
    """Entries as tar_tool sees them, and how it ended."""
    lines = subprocess.run([TOOL, path], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.splitlines()
    entries = []
    for line in lines[:-1]:
        kind, size, mode, mtime, name, link, digest = line.split()
        name = b"" if name == "-" else bytes.fromhex(name)
        link = b"" if link == "-" else bytes.fromhex(link)
        # tarfile drops the slashes at the end of a name
        entries.append((kind, int(size), int(mode, 8), int(mtime), name.rstrip(b"/"),
                        link, digest))
    return entries, lines[-1]


def theirs(path):
    """The same as Python sees it."""
    entries = []
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            kind = TYPES.get(member.type, "f")
            digest, size = EMPTY, 0
            if kind == "f":
                size = member.size
                content = archive.extractfile(member)
                hasher = hashlib.sha256()
                for block in iter(lambda: content.read(1 << 20), b""):
                    hasher.update(block)
                digest = hasher.hexdigest()
            link = raw(member.linkname) if kind in "hl" else b""
            entries.append((kind, size, member.mode & 0o7777, int(member.mtime // 1),
                            raw(member.name).rstrip(b"/"), link, digest))
    return entries


def names_of_bsdtar(path):
    run = subprocess.run(["bsdtar", "-tf", path], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
    return run.stdout.splitlines()


def compare(path):
    got, end = ours(path)
    want = theirs(path)
    if end != "end":
        return end
    for index, (mine, other) in enumerate(zip(got, want)):
        if mine != other:
            return f"entry {index} is\n{mine}, not\n{other}"
    if len(got) != len(want):
        return f"{len(got)} entries, not {len(want)}"
    if shutil.which("bsdtar"):
        names = names_of_bsdtar(path)
        if len(names) != len(got):
            return f"{len(got)} entries, not {len(names)} as bsdtar says"
        for mine, name in zip(got, names):
            # bsdtar escapes what is not ASCII, and backslashes
            plain = all(0x20 <= c < 0x7f and c != 0x5c for c in mine[4])
            if plain and mine[4] != name.rstrip(b"/"):
                return f"{mine[4]} is {name} as bsdtar says"
    return None


def make_tree(root):
    def put(name, content):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)

    put("etc/os-release", b"ID=debian\n")
    put("empty", b"")
    put("block", b"b" * 512)
    put("block-and-one", b"b" * 513)
    put("large", bytes(range(256)) * 5000)
    put("b\u00e4r/\u6f22\u5b57", b"name")
    put("a name with blanks\nand a newline", b"x")
    for length in (98, 99, 100, 101, 154, 155, 156, 250):
        put("n" * length, b"%d" % length)
    for depth in (2, 3, 5, 8):
        put("/".join(["folder" * 8] * depth) + "/file", b"deep")
    for length in (99, 100, 101, 300):
        os.symlink("t" * length, os.path.join(root, f"link-{length}"))
    os.symlink("../etc/os-release", os.path.join(root, "etc/link"))
    os.link(os.path.join(root, "etc/os-release"), os.path.join(root, "zz-hardlink"))
    os.link(os.path.join(root, "n" * 250), os.path.join(root, "zz-hardlink-to-long"))
    os.mkfifo(os.path.join(root, "pipe"))
    os.makedirs(os.path.join(root, "empty-folder"))
    os.chmod(os.path.join(root, "large"), 0o4755)
    os.utime(os.path.join(root, "block"), (1, -86400))
    os.utime(os.path.join(root, "empty"), ns=(1, 1700000000987654321))
    # holes: at the start, in the middle, at the end; more parts than an old header holds
    with open(os.path.join(root, "sparse-few"), "wb") as file:
        file.truncate(3 << 20)
        file.seek(1 << 20)
        file.write(b"data")
    with open(os.path.join(root, "sparse-many"), "wb") as file:
        for part in range(60):
            file.seek(part << 16)
            file.write(b"part %d" % part)
        file.truncate(60 << 16)
    with open(os.path.join(root, "sparse-all"), "wb") as file:
        file.truncate(1 << 20)


def commands():
    for form in ("v7", "ustar", "oldgnu", "gnu", "posix"):
        yield f"GNU tar, {form}", ["tar", f"--format={form}"]
    for form in ("oldgnu", "gnu"):
        yield f"GNU tar, {form}, sparse", ["tar", f"--format={form}", "-S"]
    for version in ("0.0", "0.1", "1.0"):
        yield (f"GNU tar, posix, sparse {version}",
               ["tar", "--format=posix", "-S", f"--sparse-version={version}"])
    for form in ("v7tar", "ustar", "gnutar", "pax"):
        yield f"bsdtar, {form}", ["bsdtar", f"--format={form}"]


def test_made(work):
    tree = os.path.join(work, "tree")
    make_tree(tree)
    path = os.path.join(work, "made.tar")
    for name, command in commands():
        if shutil.which(command[0]) is None:
            report(name, skip=f"no {command[0]}")
            continue
        # what a format cannot say is left out, with a complaint
        subprocess.run(command + ["-cf", path, "-C", tree, "."], stderr=subprocess.DEVNULL)
        report(name, compare(path))
    for name, form in (("ustar", tarfile.USTAR_FORMAT), ("GNU", tarfile.GNU_FORMAT),
                       ("pax", tarfile.PAX_FORMAT)):
        with tarfile.open(path, "w", format=form, pax_headers={"comment": "made by a test"}
                          if form == tarfile.PAX_FORMAT else None) as archive:
            for folder, folders, files in os.walk(tree):
                for item in folders + files:
                    full = os.path.join(folder, item)
                    try:
                        archive.add(full, os.path.relpath(full, tree), recursive=False)
                    except ValueError:
                        pass  # too long for ustar
        report(f"Python, {name}", compare(path))


def unpacked(content):
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    if content[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=content, stdout=subprocess.PIPE,
                              check=True).stdout
    return content


def is_tar(content):
    return content[257:262] == b"ustar" or (content and not any(content[:1024]))


def blobs(path):
    """Contents of an image that may be layers."""
    if os.path.isdir(path):
        for folder, _, files in os.walk(path):
            for name in sorted(files):
                with open(os.path.join(folder, name), "rb") as file:
                    yield name, file.read()
        return
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isreg():
                yield member.name, archive.extractfile(member).read()


def test_image(name, image, work):
    path = os.path.join(work, "layer.tar")
    layers = 0
    for _, blob in [("", open(image, "rb").read())] if os.path.isfile(image) else []:
        with open(path, "wb") as file:
            file.write(unpacked(blob))
        problem = compare(path)
        if problem:
            return f"the image itself: {problem}", 0
    for blob_name, blob in blobs(image):
        content = unpacked(blob)
        if not is_tar(content):
            continue
        with open(path, "wb") as file:
            file.write(content)
        problem = compare(path)
        if problem:
            return f"{blob_name}: {problem}", 0
        layers += 1
    return (None if layers else "no layer"), layers


def test_images(work):
    folder = os.path.join(SHARED, "images")
    if not os.path.isdir(folder) or shutil.which("zstd") is None:
        report("layers of real images", skip="no images, or no zstd")
        return
    for name in sorted(os.listdir(folder)):
        if name.endswith((".tar", ".tar.gz", ".oci")):
            problem, layers = test_image(name, os.path.join(folder, name), work)
            report(f"{name}: {layers} layers", problem)


def main():
    with tempfile.TemporaryDirectory() as work:
        test_made(work)
        test_images(work)
    print(f"1..{number}")
    return 1 if failures else 0


sys.exit(main())
