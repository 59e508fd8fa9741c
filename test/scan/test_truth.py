"""Matching by product and by part, held against the publishers' own documents as an oracle reads
them: Red Hat's VEX on real images with rpm's own order of versions, Ubuntu's OSV on a made root file
system with dpkg's. Feeds that this build does not have are skipped by name."""

import glob
import json
import os
import re
import shutil
import subprocess
import urllib.parse

import program
import pytest

COMPARE = "use Dpkg::Version; while (<STDIN>) { chomp; my ($a, $b) = split /\t/; print version_compare($a, $b), \"\\n\"; }"


def has_feed(feed, cache):
    known = program.run("status", "--format", "json", cache=cache).json["feeds"]
    return any(f["feed"] == feed for f in known)


def store_of(feed, folder, tmp_path_factory):
    cache = str(tmp_path_factory.mktemp(feed))
    if not has_feed(feed, cache):
        pytest.skip(f"there is no feed '{feed}' in this build")
    done = program.run("update", "--feed", feed, "--from", folder, cache=cache)
    assert done.status == 0, done
    return cache


def findings(path, cache):
    done = program.run("scan", "--format", "tsv", path, cache=cache)
    assert done.status == 0, done
    return {tuple(line.split("\t")[i] for i in (1, 3, 4)) for line in done.text.splitlines()}


# -- Red Hat ---------------------------------------------------------------------------------------


