"""OVAL of publishers who have other feeds as well: Ubuntu, Debian, AlmaLinux, Red Hat."""
import re

import oval_rows
import rows


def read_ubuntu(path):
    for d in oval_rows.Document(path).definitions:
        platform = d.text("platform")
        kind, release = re.fullmatch(r"Ubuntu(?: Pro(?: (\S+))?)? (\d\d\.\d\d)(?: LTS)?", platform).groups()
        product = "pro:" + kind.lower() if kind else "pro" if "Pro" in platform else ""
        found = {}
        for (leaf,) in d.cases():
            cve = re.match(r"\((CVE-\S+)\)", leaf.comment)
            fixed = [t for o, t in leaf.state.values() if o == "less than"][0]
            fixed = re.sub("^0:", "", fixed)
            for value in leaf.values:
                package = re.match(r"\^?([^(]+)", value).group(1)
                found.setdefault(cve and cve.group(1), []).append(
                    oval_rows.row("ubuntu:" + release, package, fixed=fixed, product=product))
        for cve, list_of_rows in found.items():
            if cve is None:
                id = d.text("title").split()[0]
                yield {**d.advisory(id, "ubuntu", "USN", "Update Instructions:"),
                       "affected": list_of_rows}
                continue
            (element,) = [c for c in d.all("cve") if c.text == cve]
            day = element.get("public")
            yield {"id": cve, "affected": list_of_rows, "cvss": element.get("cvss_vector"),
                   "severity": element.get("priority"), "severity_source": "ubuntu",
                   "url": "https://ubuntu.com/security/" + cve,
                   "published": oval_rows.seconds("-".join((day[:4], day[4:6], day[6:])))}


def read_debian(path):
    for d in oval_rows.Document(path).definitions:
        id, package = d.text("title").split()
        (case,) = d.cases()
        fixed = re.sub("^0:", "", case[-1].state["evr"][1])
        members = {"fixed": fixed}
        if fixed == "0":
            members = {"state": "under-investigation", "word": "earlier than 0"}
        assert case[-1].name == package and case[0].comment == "Debian 11 is installed"
        yield {**d.advisory(id, "debian"),
               "affected": [oval_rows.row("debian:11", package, "source", **members)]}


def read_almalinux(path):
    for d in oval_rows.Document(path).definitions:
        found = []
        for case in d.cases():
            said = " ; ".join(leaf.comment for leaf in case)
            module = re.search(r"Module (\S+) is enabled", said)
            for leaf in case:
                if leaf.known and leaf.state and "evr" in leaf.state:
                    release = re.search(r"AlmaLinux (\d+) is installed", said).group(1)
                    found.append(oval_rows.row("almalinux:" + release, leaf.name,
                                               fixed=leaf.state["evr"][1],
                                               module=module.group(1) if module else ""))
        yield {**d.advisory(d.reference(), "almalinux", "ALSA"), "affected": oval_rows.unique(found)}


STATES = {"Affected": "affected", "Will not fix": "will-not-fix"}


def read_redhat(path):
    for d in oval_rows.Document(path).definitions:
        cpes = [oval_rows.text(c) for c in d.all("cpe")]
        cpes = [c for c in cpes if not any(c.startswith(o + ":") for o in cpes if o != c)]
        found = []
        for case in d.cases():
            release = [re.search(r"Linux (\d+) is installed", leaf.comment) for leaf in case]
            release = [m.group(1) for m in release if m]
            packages = [leaf for leaf in case if re.fullmatch(r"\S+ is (earlier.*|installed)", leaf.comment)]
            for leaf in packages:
                members = {}
                if ".unaffected:" in d.id:
                    members = {"state": "not-affected"}
                elif leaf.state:
                    members = {"fixed": leaf.state["evr"][1]}
                else:
                    (word,) = [c.get("state") for c in d.all("resolution")]
                    members = {"state": STATES[word], "word": word}
                found += [oval_rows.row("rhel:" + release[0], leaf.name, product=cpe, **members)
                          for cpe in cpes]
        id = d.reference() or d.cves()[0]
        yield {**d.advisory(id, "redhat", "RHSA"), "affected": oval_rows.unique(found)}


for name in ("oci.com.ubuntu.fips-updates_jammy.cve", "oci.com.ubuntu.jammy.cve",
             "oci.com.ubuntu.jammy.pkg", "oci.com.ubuntu.jammy.usn"):
    rows.compare("ubuntu_oval reads " + name, "ubuntu_oval", name + ".oval.xml",
                 "ubuntu/oval/%s.oval.xml.bz2" % name, lambda p: list(read_ubuntu(p)), *oval_rows.KEYS)
rows.compare("debian reads its OVAL", "debian", "oval-definitions-bullseye.xml",
             "debian/oval/oval-definitions-bullseye.xml.bz2", lambda p: list(read_debian(p)),
             *oval_rows.KEYS)
rows.compare("almalinux reads its OVAL", "almalinux", "org.almalinux.alsa-9.xml",
             "almalinux/oval/org.almalinux.alsa-9.xml.bz2", lambda p: list(read_almalinux(p)),
             *oval_rows.KEYS)
for name in ("rhel-9", "jboss-ws-5"):
    document = "RHEL9/%s-including-unpatched.oval.xml" % name
    rows.compare("redhat_oval reads " + document, "redhat_oval", document,
                 "redhat/oval-v2/oval/v2/%s.bz2" % document, lambda p: list(read_redhat(p)),
                 *oval_rows.KEYS)
oval_rows.check_literals("rows of Ubuntu that were looked up", "ubuntu_oval",
                         "oci.com.ubuntu.fips-updates_jammy.cve.oval.xml",
                         "ubuntu/oval/oci.com.ubuntu.fips-updates_jammy.cve.oval.xml.bz2", [
    ("CVE-2023-48795", {"namespace": "ubuntu:22.04", "product": "pro:fips-updates",
                        "package": "openssh-sftp-server", "fixed": "1:8.9p1-3ubuntu0.5"}),
    ("CVE-2023-48795", {"package": "libssh-gcrypt-4", "fixed": "0.9.6-2ubuntu0.22.04.2"}),
])
oval_rows.check_literals("rows of AlmaLinux that were looked up", "almalinux",
                         "org.almalinux.alsa-9.xml", "almalinux/oval/org.almalinux.alsa-9.xml.bz2", [
    ("ALSA-2022:7071", {"namespace": "almalinux:9", "package": "firefox",
                        "fixed": "0:102.4.0-1.el9_0.alma"}),
    ("ALSA-2023:5363", {"package": "npm", "module": "nodejs:18",
                        "fixed": "1:9.6.7-1.18.17.1.1.module_el8.8.0+3613+1ed8c91d"}),
])
oval_rows.check_literals("rows of Red Hat that were looked up", "redhat_oval",
                         "RHEL9/rhel-9-including-unpatched.oval.xml",
                         "redhat/oval-v2/oval/v2/RHEL9/rhel-9-including-unpatched.oval.xml.bz2", [
    ("CVE-2005-2541", {"namespace": "rhel:9", "package": "tar", "state": "will-not-fix",
                       "product": "cpe:/o:redhat:enterprise_linux:9"}),
    ("CVE-2002-0059", {"package": "zlib", "state": "not-affected"}),
    ("RHSA-2022:4772", {"package": "thunderbird", "fixed": "0:91.9.1-1.el9_0",
                        "product": "cpe:/a:redhat:enterprise_linux:9"}),
])
rows.done()
