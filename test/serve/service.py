"""The service as a process, and what speaks to it."""

import http.client
import http.server
import json
import os
import queue
import re
from signal import SIGTERM
import socket
import ssl
import subprocess
import threading
import time

import program


class Service:
    """`limpid serve` with a configuration; ports are free ones unless it names them."""

    def __init__(self, folder, config, number=0, words=(), cache=None, wait=True, tls=None, own_session=False, **variables):
        self.folder = str(folder)
        self.file = os.path.join(self.folder, "config%d.yaml" % number)
        self.cache = cache or os.path.join(self.folder, "cache%d" % number)
        self.tls = tls
        self.write(config)
        self.lines = []
        self.changed = threading.Condition()
        environment = program.environment(self.cache, **variables)
        self.process = subprocess.Popen(
            [program.LIMPID, "serve", "-config", self.file, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True,
            start_new_session=own_session)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.port = self.health_port = None
        if wait:
            self.health_port = int(self.wait_line(r'starting health API.*?(?:port |"port":)(\d+)')[1])
            self.port = int(self.wait_line(r'starting main API.*?(?:port |"port":)(\d+)')[1])

    def write(self, config):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(config)

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait_line(self, pattern, seconds=20, count=1):
        """The count-th line that the pattern is found in."""
        end = time.monotonic() + seconds * (5 if program.SANITIZED else 1)
        with self.changed:
            while True:
                found = [m for m in (re.search(pattern, line) for line in self.lines) if m]
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                assert left > 0 and self.process.poll() is None or self.changed.wait(0.2), (pattern, self.lines, self.errors())
                self.changed.wait(min(left, 0.2))

    def errors(self):
        return self.process.stderr.read() if self.process.poll() is not None else ""

    def ask(self, method, path, body=None, headers=None, port=None, context=None, timeout=20):
        """(status, headers, body)"""
        to = port or self.port
        if context or (self.tls and port is None):
            connection = http.client.HTTPSConnection("127.0.0.1", to, timeout=timeout, context=context or self.tls)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", to, timeout=timeout)
        try:
            data = json.dumps(body) if isinstance(body, (dict, list)) else body
            connection.request(method, path, data, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def signal(self, number):
        self.process.send_signal(number)

    def memory_kib(self, name="RssAnon"):
        with open("/proc/%d/status" % self.process.pid, encoding="ascii") as file:
            return int(re.search(r"^%s:\s+(\d+)" % name, file.read(), re.M)[1])

    def end(self, number=SIGTERM, seconds=60):
        """Its exit status; `number` None: it was told to end before."""
        if number and self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.reader.join(5)
        return status


class Hook:
    """A webhook's receiver: `answers` are the statuses it gives, the last one for ever."""

    def __init__(self, context=None):
        self.bodies = queue.Queue()
        self.answers = [201]
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status = hook.answers.pop(0) if len(hook.answers) > 1 else hook.answers[0]
                peer = self.connection.getpeercert() if context else None
                hook.bodies.put((status, self.headers, body, peer))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, seconds=20):
        return self.bodies.get(timeout=seconds)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def client_context(ca, certificate=None, key=None):
    context = ssl.create_default_context(cafile=ca)
    if certificate:
        context.load_cert_chain(certificate, key)
    return context
