import datetime
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], check=True, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate(folder, name, subject, days):
    """A certificate for `subject`, signed by the test's own authority, that began a week ago."""
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=7)
    end = begin + datetime.timedelta(days=days)
    with open(os.path.join(folder, name + ".ext"), "w", encoding="ascii") as file:
        file.write("subjectAltName=%s\n" % subject)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
            "-keyout", name + ".key", "-out", name + ".csr", cwd=folder)
    openssl("ca", "-batch", "-config", "ca.conf", "-notext", "-in", name + ".csr", "-out", name + ".crt",
            "-startdate", begin.strftime("%Y%m%d%H%M%SZ"), "-enddate", end.strftime("%Y%m%d%H%M%SZ"),
            "-extfile", name + ".ext", cwd=folder)
    with open(os.path.join(folder, name + ".pem"), "w", encoding="ascii") as out:
        for suffix in (".key", ".crt"):
            with open(os.path.join(folder, name + suffix), encoding="ascii") as part:
                out.write(part.read())
    return os.path.join(folder, name + ".pem")


CA_CONF = """[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
serial = serial
private_key = ca.key
certificate = ca.crt
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """An authority (ca) and certificates for the loopback address: good, expired, for another host."""
    folder = str(tmp_path_factory.mktemp("tls"))
    for name, text in {"ca.conf": CA_CONF, "index.txt": "", "serial": "01\n"}.items():
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            file.write(text)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=limpid test authority", "-keyout", "ca.key", "-out", "ca.crt", cwd=folder)
    return {
        "ca": os.path.join(folder, "ca.crt"),
        "good": certificate(folder, "good", "IP:127.0.0.1", 30),
        "expired": certificate(folder, "expired", "IP:127.0.0.1", 2),
        "other": certificate(folder, "other", "DNS:other.example", 30),
    }
