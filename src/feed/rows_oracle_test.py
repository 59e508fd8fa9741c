"""Oracle's ELSA documents, read by their comments and compared row by row."""
import re

import oval_rows
import rows


def read(path):
    for d in oval_rows.Document(path).definitions:
        a = d.advisory(d.reference(), "oracle", "elsa")
        found = []
        for case in d.cases():
            said = " ; ".join(leaf.comment for leaf in case)
            release = re.search(r"Oracle Linux (\d+) is installed", said).group(1)
            arch = re.search(r"arch is (\S+)", said)
            module = re.search(r"Module (\S+) is enabled", said)
            package = re.search(r"(\S+) is earlier than (\S+)", said)
            if not package:
                continue
            fixed = package.group(2)
            product = "ksplice" if "ksplice" in said else "fips" if "_fips" in fixed else ""
            found.append(oval_rows.row("ol:" + release, package.group(1), fixed=fixed, product=product,
                                       arch=arch.group(1) if arch else "",
                                       module=module.group(1) if module else ""))
        yield {**a, "affected": oval_rows.unique(found)}


FOLDER = "oracle/oval/"
for name in ("com.oracle.elsa-all.xml.bz2", "slice-ksplice.xml", "slice-per_arch.xml"):
    document = FOLDER + name.removesuffix(".bz2")
    rows.compare("oracle reads " + name, "oracle", document, FOLDER + name, lambda p: list(read(p)),
                 *oval_rows.KEYS)
oval_rows.check_literals("rows of elsa-all that were looked up", "oracle", "com.oracle.elsa-all.xml",
                         FOLDER + "com.oracle.elsa-all.xml.bz2", [
    ("ELSA-2007-0057", {"namespace": "ol:5", "package": "bind", "arch": "x86_64",
                        "fixed": "30:9.3.3-8.el5", "state": "fixed", "scope": "binary"}),
    ("ELSA-2007-0057", {"namespace": "ol:5", "package": "caching-nameserver", "arch": "i386"}),
    ("ELSA-2023-12342", {"namespace": "ol:8", "package": "hivex", "arch": "aarch64",
                         "module": "virt:kvm_utils",
                         "fixed": "0:1.3.18-21.module+el8.7.0+21037+8ee66348"}),
])
oval_rows.check_literals("rows of the slices that were looked up", "oracle", "slice-ksplice.xml",
                         FOLDER + "slice-ksplice.xml", [
    ("ELSA-2021-9151", {"package": "openssl-libs", "arch": "x86_64", "product": "ksplice",
                        "fixed": "2:1.1.1g-15.ksplice1.el8_3", "namespace": "ol:8"}),
    ("ELSA-2021-9151", {"package": "openssl-static", "arch": "aarch64", "product": "ksplice"}),
])
oval_rows.check_literals("rows by architecture that were looked up", "oracle", "slice-per_arch.xml",
                         FOLDER + "slice-per_arch.xml", [
    ("ELSA-2022-4803", {"package": "rsyslog", "arch": "aarch64",
                        "fixed": "0:8.24.0-57.0.4.el7_9.3", "namespace": "ol:7"}),
    ("ELSA-2022-4803", {"package": "rsyslog", "arch": "x86_64", "fixed": "0:8.24.0-57.0.1.el7_9.3"}),
    ("ELSA-2025-10073", {"package": "firefox", "arch": "aarch64", "namespace": "ol:10",
                         "fixed": "0:128.12.0-1.0.1.el10_0"}),
    ("ELSA-2024-2961", {"package": "osbuild", "arch": "x86_64", "fixed": "0:110-1.0.1.el8"}),
    ("ELSA-2024-2961", {"package": "osbuild", "arch": "x86_64", "fixed": "0:110-1.el8"}),
])
rows.done()
