"""A publisher's site on the loopback interface that does as it is told: documents with validators and
parts, and every way a server can misbehave. It counts what it was asked and how many bytes it sent."""

import contextlib
import gzip
import hashlib
import http.server
import socket
import ssl
import struct
import threading
import time
import urllib.parse


class Document:
    """What lies at a path. `tag` and `date` are its validators (None: it has none)."""

    def __init__(self, body, tag=True, date=None, kind="application/octet-stream", packs=False):
        self.body = body if isinstance(body, bytes) else body.encode()
        self.tag = '"%s"' % hashlib.sha256(self.body).hexdigest()[:16] if tag is True else tag
        self.date, self.kind, self.packs = date, kind, packs

    def answer(self, request):
        body, tag = self.body, self.tag
        headers = {"Content-Type": self.kind}
        if self.packs and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
            tag = tag[:-1] + '-gz"' if tag else None
        if tag:
            headers["ETag"] = tag
        if self.date:
            headers["Last-Modified"] = self.date
        if (tag and request.headers.get("If-None-Match") == tag) or (
            self.date and "If-None-Match" not in request.headers and request.headers.get("If-Modified-Since") == self.date
        ):
            return request.say(304, headers=headers)
        span = request.headers.get("Range", "")
        same = request.headers.get("If-Range") in (tag, self.date) and request.headers.get("If-Range")
        if span.startswith("bytes=") and same:
            start = int(span[6:].split("-")[0])
            if start >= len(body):
                return request.say(416, headers={"Content-Range": "bytes */%d" % len(body)})
            headers["Content-Range"] = "bytes %d-%d/%d" % (start, len(body) - 1, len(body))
            return request.say(206, body[start:], headers)
        return request.say(200, body, headers)


class Request(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True  # a head and its body are two writes

    def log_message(self, *args):
        pass

    def write(self, data):
        self.wfile.write(data)
        self.server.site.sent += len(data)

    def head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        lines = b"".join(self._headers_buffer)
        self.server.site.sent += len(lines) + 2
        self.end_headers()

    def say(self, status, body=b"", headers=None):
        self.head(status, {"Content-Length": len(body), **(headers or {})})
        if self.command != "HEAD" and status != 304:
            self.write(body)

    def reset(self):
        """Ends the connection the hard way."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def do_GET(self):
        site = self.server.site
        path = self.path
        site.asked.append((self.command, path, dict(self.headers)))
        if path.startswith("http://"):  # we are a proxy
            path = urllib.parse.urlsplit(path).path
        try:
            what = site.at(path)
            if callable(what):
                what(self)
            elif what is None:
                self.say(404, b"no such document")
            else:
                what.answer(self)
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class Site:
    """`documents`: path (as it is asked for) → Document, bytes, text, or a function of a Request."""

    def __init__(self, documents=None, certificate=None):
        self.documents = dict(documents or {})
        self.asked, self.sent = [], 0
        self.server = Server(("127.0.0.1", 0), Request)
        self.server.site = self
        self.port = self.server.server_port
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return "%s://127.0.0.1:%d/" % (self.scheme, self.port)

    def at(self, path):
        found = self.documents.get(path.lstrip("/"))
        return Document(found) if isinstance(found, (bytes, str)) else found

    def forget(self):
        self.asked.clear()
        self.sent = 0

    def paths(self):
        return [path.lstrip("/") for _, path, _ in self.asked]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def site(documents=None, **more):
    s = Site(documents, **more)
    try:
        yield s
    finally:
        s.close()


# -- misbehaviour ----------------------------------------------------------------------------------


def status(code, body=b"no", **headers):
    return lambda r: r.say(code, body, {name.replace("_", "-"): value for name, value in headers.items()})


def redirect(to):
    return lambda r: r.say(302, b"", {"Location": to.replace("HERE", "127.0.0.1:%d" % r.server.server_port).replace("PATH", r.path)})


def times(n, first, then):
    """`first` to the first `n` requests, `then` to the others; a Document or a function each."""
    count = [0]

    def answer(request):
        count[0] += 1
        what = first if count[0] <= n else then
        return what(request) if callable(what) else what.answer(request)

    return answer


def hang(request):
    request.close_connection = True
    time.sleep(8)


def stall(request):
    request.head(200, {"Content-Length": 5000})
    request.write(b"{")
    hang(request)


def drip(request):
    """A byte a second."""
    request.head(200, {"Content-Length": 5000})
    for _ in range(8):
        request.write(b" ")
        request.wfile.flush()
        time.sleep(1)
    request.close_connection = True


def endless(request):
    request.head(200, {"Transfer-Encoding": "chunked"})
    until = time.monotonic() + 8
    while time.monotonic() < until:
        request.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
        time.sleep(0.001)
    request.close_connection = True


def reset_at_once(request):
    request.reset()


def reset_within(request):
    request.head(200, {"Content-Length": 50000})
    request.write(b"{" + b" " * 20000)
    request.reset()


def garbage(request):
    request.write(b"\x16\x03\x01 this is no HTTP at all\r\n\r\n" * 100)
    request.close_connection = True


def headers_without_end(request):
    request.send_response(200)
    for i in range(2000):
        request.send_header("X-Header-%d" % i, "y" * 100)
    request.send_header("Content-Length", "0")
    request.end_headers()


def cut(body, said=None, **headers):
    """Sends `body` and closes, having promised `said` bytes."""

    def answer(request):
        request.head(200, {"Content-Length": said if said is not None else len(body) * 2, **headers})
        request.write(body)
        request.close_connection = True

    return answer


def cut_chunks(body):
    def answer(request):
        request.head(200, {"Transfer-Encoding": "chunked"})
        request.write(b"%x\r\n" % len(body) + body + b"\r\n")  # and no last chunk
        request.close_connection = True

    return answer
