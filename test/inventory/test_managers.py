"""Root file systems that real package managers made here, compared with what they say themselves."""

import os
import shutil
import subprocess
import sys

import program
import pytest

ALMA = 'ID="almalinux"\nVERSION_ID="9.3"\n'


def listed(root, cache):
    done = program.run("inventory", "--format", "tsv", f"dir:{root}", cache=cache)
    assert done.status == 0, done
    return sorted(done.text.splitlines())


@pytest.mark.slow
def test_databases_that_rpm_sqlite_and_berkeley_db_wrote(cache, tmp_path):
    """rpm of Debian 12 writes SQLite; Berkeley DB's tools and sqlite3 write the other forms."""
    work = tmp_path / "made"
    work.mkdir()
    tool = os.path.join(program.SOURCE, "src", "detect", "rpm_test.py")
    done = subprocess.run([sys.executable, tool, "make", str(work)], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip(f"{done.stdout.strip()}: not installed")
    assert done.returncode == 0, done.stderr
    want = sorted("rpm\t" + "\t".join(line.split("\t")[:2]) for line in (work / "want").read_text().splitlines())
    for name in done.stdout.split():
        root = tmp_path / "root"
        database = "Packages" if name.startswith("bdb") else "rpmdb.sqlite"
        (root / "var/lib/rpm").mkdir(parents=True)
        (root / "etc").mkdir()
        (root / "etc/os-release").write_text(ALMA)
        shutil.copyfile(work / name, root / "var/lib/rpm" / database)
        assert listed(root, cache) == want, name
        shutil.rmtree(root)


def test_this_machine(cache):
    """`/` where dpkg made it."""
    if shutil.which("dpkg-query") is None:
        pytest.skip("dpkg is not installed")
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}\tdeb\t${binary:Package}\t${Version}\n"]
    rows = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
    want = {tuple(row.split("\t")[1:]) for row in rows if row.startswith("installed\t")}
    want = {(kind, name.split(":")[0], version) for kind, name, version in want}
    found = {tuple(line.split("\t")) for line in listed("/", cache) if line.startswith("deb\t")}
    assert found == want


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("LIMPID_SLOW") != "1", reason="LIMPID_SLOW=1 runs debootstrap, which needs Debian's mirror")
@pytest.mark.parametrize("suite", ["bullseye", "trixie"])
def test_debootstrap_of_another_suite(suite, cache, tmp_path):
    root = tmp_path / suite
    command = ["debootstrap", "--variant=minbase", suite, str(root), "http://deb.debian.org/debian"]
    subprocess.run(command, check=True, capture_output=True)
    query = ["dpkg-query", "--admindir", f"{root}/var/lib/dpkg", "-W", "-f", "deb\t${Package}\t${Version}\n"]
    rows = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    assert listed(root, cache) == sorted(rows.splitlines())
    done = program.run("inventory", "--format", "json", f"dir:{root}", cache=cache)
    assert done.json["namespace"] == {"bullseye": "debian:11", "trixie": "debian:13"}[suite]