def rpm_orders(pairs):
    """What rpm says of pairs of versions; one process for all."""
    if shutil.which("rpm") is None:
        pytest.skip("rpm is not installed")
    calls = "".join(f"print(rpm.vercmp('{a}', '{b}')..' ')" for a, b in pairs)
    done = subprocess.run(["rpm", "--eval", "%{lua:" + calls + "}"], capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def epoch_first(version):
    return version if ":" in version else "0:" + version


def products_of(tree):
    """Product id to its CPE and purl, as far as the branches say."""
    found, stack = {}, list(tree["branches"])
    while stack:
        branch = stack.pop()
        stack += branch.get("branches", [])
        product = branch.get("product")
        if product:
            helper = product.get("product_identification_helper", {})
            found[product["product_id"]] = (helper.get("cpe"), helper.get("purl"))
    return found


def statements(document):
    """(CPE, name, is source, arch, module, status, fixed) of each product of each status."""
    products = products_of(document["product_tree"])
    parts = {}
    for relation in document["product_tree"].get("relationships", []):
        component, whole = relation["product_reference"], relation["relates_to_product_reference"]
        parts[relation["full_product_name"]["product_id"]] = (component, whole)
    vulnerability = document["vulnerabilities"][0]
    for status in ("fixed", "known_affected", "known_not_affected"):
        for product in vulnerability["product_status"].get(status, []):
            component, whole = parts.get(product, (None, None))
            while whole in parts:  # a module in a stream
                whole = parts[whole][1]
            cpe = products.get(whole, (None, None))[0]
            purl = products.get(component, (None, None))[1] or ""
            match = re.match(r"pkg:rpm/redhat/([^@?]+)(?:@([^?]+))?(?:\?(.*))?$", purl)
            if cpe and match:
                words = dict(urllib.parse.parse_qsl(match[3] or ""))
                version = urllib.parse.unquote(match[2] or "")
                fixed = f"{words.get('epoch', '0')}:{version}" if status == "fixed" else ""
                module = ":".join(words.get("rpmmod", "").split(":")[:2])
                yield (cpe, urllib.parse.unquote(match[1]), words.get("arch") == "src", words.get("arch"), module, status, fixed)


def is_of_release(cpe, release):
    """All of the release's own parts; the images name no repositories that the list knows."""
    return re.match(rf"cpe:/[ao]:redhat:enterprise_linux:{release}(:|$)", cpe) is not None


def normal(version, rebuilt):
    """CentOS' versions without what its rebuild changes."""
    if rebuilt:
        version = re.sub(r"(\.el\d+)_\d+", r"\1", version.replace(".centos", ""))
        version = re.sub(r"\.module[_+]el.*", "", version)
    return epoch_first(version)


def red_hat_documents(shared, mirror):
    """One document a CVE, those of the archive too, where the publisher has them."""
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed")
    source = os.path.join(shared, "feeds/redhat/vex")
    for archive in glob.glob(os.path.join(source, "csaf_vex_*.tar.zst")):
        os.makedirs(mirror, exist_ok=True)
        with subprocess.Popen(["zstd", "-dc", archive], stdout=subprocess.PIPE) as packed:
            subprocess.run(["tar", "-x", "-C", mirror, "--wildcards", "*/cve-*.json"], stdin=packed.stdout, check=True)
    for path in glob.glob(os.path.join(source, "20*/cve-*.json")):
        copy = os.path.join(mirror, os.path.relpath(path, source))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copyfile(path, copy)
    return sorted(glob.glob(os.path.join(mirror, "20*/cve-*.json")))


@pytest.mark.parametrize("image, release, rebuilt", [("rpm-ubi8.oci.tar", "8", False), ("rpm-centos7.oci.tar", "7", True)])
def test_findings_are_those_of_red_hats_documents(image, release, rebuilt, shared, tmp_path_factory, tmp_path):
    documents = red_hat_documents(shared, os.path.join(tmp_path, "data/csaf/v2/vex"))
    cache = store_of("redhat", str(tmp_path), tmp_path_factory)
    archive = os.path.join(shared, "images", image)
    packages = program.run("inventory", "--format", "json", archive, cache=cache).json["packages"]
    said, asked = {}, set()
    for path in documents:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        cve = document["vulnerabilities"][0]["cve"]
        for cpe, name, source, arch, module, status, fixed in statements(document):
            if not is_of_release(cpe, release):
                continue
            for p in packages:
                label = ":".join((p["module"] or "").split(":")[:2])
                same = p["source"] == name if source and status != "fixed" else p["name"] == name and not source
                if same and label == module and arch in (None, "noarch", "src", p["arch"]):
                    said.setdefault((p["name"], p["version"], cve), []).append((status, fixed))
                    if fixed:
                        asked.add((normal(p["version"], rebuilt), normal(fixed, rebuilt)))
    asked = sorted(asked)
    order = dict(zip(asked, rpm_orders(asked)))
    want = set()
    for (name, version, cve), rows in said.items():
        older = any(f and order[normal(version, rebuilt), normal(f, rebuilt)] < 0 for _, f in rows)
        states = {status for status, _ in rows}
        if "known_not_affected" not in states and (older or "known_affected" in states):
            want.add((name, cve))
    assert {row[:2] for row in findings(archive, cache)} == want
    assert said, "nothing was compared"


# -- Ubuntu ----------------------------------------------------------------------------------------


def dpkg_orders(pairs):
    text = "".join(f"{a}\t{b}\n" for a, b in pairs)
    done = subprocess.run(["perl", "-e", COMPARE], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("libdpkg-perl is not installed")
    return [int(line) for line in done.stdout.split()]


def dpkg_older(a, b):
    return dpkg_orders([(a, b)])[0] < 0


def ubuntu_rows(documents):
    """(release, is Pro, source) to {CVE: fixed, or None}."""
    rows = {}
    for path in documents:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        if "withdrawn" in document:
            continue
        for affected in document["affected"]:
            match = re.fullmatch(r"Ubuntu:(Pro:)?(\d\d\.\d\d)(:LTS)?", affected["package"]["ecosystem"])
            if match:
                events = [e for r in affected["ranges"] for e in r["events"]]
                fixed = [e["fixed"] for e in events if "fixed" in e]
                key = (match[2], match[1] is not None, affected["package"]["name"])
                rows.setdefault(key, {})[document["id"].removeprefix("UBUNTU-")] = fixed[0] if fixed else None
    return rows


def ubuntu_root(folder, release, installed):
    os.makedirs(os.path.join(folder, "etc"))
    os.makedirs(os.path.join(folder, "var/lib/dpkg"))
    with open(os.path.join(folder, "etc/os-release"), "w", encoding="utf-8") as file:
        file.write(f"ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"{release}\"\n")
    with open(os.path.join(folder, "var/lib/dpkg/status"), "w", encoding="utf-8") as file:
        for name, source, version in installed:
            file.write(f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nSource: {source}\nVersion: {version}\n\n")


def ubuntu_want(version, standard, pro):
    """What one CVE's rows mean for a version: a fix, "-", or None for no finding."""
    said, in_pro = standard is not ..., pro is not ...
    if in_pro and ("+esm" in version or "~esm" in version):
        return None if pro and not dpkg_older(version, pro) else pro or "-"
    if said and standard:
        return standard if dpkg_older(version, standard) else None
    if not said and not in_pro:
        return None
    return None if in_pro and pro and not dpkg_older(version, pro) else "-"


def test_findings_are_those_of_ubuntus_documents(shared, tmp_path_factory, tmp_path):
    documents = sorted(glob.glob(os.path.join(shared, "feeds/ubuntu/osv/cve/*/*.json")))
    assert documents
    mirror = os.path.join(tmp_path, "mirror")
    for path in documents:
        copy = os.path.join(mirror, os.path.relpath(path, os.path.join(shared, "feeds/ubuntu")))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copy(path, copy)
    cache = store_of("ubuntu", mirror, tmp_path_factory)
    rows = ubuntu_rows(documents)
    compared = 0
    for release in sorted({key[0] for key in rows}):
        installed, want = [], set()
        for source in sorted({key[2] for key in rows if key[0] == release}):
            standard, pro = rows.get((release, False, source), {}), rows.get((release, True, source), {})
            fixes = {f for r in (standard, pro) for f in r.values() if f}
            for version in sorted({"0.0.1-1", "0.0.1-1+esm1", "999:1-1", "999:1-1+esm1"} | fixes | {f + "~" for f in fixes}):
                name = f"t{len(installed)}"
                installed.append((name, source, version))
                for cve in sorted({*standard, *pro}):
                    answer = ubuntu_want(version, standard.get(cve, ...), pro.get(cve, ...))
                    if answer is not None:
                        want.add((name, cve, answer))
                    compared += 1
        root = os.path.join(tmp_path, release)
        ubuntu_root(root, release, installed)
        assert findings(root, cache) == want, release
    assert compared > 20, "next to nothing was compared"
