"""Kinds 29 to 31: the text databases of dpkg and apk, and os-release."""

from . import images, tar
from .images import APKS, DEBS, OS_RELEASE, STATUS_PATH, base, docker, installed, rootfs_files, stanza, status, zipped

MIB = 1 << 20
APK_PATH = "lib/apk/db/installed"

# what a terminal, a page, a spreadsheet or a path could take for its own
NASTY = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x/\x07link",
    "a\rb",
    "a\x08\x08b",
    "\u202eevil\u2066",
    "\u2028line",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "@SUM(1)",
    "-2",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "'; DROP TABLE advisories; --",
    "../../../../etc/passwd",
    "$(touch escape/owned)",
    "`touch escape/owned`",
    "%s%s%s%n",
    "{{7*7}}",
    "&amp;&lt;",
    "]]>",
    "a|b,c;d",
    "\x7f\x80\x9b31m",
    "\ud800",
    "\xff\xfe",
    "caf\u00e9",
    "\U0001f4a9",
    "n" * 5_000,
    "A" * 70_000,
]


def alpine(text):
    return docker(rootfs_files(images.ALPINE_RELEASE, APK_PATH, text))


def controls(c):
    c.add("control-dpkg.tar", docker(base()), "ok", packages=DEBS)
    c.add("control-apk.tar", alpine(installed()), "ok", packages=APKS)


