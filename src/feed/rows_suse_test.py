"""SUSE's OVAL, all kinds of documents, compared row by row."""
import re

import oval_rows
import rows

SLES = [("Server for SAP Applications", "sap"), ("High Performance Computing", "hpc"),
        ("Real Time", "rt"), ("Live Patching", "livepatch"), ("Server", ""),
        ("Workstation Extension", ""), (r"Module for \D+?", "")]


def place(name):
    """The namespace and product of a product's name, or None."""
    if name == "openSUSE Tumbleweed":
        return "opensuse-tumbleweed", ""
    match = re.fullmatch(r"openSUSE( Leap Micro| Leap|) ([\d.]+)( Update)?", name)
    if match:
        micro = "-micro" if "Micro" in match.group(1) else ""
        return "opensuse-leap%s:%s" % (micro, match.group(2)), ""
    match = re.fullmatch(r"SUSE Linux (Enterprise )?Micro ([\d.]+)", name)
    if match:
        return ("sle-micro:" if match.group(1) else "sl-micro:") + match.group(2), ""
    for words, product in SLES + [("Desktop", "")]:
        match = re.fullmatch("SUSE Linux Enterprise " + words + r" ([\d.]+)( SP(\d))?(-(\w+))?", name)
        if match:
            version, pack, part = match.group(1), match.group(3), match.group(5)
            distribution = "sled" if words == "Desktop" else "sles"
            return (distribution + ":" + version + ("." + pack if pack else ""),
                    product or (part or "").lower())
    return None


def release(leaf):
    """"core9 is installed": by the package that tells the release."""
    if leaf.known and leaf.name == "sles-release":
        return "sles:" + leaf.state["version"][1], ""
    return None


def said_of(leaf):
    """(package, members of the row), or None where it is not about a package."""
    match = re.fullmatch(r"(\S+) is (not )?affected", leaf.comment)
    if match:
        name = leaf.name if leaf.known else match.group(1)
        return name, {"state": "not-affected" if match.group(2) else "affected"}
    if leaf.known and "evr" in leaf.state and not leaf.name.endswith("-release"):
        assert leaf.state["evr"][0] == "less than"
        return leaf.name, {"fixed": leaf.state["evr"][1]}
    match = re.fullmatch(r"(\S+)-([^-\s]+-[^-\s]+) is installed", leaf.comment)
    if match and not leaf.known:
        return match.group(1), {"fixed": match.group(2)}
    return None


def read(path):
    for d in oval_rows.Document(path).definitions:
        title, reference = d.text("title"), d.reference()
        id = title if title.startswith("CVE-") else reference if reference else d.id
        found = []
        for case in d.cases():
            where = what = None
            for leaf in case:
                match = re.fullmatch("(.*) is installed", leaf.comment)
                where = where or (match and place(match.group(1))) or release(leaf)
                what = what or said_of(leaf)
            where = where or place(d.text("platform"))
            if where and what:
                found.append(oval_rows.row(where[0], what[0], product=where[1], **what[1]))
        yield {**d.advisory(id, "suse", "SUSE CVE"), "affected": oval_rows.unique(found)}


FOLDER = "suse/oval/"
for name in ("opensuse.12.1.xml.gz", "opensuse.13.2.xml.gz", "opensuse.leap.micro.5.2.xml.gz",
             "opensuse.tumbleweed.xml.gz", "suse.linux.enterprise.12-affected.xml.gz",
             "suse.linux.enterprise.16-patch.xml.gz", "suse.linux.enterprise.micro.5-affected.xml.gz",
             "suse.linux.enterprise.server.9.xml.gz", "suse.linux.micro.6-affected.xml.gz",
             "truncated-slice.xml"):
    rows.compare("suse reads " + name, "suse", FOLDER + name.removesuffix(".gz"), FOLDER + name,
                 lambda p: list(read(p)), *oval_rows.KEYS)


def literals(name, *list_of_rows):
    oval_rows.check_literals("rows of %s that were looked up" % name, "suse",
                             FOLDER + name.removesuffix(".gz"), FOLDER + name, list(list_of_rows))


literals("suse.linux.enterprise.12-affected.xml.gz",
         ("CVE-1999-0077", {"namespace": "sles:12.5", "product": "rt", "package": "kernel-source-rt",
                            "state": "not-affected"}),
         ("CVE-1999-0077", {"namespace": "sles:12.4", "product": "ltss", "package": "kernel-default"}),
         ("CVE-1999-0077", {"namespace": "sles:12.2", "product": "bcl", "package": "kernel-macros"}),
         ("CVE-1999-0195", {"namespace": "sles:12.3", "product": "espos", "package": "rpcbind",
                            "state": "not-affected"}))
literals("truncated-slice.xml",
         ("CVE-2021-29154", {"namespace": "sles:15", "product": "ltss", "package": "kernel-default",
                             "fixed": "0:4.12.14-150.72.1"}),
         ("CVE-2021-29154", {"namespace": "sles:15.1", "product": "sap", "package": "kernel-docs",
                             "fixed": "4.12.14-197.89.3"}),
         ("CVE-2010-1323", {"namespace": "sled:15", "package": "krb5-client"}),
         ("CVE-2026-34073", {"namespace": "sles:15", "package": "python3-cryptography",
                             "state": "not-affected"}))
literals("opensuse.tumbleweed.xml.gz",
         ("CVE-2001-1267", {"namespace": "opensuse-tumbleweed", "package": "tar-rmt",
                            "fixed": "0:1.34-2.2"}))
literals("suse.linux.enterprise.16-patch.xml.gz",
         ("oval:org.opensuse.security:def:88828", {"namespace": "sles:16.0", "package": "libfcgi0",
                                                   "fixed": "2.4.6-160000.2.2"}))
rows.done()
