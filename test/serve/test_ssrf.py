"""Where the service may be sent by those who post layers: on an address that is not loopback, to the
public internet and to what is allowed; and what a proxy is asked for."""

import http.server
import json
import os
import socket
import threading

import pytest

TOKEN = "0123456789abcdef"
OPEN = "api: {port: 0, healthport: 0, address: 0.0.0.0%s}\nupdater: {interval: 0}\nauth: {tokens: [" + TOKEN + "]}\n"
BEARER = {"Authorization": "Bearer " + TOKEN}


class Trap:
    """A listener on both families' loopback addresses that counts who comes."""

    def __init__(self):
        self.seen, self.to = [], None
        trap = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                trap.seen.append(self.path)
                self.send_response(302 if trap.to else 200)
                if trap.to:
                    self.send_header("Location", trap.to)
                self.end_headers()
                self.wfile.write(b"CANARY of the inside")

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6
            daemon_threads = True

            def server_bind(self):
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                super().server_bind()

        try:
            self.server = Server(("::", 0), Handler)
        except OSError:  # a machine without IPv6
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def trap():
    one = Trap()
    yield one
    one.close()


def post(s, path):
    status, _, body = s.ask("POST", "/v1/layers", {"ID": "a", "Path": path}, headers=BEARER)
    return status, body


# the same host in all the ways that a URL can be made to say it
HOSTS = ["127.0.0.1", "127.0.0.1.", "127.1", "0x7f.1", "0x7f000001", "0177.0.0.1", "2130706433", "127.0.0.01", "0.0.0.0", "0",
         "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]",
         "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost", "LOCALHOST", "localhost.", "%31%32%37.0.0.1",
         "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "example.org@127.0.0.1", "127.0.0.1%23@example.invalid"]


def test_no_spelling_of_a_host_leads_inside(serve, trap):
    s = serve(OPEN % "")
    for host in HOSTS:
        status, body = post(s, "http://%s:%d/x" % (host, trap.port))
        assert status in (400, 404, 500), (host, status, body)
        assert b"CANARY" not in body
    assert not trap.seen
    # …and the trap is one: on a loopback address they are all allowed
    open_ = serve("api: {port: 0, healthport: 0}\nupdater: {interval: 0}\n")
    open_.ask("POST", "/v1/layers", {"ID": "a", "Path": "http://127.0.0.1:%d/x" % trap.port})
    assert trap.seen


@pytest.mark.parametrize("address", ["10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.0.1",
                                     "198.18.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]",
                                     "[fd00:ec2::254]", "[64:ff9b:1::1]", "[::ffff:0:10.0.0.1]", "[ff02::1]", "[100::1]"])
def test_addresses_that_are_not_public_are_refused_before_a_packet(serve, address):
    s = serve(OPEN % "")
    status, body = post(s, "http://%s/x" % address)  # a packet would be waited for for seconds
    assert status == 500 and b"could not download" in body


@pytest.mark.parametrize("path", ["file:///etc/passwd", "file://localhost/etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x",
                                  "dict://127.0.0.1:1/x", "scp://127.0.0.1/x", "HTTP://127.0.0.1/x", "//127.0.0.1/x", "/etc/passwd",
                                  "/proc/self/environ", "../../etc/passwd", "http:/127.0.0.1/x", "http:127.0.0.1",
                                  "https://user:secret@127.0.0.1/x", "http://127.0.0.1:1\r\nX: y/", "http://127.0.0.1:99999/x",
                                  "http:///x", "http://", "unix:/run/x", "data:,x"])
def test_other_schemes_and_local_paths_are_refused(serve, path):
    s = serve(OPEN % "")
    status, body = post(s, path)
    assert status in (400, 404, 500), (status, body)
    assert b"root:" not in body and b"secret" not in body


def test_local_paths_lie_below_the_folders_that_are_named(serve, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "in-side"
    inside.mkdir()
    outside.mkdir()
    (outside / "x").write_text("CANARY")
    os.symlink(str(outside / "x"), str(inside / "link"))
    os.symlink(str(outside), str(inside / "folder"))
    s = serve(OPEN % (", paths: [%s]" % inside))
    for path in (inside / "link", inside / "folder" / "x", outside / "x", str(inside) + "/../in-side/x", inside):
        status, body = post(s, str(path))
        assert status == 404 and b"CANARY" not in body, (path, status, body)
    (inside / "x").write_text("no layer")
    assert post(s, str(inside / "x"))[0] == 500  # it was read, and is no archive


def test_what_is_allowed_does_not_lead_on(serve, trap):
    """A host that was named may be private; where it sends to may not, whoever it is."""
    other = Trap()
    s = serve(OPEN % ", allow-private: true")
    for to in ("http://127.0.0.1:%d/y" % other.port, "http://localhost:%d/y" % other.port, "http://[::1]:%d/y" % other.port,
               "file:///etc/passwd", "gopher://127.0.0.1:%d/" % other.port, "http://169.254.169.254/latest/meta-data"):
        trap.to = to
        status, body = post(s, "http://127.0.0.1:%d/x" % trap.port)
        assert status == 500 and b"CANARY" not in body and b"root:" not in body, (to, status, body)
    assert trap.seen and not other.seen
    other.close()


def test_a_credential_stays_with_the_host_it_was_given_for(serve, trap):
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            self.send_response(307)
            self.send_header("Location", "http://localhost:%d/there" % self.server.server_port)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        s = serve("clair:\n  api: {port: 0, healthport: 0}\n  updater: {interval: 0}\n")
        body = {"Layer": {"Name": "a", "Format": "Docker", "Path": "http://127.0.0.1:%d/x" % server.server_port,
                          "Headers": {"Authorization": "Bearer s3cret", "Host": "evil", "Connection": "close"}}}
        assert s.ask("POST", "/v1/layers", body)[0] == 400
        server.shutdown()
    assert [h.get("Authorization") for h in seen] == ["Bearer s3cret"]
    assert "evil" not in seen[0]["Host"]


def test_a_proxy_is_not_asked_for_what_lies_inside(serve):
    asked = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        s = serve(OPEN % "", http_proxy="http://127.0.0.1:%d" % proxy.server_port)
        for host in ("127.0.0.1", "0x7f.1", "2130706433", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "localhost", "LOCALHOST.",
                     "database", "metadata.google.internal", "nas.local", "127.0.0.1."):
            status, body = post(s, "http://%s/x" % host)
            assert status == 500, (host, status, body)
        assert not asked
        post(s, "http://layers.example/x")  # a name that the proxy looks up: its own affair
        assert asked == ["http://layers.example/x"]
        proxy.shutdown()


def test_the_endpoint_of_notifications_does_not_lead_on(serve, trap, hook):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:%d/other" % trap.port)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        s = serve("api: {port: 0, healthport: 0}\nupdater: {interval: 0}\n"
                  "notifier: {http: {endpoint: 'http://127.0.0.1:%d/?key=s3cret'}}\n" % server.server_port)
        body = {"ID": "CVE-1", "Link": "l", "Priority": "High", "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]}
        assert s.ask("POST", "/v1/vulnerabilities", body)[0] == 201
        line = s.wait_line("could not send notification.*")[0]
        assert "redirected to another host" in line and "s3cret" not in line
        server.shutdown()
    assert not trap.seen
    assert json.loads(s.get("/v1/vulnerabilities/CVE-1")[2])["ID"] == "CVE-1"
