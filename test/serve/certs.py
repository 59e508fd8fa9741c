"""Certificates of the tests' own authorities, made by openssl."""

import os
import subprocess


class Certificates:
    def __init__(self, folder):
        self.folder = folder
        for authority in ("ca", "otherca"):
            self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                         "-subj", "/CN=" + authority, "-keyout", authority + ".key", "-out", authority + ".crt")
        self.sign("server", "ca", "IP:127.0.0.1")
        self.sign("server2", "ca", "IP:127.0.0.1")
        self.sign("hook", "ca", "DNS:hook.example")
        self.sign("client", "ca", "DNS:client.example")
        self.sign("stranger", "otherca", "DNS:client.example")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, cwd=self.folder, capture_output=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sign(self, name, authority, subject):
        with open(self.path(name + ".ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=%s\n" % subject)
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                     "-keyout", name + ".key", "-out", name + ".csr")
        self.openssl("x509", "-req", "-in", name + ".csr", "-CA", authority + ".crt", "-CAkey", authority + ".key",
                     "-CAcreateserial", "-days", "10", "-extfile", name + ".ext", "-out", name + ".crt")
