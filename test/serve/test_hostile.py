"""Clients that are slow, many, or too large; and the end of the service under load."""

import concurrent.futures
import errno
import http.server
import json
import signal
import socket
import threading
import time

import program

FLAT = "api: {port: 0, healthport: 0%s}\nupdater: {interval: 0}\n"


class Slow:
    """Answers with the head of a layer, and goes on when it is told to."""

    def __init__(self):
        self.go = threading.Event()
        self.asked = threading.Event()
        slow = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                slow.asked.set()
                self.send_response(200)
                self.end_headers()
                slow.go.wait(30)
                self.wfile.write(b"\0" * 10240)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/layer" % self.server.server_port

    def close(self):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


def post(s, slow, name="a"):
    return s.ask("POST", "/v1/layers", {"ID": name, "Path": slow.url}, timeout=40)


def test_a_slow_layer_holds_up_nobody(serve):
    s = serve(FLAT % "")
    slow = Slow()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        posts = [pool.submit(post, s, slow, "l%d" % i) for i in range(8)]
        assert slow.asked.wait(20)
        before = time.monotonic()
        for _ in range(50):
            assert s.get("/v1/versions")[0] == 200
        assert time.monotonic() - before < (2 if not program.SANITIZED else 20)
        assert s.get("/", port=s.health_port)[0] == 200
        slow.go.set()
        assert {p.result()[0] for p in posts} == {201}
    slow.close()


def test_an_answer_that_takes_too_long_is_503(serve):
    s = serve(FLAT % ", timeout: 1s")
    slow = Slow()
    status, _, body = post(s, slow)
    assert (status, body) == (503, b'{"Message":"http: Handler timeout"}')
    s.wait_line("503 POST /v1/layers")
    slow.go.set()
    slow.close()


def test_a_signal_lets_the_answer_under_way_end(serve):
    s = serve(FLAT % "")
    slow = Slow()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        going = pool.submit(post, s, slow)
        assert slow.asked.wait(20)
        s.signal(signal.SIGTERM)
        s.wait_line("gracefully stopping")
        time.sleep(0.2)
        try:
            socket.create_connection(("127.0.0.1", s.port), timeout=5).close()
            raise AssertionError("it still takes connections")
        except ConnectionRefusedError:
            pass
        slow.go.set()
        assert going.result()[0] == 201
    assert s.end(None) == 0
    slow.close()


def test_a_second_signal_ends_it_at_once(serve):
    s = serve(FLAT % "")
    slow = Slow()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        going = pool.submit(post, s, slow)
        assert slow.asked.wait(20)
        s.signal(signal.SIGTERM)
        s.wait_line("gracefully stopping")
        s.signal(signal.SIGTERM)
        assert s.process.wait(5) == -signal.SIGTERM
        assert going.exception() is not None
    slow.close()


def test_one_byte_now_and_then_is_cut(serve):
    s = serve(FLAT % ", idle-timeout: 1s")
    with s.socket() as c:
        began = time.monotonic()
        try:
            for byte in b"GET /v1/versions HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
                c.sendall(bytes([byte]))
                time.sleep(0.3)
                c.setblocking(False)
                try:
                    if c.recv(10) == b"":
                        break
                except BlockingIOError:
                    pass
                c.settimeout(5)
        except ConnectionError:
            pass
        assert 1 < time.monotonic() - began < 10
    assert s.get("/v1/versions")[0] == 200


def test_slow_readers_hold_no_thread(serve):
    s = serve(FLAT % "")
    packages = [{"OS": "debian:12", "Name": "p%d" % i, "AllVersions": True} for i in range(8000)]
    assert s.ask("POST", "/v1/vulnerabilities", {"ID": "big", "Link": "l", "Priority": "High", "AffectedPackages": packages})[0] == 201
    readers = [s.socket() for _ in range(50)]
    for c in readers:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c.sendall(b"GET /v1/vulnerabilities/big HTTP/1.1\r\nHost: h\r\n\r\n")
        assert c.recv(1)
    before = time.monotonic()
    for _ in range(20):
        assert s.get("/v1/versions")[0] == 200
    assert time.monotonic() - before < (2 if not program.SANITIZED else 20)
    for c in readers:
        c.close()


def test_connections_past_the_limit_wait(serve):
    s = serve(FLAT % ", connections: 8")
    many = [s.socket() for _ in range(30)]
    for c in many:
        c.sendall(b"GET /v1/versions HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    for c in many:
        assert c.recv(100).startswith(b"HTTP/1.1 200")
        c.close()
    assert s.get("/", port=s.health_port)[0] == 200


def test_connections_of_one_address(serve):
    s = serve(FLAT % ", connections-per-address: 4")
    many = [s.socket() for _ in range(10)]
    served = 0
    for c in many:
        try:
            c.sendall(b"GET /v1/versions HTTP/1.1\r\nHost: h\r\n\r\n")
            served += c.recv(100).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            pass
    for c in many:
        c.close()
    assert served == 4


def test_bodies_past_a_mebibyte(serve):
    s = serve(FLAT % "")
    body = json.dumps({"ID": "x", "Link": "l", "Priority": "High", "Description": "d" * (1 << 20),
                       "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]})
    status, _, _ = s.ask("POST", "/v1/vulnerabilities", body)
    assert 400 <= status < 500
    assert s.get("/v1/vulnerabilities/x")[0] == 404
    before = s.memory_kib()
    with s.socket() as c:  # a body without an end is thrown away as it comes
        c.sendall(b"POST /v1/vulnerabilities HTTP/1.1\r\nHost: h\r\nContent-Length: 200000000\r\n\r\n")
        for _ in range(50):
            c.sendall(b"x" * 1000000)
    assert s.get("/v1/versions")[0] == 200
    if not program.SANITIZED:
        assert s.memory_kib() - before < 8 * 1024


def test_noise(serve):
    # an end that comes with the last bytes is seen when the connection has been idle for too long
    s = serve(FLAT % ", idle-timeout: 1s")
    for noise in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"A" * 70000,
                  b"GET /" + b"%00" * 100 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
                  b"POST /v1/layers HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                  b"GET /v1/layers/%zz/os HTTP/1.1\r\nHost: h\r\n\r\n"):
        with s.socket() as c:
            try:
                c.sendall(noise)
                c.shutdown(socket.SHUT_WR)
                assert not c.recv(1000).startswith(b"HTTP/1.1 2")
            except OSError as e:
                assert e.errno in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
    assert s.get("/v1/versions")[0] == 200
    assert s.end() == 0
