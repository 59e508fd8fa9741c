"""Oracles for rpm_test.c.

  rpm_test.py extract IMAGE FOLDER   every layer's rpm database of an image archive, as FOLDER/N
  rpm_test.py make FOLDER            databases made by rpm, SQLite and Berkeley DB from the same
                                     packages, and FOLDER/want: what rpm lists

Prints the names of the files it made, one a line. Exits with 77 where a tool is missing.
"""
import gzip
import io
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tarfile

DATABASE = re.compile(r"^(\./)?(var/lib|usr/lib/sysimage|usr/share)/rpm/"
                      r"(Packages|Packages\.db|rpmdb\.sqlite)$")


def inflated(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def layers(archive):
    def read(name):
        return archive.extractfile(name).read()

    if "manifest.json" in archive.getnames():
        for name in json.loads(read("manifest.json"))[0]["Layers"]:
            yield inflated(read(name))
        return
    blob = lambda descriptor: read("blobs/sha256/" + descriptor["digest"].split(":")[1])
    manifest = json.loads(blob(json.loads(read("index.json"))["manifests"][0]))
    for layer in manifest["layers"]:
        yield inflated(blob(layer))


def extract(image, folder):
    made = 0
    with tarfile.open(image) as archive:
        for layer in layers(archive):
            with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
                for member in tar:
                    if member.isfile() and DATABASE.match(member.name):
                        with open(f"{folder}/{made}", "wb") as out:
                            out.write(tar.extractfile(member).read())
                        print(made)
                        made += 1


SPEC = """Name: {name}
Version: {version}
Release: {release}
{epoch}Summary: made for a test
License: {license}
Vendor: Tests & Sons
BuildArch: {arch}
%description
{text}
%package -n {name}-libs
Summary: libraries
%description -n {name}-libs
none
%install
mkdir -p %{{buildroot}}/opt/{name}
for i in $(seq {files}); do echo $i > %{{buildroot}}/opt/{name}/file-$i; done
%files
/opt/{name}
%files -n {name}-libs
"""

PACKAGES = [
    # name, version, release, epoch, files
    ("plain", "1.0", "1", None, 1),
    ("with-dashes-in-it", "2.5~rc1", "3.el9_1", 0, 3),
    ("epoch", "10^git5", "1.fc38", 7, 2),
    ("many-files", "4", "2", None, 900),
    ("gone", "1", "1", None, 300),
    ("last", "20240101", "0.1", 1, 40),
]


def run(*args, **more):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          **more).stdout


def build(folder):
    for name, version, release, epoch, files in PACKAGES:
        spec = f"{folder}/{name}.spec"
        with open(spec, "w") as out:
            out.write(SPEC.format(name=name, version=version, release=release, files=files,
                                  epoch="" if epoch is None else f"Epoch: {epoch}\n",
                                  license="MIT AND (GPLv2+ OR BSD)", arch="noarch",
                                  text="words " * 200))
        run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}/build",
            "--define", f"_rpmdir {folder}/rpms", spec)
    return sorted(f"{folder}/rpms/noarch/{f}" for f in os.listdir(f"{folder}/rpms/noarch"))


def install(folder, packages):
    """Debian's rpm can only write SQLite."""
    rpm = ["rpm", "--define", "_db_backend sqlite", "--dbpath", f"{folder}/rpmdb"]
    run(*rpm, "--initdb")
    run(*rpm, "-i", "--justdb", "--nodeps", "--nosignature", *packages)
    run(*rpm, "-e", "--justdb", "--nodeps", "gone", "gone-libs")
    return run(*rpm, "-qa", "--qf", "%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t"
               "%{SOURCERPM}\\t%{VENDOR}\\t%{LICENSE}\\n").decode()


def want_line(line):
    name, epoch, version, arch, source, vendor, license = line.split("\t")
    epoch = "" if epoch in ("(none)", "0") else epoch + ":"
    source, source_version, source_release = source[:-len(".src.rpm")].rsplit("-", 2)
    return "\t".join([name, epoch + version, source, f"{epoch}{source_version}-{source_release}",
                      arch, "", vendor, license])


def berkeley(folder, rows, page_bytes, order):
    """The rows of rpm's table in a hash file, by Berkeley DB's own tool."""
    key = struct.Struct(">I" if order == 4321 else "<I")
    out = ["VERSION=3", "format=bytevalue", "type=hash", f"db_pagesize={page_bytes}",
           f"db_lorder={order}", "HEADER=END", " 00000000", " " + key.pack(len(rows)).hex()]
    for number, blob in rows:
        out += [" " + key.pack(number).hex(), " " + blob.hex()]
    name = f"bdb-{page_bytes}-{order}"
    run("db5.3_load", f"{folder}/{name}", input="\n".join(out + ["DATA=END", ""]).encode())
    return name


def with_sqlite(folder, rows, page_bytes, reserved):
    name = f"sqlite-{page_bytes}-{reserved}"
    script = [f"pragma page_size={page_bytes};"]
    if reserved > 0:
        script.insert(0, f".filectrl reserve_bytes {reserved}")
    script += ["vacuum;", "CREATE TABLE Other(a); INSERT INTO Other VALUES (zeroblob(5000));",
               "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,"
               "blob BLOB NOT NULL);"]
    for number, blob in rows:
        script.append(f"INSERT INTO Packages VALUES ({number * 1000}, x'{blob.hex()}');")
    for number, _ in rows[::3]:
        script.append(f"INSERT INTO Packages VALUES ({number * 1000 + 1}, zeroblob(3000));"
                      f"DELETE FROM Packages WHERE hnum = {number * 1000 + 1};")
    run("sqlite3", f"{folder}/{name}", input="\n".join(script).encode())
    return name


def make(folder):
    for tool in ("rpm", "rpmbuild", "sqlite3", "db5.3_load"):
        if shutil.which(tool) is None:
            print("no " + tool)
            sys.exit(77)
    os.environ["HOME"] = folder
    listed = install(folder, build(folder))
    with open(f"{folder}/want", "w") as out:
        out.write("".join(want_line(line) + "\n" for line in listed.splitlines()))
    shutil.copy(f"{folder}/rpmdb/rpmdb.sqlite", f"{folder}/rpm-sqlite")
    with sqlite3.connect(f"file:{folder}/rpm-sqlite?immutable=1", uri=True) as base:
        rows = base.execute("SELECT hnum, blob FROM Packages ORDER BY hnum").fetchall()
    print("rpm-sqlite")
    for page_bytes in (512, 1024, 4096, 16384, 65536):
        for order in (1234, 4321):
            print(berkeley(folder, rows, page_bytes, order))
        for reserved in (0, 32):
            print(with_sqlite(folder, rows, page_bytes, reserved))


if sys.argv[1] == "extract":
    extract(sys.argv[2], sys.argv[3])
else:
    make(sys.argv[2])
