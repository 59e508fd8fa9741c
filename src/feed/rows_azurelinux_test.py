"""Azure Linux' and CBL-Mariner's OVAL, compared row by row."""
import re

import oval_rows
import rows


def read(path):
    release = re.search(r"-(\d\.\d)-", path).group(1)
    for d in oval_rows.Document(path).definitions:
        where = ("mariner:" if "mariner" in d.id else "azurelinux:") + release
        (case,) = d.cases()
        bounds = {"less than": "fixed", "less than or equal": "last_affected",
                  "greater than": "introduced"}
        members = {bounds[leaf.state["evr"][0]]: leaf.state["evr"][1] for leaf in case}
        if d.text("patchable") == "Not Applicable":
            members = {"state": "not-affected", "word": "Not Applicable"}
        row = oval_rows.row(where, case[0].name, "source", **members)
        yield {**d.advisory(d.cves()[0], "azurelinux"), "affected": [row]}


FOLDER = "azurelinux/oval/"
for name in ("azure-linux-truncated-3.0-oval.xml", "azurelinux-3.0-oval.xml.xz",
             "mariner-truncated-2.0-oval.xml"):
    rows.compare("azurelinux reads " + name, "azurelinux", name.removesuffix(".xz"), FOLDER + name,
                 lambda p: list(read(p)), *oval_rows.KEYS)
oval_rows.check_literals("rows of Mariner 2.0 that were looked up", "azurelinux",
                         "mariner-truncated-2.0-oval.xml", FOLDER + "mariner-truncated-2.0-oval.xml", [
    ("CVE-2023-29404", {"namespace": "mariner:2.0", "package": "golang", "state": "fixed",
                        "introduced": "0:1.19.0.cm2", "fixed": "0:1.20.7-1.cm2"}),
    ("CVE-2023-0687", {"package": "glibc", "state": "not-affected"}),
    ("CVE-2023-21980", {"package": "mysql", "fixed": "0:8.0.33-1.cm2"}),
    ("CVE-2023-21977", {"package": "mysql", "scope": "source"}),
    ("CVE-2022-3736", {"package": "bind", "state": "affected", "last_affected": "0:9.16.33-1.cm2"}),
])
oval_rows.check_literals("rows of Azure Linux 3.0 that were looked up", "azurelinux",
                         "azurelinux-3.0-oval.xml", FOLDER + "azurelinux-3.0-oval.xml.xz", [
    ("CVE-2023-45853", {"namespace": "azurelinux:3.0", "package": "cloud-hypervisor",
                        "state": "not-affected"}),
    ("CVE-2022-48579", {"package": "clamav", "fixed": "0:0.105.2-4.azl3"}),
    ("CVE-2023-44487", {"package": "cf-cli", "fixed": "0:8.4.0-13.azl3"}),
])
rows.done()