def surrogates(text):
    """Text with lone surrogates and Latin-1 as bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def kind_29(c):
    """dpkg's status: names, lines and stanzas as no dpkg writes them."""
    odd = ["ok", "partial"]

    def add(name, text, expect=odd, **more):
        more.setdefault("packages", DEBS)
        text = text if isinstance(text, bytes) else surrogates(text)
        c.add(f"dpkg-{name}.tar", docker(base(database=text)), expect, **more)

    for i, name in enumerate(NASTY):
        add(f"name-{i}", status() + stanza(name, "1"), parameters={"name": ascii(name)[:60]})
        add(f"version-{i}", status() + stanza("odd", name), parameters={"version": ascii(name)[:60]})
        more = f"Source: {name} ({name})\nMaintainer: {name}\n"
        add(f"source-{i}", status() + stanza("odd", "1", more=more), parameters={"source": ascii(name)[:60]})
    for size in (MIB - 100, MIB + 100, 8 * MIB):
        long = f"Conffiles: {'x' * size}\n"
        add(f"line-unwanted-{size}", stanza("odd", "1", more=long) + status(), parameters={"bytes": size})
        add(f"line-version-{size}", stanza("odd", "1" * size) + status(), parameters={"bytes": size}, mb=64)
        add(f"line-name-{size}", stanza("x" * size, "1") + status(), parameters={"bytes": size}, mb=64)
    add("line-100-mib", stanza("odd", "1", more=f"X: {'x' * (100 * MIB)}\n") + status(), seconds=20)
    continued = "Conffiles:\n" + " /etc/x 0123456789abcdef0123456789abcdef\n" * 100_000
    add("continued", stanza("odd", "1", more=continued) + status(), "ok", packages=[*DEBS, ["deb", "odd", "1"]])
    add("continued-version", stanza("odd", "1\n 2\n 3") + status())
    add("continued-first", " continued\n" + status())
    add("continued-name-100000", stanza("odd" + "\n x" * 100_000, "1") + status())
    text = stanza("last", "9")
    for at in range(1, len(text), 7):
        add(f"cut-{at}", status() + text[:at], parameters={"at": at})
    add("cut-alone", "Pack", "partial", packages=[])
    add("empty", "", ["ok", "partial"], packages=[])
    add("blank-lines", "\n" * 100_000 + status(), "ok")
    add("blanks", " \n\t\n  \n" + status())
    add("crlf", (status() + stanza("odd", "1")).replace("\n", "\r\n"), packages=[*DEBS, ["deb", "odd", "1"]])
    add("cr", status().replace("\n", "\r"), packages=[])
    add("bom", "\ufeff" + status(), packages=DEBS[1:])
    add("utf16", status().encode("utf-16"), "partial", packages=[])
    add("binary", c.random("dpkg").randbytes(100_000), "partial", packages=[])
    add("binary-between", status().encode() + c.random("dpkg").randbytes(10_000) + b"\n\n" + stanza("behind", "1").encode(), packages=[*DEBS, ["deb", "behind", "1"]])
    add("nul", stanza("odd\0name", "1") + status())
    add("nul-lines", status().replace("\n\n", "\n\0\n\n"), packages=[])
    add("zeros-behind", status() + "\0" * 100_000)
    add("zeros", bytes(100_000), "partial", packages=[])
    add("no-version", "Package: odd\nStatus: install ok installed\n\n" + status(), "partial")
    add("no-name", "Version: 1\nStatus: install ok installed\n\n" + status(), "partial")
    add("no-status", "Package: odd\nVersion: 1\n\n" + status(), "partial")
    add("name-twice", "Package: a\nPackage: b\nVersion: 1\nStatus: install ok installed\n\n" + status())
    add("same-package-twice", status() + status(), ["ok", "partial"])
    add("case", status().replace("Package:", "PACKAGE:").replace("Version:", "version:"), "ok")
    add("no-blank", status().replace(": ", ":"), "ok")
    add("blanks-before-colon", status().replace("Package:", "Package :"), packages=[])
    add("tabs", status().replace(": ", ":\t \t"), "ok")
    states = ("deinstall ok config-files", "purge ok not-installed", "install reinstreq half-installed", "install ok unpacked", "x", "", "installed", "install ok installed more")
    for i, state in enumerate(states):
        add(f"state-{i}", stanza("odd", "1", status=state) + status(), absent=[["deb", "odd", "1"]], parameters={"state": state})
    add("state-case", stanza("odd", "1", status="Install OK Installed") + status())
    count = c.options.packages
    many = "".join(stanza(f"many-{i}", f"1.{i}") for i in range(count))
    layer = zipped(base(database=status() + many), 1)
    listed = [*DEBS, *(["deb", f"many-{i}", f"1.{i}"] for i in (0, count // 2, count - 1))]
    c.add("dpkg-many.tar", docker(layer), "ok", packages=listed, parameters={"packages": count}, seconds=20, mb=256)
    fields = "".join(f"X-{i}: y\n" for i in range(100_000))
    add("fields-100000", stanza("odd", "1", more=fields) + status(), "ok")
    add("colons", ":" * 100_000 + "\n\n" + status())
    add("no-colons", "x" * 100_000 + "\n\n" + status())
    folder = [tar.file(f"var/lib/dpkg/status.d/{name}", text) for name, text in {
        "sound": "Package: sound-d\nVersion: 4\nArchitecture: all\n",
        "empty": "",
        "binary": c.random("status.d").randbytes(1000),
        "two": "Package: two-a\nVersion: 1\n\nPackage: two-b\nVersion: 2\n",
        "\x1b[31m": "Package: odd\nVersion: 1\n",
        "sound.md5sums": "d41d8cd98f00b204e9800998ecf8427e  etc/x\n",
    }.items()]
    c.add("dpkg-status-d.tar", docker(base(*folder)), odd, packages=[*DEBS, ["deb", "sound-d", "4"], ["deb", "two-b", "2"]])


def kind_30(c):
    """apk's database."""
    odd = ["ok", "partial"]

    def add(name, text, expect=odd, **more):
        more.setdefault("packages", APKS)
        text = text if isinstance(text, bytes) else surrogates(text)
        c.add(f"apk-{name}.tar", alpine(text), expect, **more)

    def block(name, version="1", more=""):
        return f"P:{name}\nV:{version}\nA:x86_64\n{more}\n"

    add("line-0", "\n\n\n" + installed() + "\n\n\n", "ok")
    add("line-1", "P\n\n" + installed() + "P", odd)
    add("line-2", "P:\n\n" + installed() + "V:", odd)
    add("colon", ":\n::\n\n" + installed())
    add("no-newline", installed() + "P:last\nV:9", packages=[*APKS, ["apk", "last", "9"]])
    add("no-newline-version", installed() + "P:last\nV:")
    add("crlf", installed().replace("\n", "\r\n"))
    add("no-blank-line", installed().replace("\n\n", "\n"), packages=[])
    add("empty", "", packages=[])
    add("binary", c.random("apk").randbytes(100_000), "partial", packages=[])
    add("zeros", bytes(10_000), "partial", packages=[])
    add("nul", block("odd\0x") + installed())
    add("bom", "\ufeff" + installed(), packages=APKS[1:])
    add("twice", block("odd", more="V:2\n") + installed())
    add("lower-case", "p:odd\nv:1\n\n" + installed())
    for i, name in enumerate(NASTY):
        add(f"name-{i}", installed() + block(name), parameters={"name": ascii(name)[:60]})
        add(f"version-{i}", installed() + block("odd", name), parameters={"version": ascii(name)[:60]})
        add(f"origin-{i}", installed() + block("odd", more=f"o:{name}\nL:{name}\n"), parameters={"origin": ascii(name)[:60]})
    add("line-2-mib", block("odd", "1", f"D:{'x' * 2 * MIB}\n") + installed())
    add("line-2-mib-name", block("x" * 2 * MIB) + installed(), mb=64)
    files = "".join(f"F:d{i}\nR:f\nZ:Q1x=\n" for i in range(300_000))
    add("files-300000", block("odd", more=files) + installed(), "ok", packages=[*APKS, ["apk", "odd", "1"]])
    text = block("last", "9")
    for at in range(1, len(text)):
        add(f"cut-{at}", installed() + text[:at], parameters={"at": at})


def kind_31(c):
    """os-release: a shell's file that no shell shall read."""
    odd = ["ok", "partial"]

    def add(name, text, expect=odd, **more):
        more.setdefault("packages", DEBS)
        text = text if isinstance(text, bytes) else surrogates(text)
        c.add(f"release-{name}.tar", docker(base(release=text)), expect, **more)

    add("sound", OS_RELEASE, "ok")
    add("quoted", "ID='debian'\nVERSION_ID=\"12\"\n", "ok")
    add("shell", 'ID=$(touch escape/owned)\nVERSION_ID=`id`\n', "partial")
    add("shell-variable", 'ID=$HOME\nVERSION_ID="${PATH}"\n', "partial")
    add("unterminated", 'ID="debian\nVERSION_ID="12\n')
    add("unterminated-end", 'ID=debian\nVERSION_ID="12')
    add("escaped", 'ID="deb\\"ian"\nVERSION_ID="1\\$2"\n')
    add("twice", "ID=alpine\nID=debian\nVERSION_ID=11\nVERSION_ID=12\n")
    add("export", "export ID=debian\nexport VERSION_ID=12\n")
    add("blanks", " ID = debian \n VERSION_ID = 12 \n")
    add("comments", "# ID=alpine\nID=debian # no\nVERSION_ID=12\n")
    add("empty", "", "partial")
    add("empty-values", "ID=\nVERSION_ID=\n", "partial")
    add("no-version", "ID=debian\n", odd)
    add("unknown", "ID=templeos\nVERSION_ID=5.03\n", "partial")
    add("version-absurd", "ID=debian\nVERSION_ID=" + "9" * 10_000 + "\n", odd)
    add("version-path", "ID=debian\nVERSION_ID=../../../etc/passwd\n", odd)
    add("binary", c.random("release").randbytes(10_000), "partial")
    add("zeros", bytes(10_000), "partial")
    add("utf16", OS_RELEASE.encode("utf-16"), "partial")
    add("crlf", OS_RELEASE.replace("\n", "\r\n"), odd)
    add("cr", OS_RELEASE.replace("\n", "\r"), odd)
    add("64-kib", OS_RELEASE + "#" * ((64 << 10) - len(OS_RELEASE)), "ok")
    add("over-64-kib", OS_RELEASE + "#" * ((64 << 10) - len(OS_RELEASE) + 1), "partial")
    add("one-line", "ID=" + "x" * 60_000, odd)
    for i, name in enumerate(NASTY):
        if "\n" not in name and len(name) < 50_000:
            add(f"nasty-{i}", f'ID="{name}"\nVERSION_ID="{name}"\nPRETTY_NAME="{name}"\nVERSION_CODENAME="{name}"\n', odd)
    layer = tar.archive(tar.file(STATUS_PATH, status()))
    c.add("release-none.tar", docker(layer), "partial", packages=DEBS)
