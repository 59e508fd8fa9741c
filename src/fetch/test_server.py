#!/usr/bin/env python3
"""test_server.py: what client_test.c fetches from. Prints its port, serves until killed."""
import http.server
import os
import time

DATA = bytes(i * 7 % 251 for i in range(1000000))
counts = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/post-again":
            self.answer(307, Location="/post")
        elif self.path == "/post-seen":
            self.answer(303, Location="/headers")
        else:
            told = "%d %s %s" % (len(body), self.headers.get("Content-Type"), self.headers.get("Host"))
            self.answer(201, told.encode() + b" " + body[-5:])

    def do_GET(self):
        port = self.server.server_port
        path = self.path
        counts[path] = counts.get(path, 0) + 1
        if path == "/data":
            self.answer(200, DATA, ETag='"v1"', Last_Modified="Tue, 24 Nov 2026 08:00:00 GMT")
        elif path == "/etag":
            same = self.headers.get("If-None-Match") == '"v1"'
            self.answer(304 if same else 200, b"" if same else b"new", ETag='"v1"')
        elif path == "/headers":
            self.answer(200, str(self.headers).encode())
        elif path == "/absent":
            self.answer(404, b"no such thing")
        elif path == "/one":
            self.answer(302, b"elsewhere", Location="/data")
        elif path == "/loop":
            self.answer(302, Location="/loop")
        elif path == "/five":
            self.answer(307, Location="/four")
        elif path == "/four":
            self.answer(308, Location="/three")
        elif path == "/three":
            self.answer(301, Location="/two")
        elif path == "/two":
            self.answer(303, Location="/one")
        elif path == "/six":
            self.answer(302, Location="/five")
        elif path == "/to-name":
            self.answer(302, Location="http://localhost:%d/data" % port)
        elif path == "/to-private":
            self.answer(302, Location="http://10.1.2.3/")
        elif path == "/to-file":
            self.answer(302, Location="file:///etc/passwd")
        elif path == "/to-user":
            self.answer(302, Location="http://user:secret@127.0.0.1:%d/data" % port)
        elif path == "/busy-twice":
            if counts[path] <= 2:
                self.answer(503, b"later")
            else:
                self.answer(200, b"at last")
        elif path == "/wait":
            if counts[path] == 1:
                self.answer(429, b"slow down", Retry_After="1")
            else:
                self.answer(200, b"waited")
        elif path == "/busy":
            self.answer(503, b"never")
        elif path == "/count":
            self.answer(200, str(counts.get("/busy", 0)).encode())
        elif path == "/cut":
            self.answer(200, b"x" * 1000, Content_Length="5000")
            self.close_connection = True
        elif path == "/stall":
            self.answer(200, b"x" * 10, Content_Length="5000")
            self.wfile.flush()
            time.sleep(20)
            self.close_connection = True
        elif path == "/flood":
            self.send_response(200)
            for i in range(99):
                self.send_header("X-%d" % i, "y")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path == "/endless":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"10000\r\n" + b"z" * 65536 + b"\r\n")
            except OSError:
                self.close_connection = True
        elif path == "/packed":
            self.answer(200, b"\x1f\x8bnot really", Content_Encoding="gzip")
        else:
            self.answer(400, b"what?")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
os.write(1, b"%d\n" % server.server_port)
os.close(1)
server.serve_forever()
