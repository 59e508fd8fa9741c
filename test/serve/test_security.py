"""TLS, client certificates, tokens, and what changes on SIGHUP."""

import contextlib
import shutil
import signal
import ssl
import warnings

import pytest
import service

FLAT = "api: {port: 0, healthport: 0%s}\nupdater: {interval: 0}\n%s"
TOKEN, OTHER = "0123456789abcdef", "fedcba9876543210"


def config(tls, ca=False, server="server"):
    more = ", certfile: %s, keyfile: %s" % (tls.path(server + ".crt"), tls.path(server + ".key"))
    return FLAT % (more + (", cafile: %s" % tls.path("ca.crt") if ca else ""), "")


def test_tls(serve, tls):
    s = serve(config(tls), tls=service.client_context(tls.path("ca.crt")))
    assert s.get("/v1/versions")[0] == 200
    assert s.get("/", port=s.health_port)[0] == 200  # never TLS
    s.wait_line("API: TLS Enabled")
    with s.socket() as c:  # plain HTTP to a TLS port
        c.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert b"200" not in c.recv(100)
    with pytest.raises(ssl.SSLError):
        s.get("/v1/versions", context=service.client_context(tls.path("otherca.crt")))


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_versions_of_tls(serve, tls, version):
    s = serve(config(tls))
    context = service.client_context(tls.path("ca.crt"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if version in ("TLSv1_2", "TLSv1_3"):
        assert s.get("/v1/versions", context=context)[0] == 200
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            s.get("/v1/versions", context=context)


def test_client_certificates(serve, tls):
    s = serve(config(tls, ca=True))
    s.wait_line("main API configured with client certificate authentication")
    good = service.client_context(tls.path("ca.crt"), tls.path("client.crt"), tls.path("client.key"))
    assert s.get("/v1/versions", context=good)[0] == 200
    for context in (service.client_context(tls.path("ca.crt")),
                    service.client_context(tls.path("ca.crt"), tls.path("stranger.crt"), tls.path("stranger.key"))):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            s.get("/v1/versions", context=context)
    assert s.get("/v1/versions", context=good)[0] == 200


def test_certificates_are_read_again(serve, tls, tmp_path):
    for suffix in (".crt", ".key"):
        shutil.copy(tls.path("server" + suffix), tmp_path / ("own" + suffix))
    s = serve(FLAT % (", certfile: %s, keyfile: %s" % (tmp_path / "own.crt", tmp_path / "own.key"), ""))

    def shown():
        return ssl.get_server_certificate(("127.0.0.1", s.port))

    with open(tls.path("server.crt"), encoding="ascii") as file:
        assert shown().strip() == file.read().strip()
    context = service.client_context(tls.path("ca.crt"))
    kept = s.socket()
    kept = context.wrap_socket(kept, server_hostname="127.0.0.1")
    for suffix in (".crt", ".key"):
        shutil.copy(tls.path("server2" + suffix), tmp_path / ("own" + suffix))
    s.signal(signal.SIGHUP)
    s.wait_line("configuration reloaded")
    with open(tls.path("server2.crt"), encoding="ascii") as file:
        assert shown().strip() == file.read().strip()
    kept.sendall(b"GET /v1/versions HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert kept.recv(1000).startswith(b"HTTP/1.1 200")  # a connection keeps what it began with
    kept.close()
    (tmp_path / "own.key").write_text("nonsense")
    s.signal(signal.SIGHUP)
    s.wait_line("the configuration is not reloaded, the old one stays: ")
    assert s.get("/v1/versions", context=context)[0] == 200


def bearer(token):
    return {"Authorization": "Bearer " + token}


def test_tokens(serve):
    s = serve(FLAT % ("", "auth: {tokens: [%s, %s]}\n" % (TOKEN, OTHER)))
    status, headers, body = s.get("/v1/versions")
    assert status == 401 and headers["WWW-Authenticate"] == "Bearer" and b"Message" in body
    assert s.ask("POST", "/v1/layers", {"ID": "a"}, headers=bearer("x" * 16))[0] == 401
    assert s.get("/v1/versions", headers=bearer(TOKEN))[0] == 200
    assert s.get("/v1/versions", headers=bearer(OTHER))[0] == 200
    assert s.get("/", port=s.health_port)[0] == 200
    s.write(FLAT % ("", "auth: {tokens: [%s]}\n" % OTHER))
    s.signal(signal.SIGHUP)
    s.wait_line("configuration reloaded")
    assert s.get("/v1/versions", headers=bearer(TOKEN))[0] == 401
    assert s.get("/v1/versions", headers=bearer(OTHER))[0] == 200
    s.write("api: {port: x}\n")
    s.signal(signal.SIGHUP)
    s.wait_line("the configuration is not reloaded")
    assert s.get("/v1/versions", headers=bearer(TOKEN))[0] == 401


def test_tokens_of_a_file(serve, tmp_path):
    (tmp_path / "tokens").write_text("# ours\n%s\n\n" % TOKEN)
    s = serve(FLAT % ("", "auth: {tokens-file: %s}\n" % (tmp_path / "tokens")))
    assert s.get("/v1/versions")[0] == 401
    assert s.get("/v1/versions", headers=bearer(TOKEN))[0] == 200
    (tmp_path / "tokens").write_text("# none left\n")
    s.signal(signal.SIGHUP)
    s.wait_line("holds no token")
    assert s.get("/v1/versions")[0] == 401
