"""A webhook's receiver that records what came, and that can be told to fail in every way."""

import http.server
import json
import random
import socket
import threading
import time


class Endpoint:
    """`actions` are taken one a request, the last one for ever: a number is a status, 'hang' no answer before `free`
    is set, and then `late`; 'close' the end of the connection within the answer's head."""

    def __init__(self, actions=(201,), context=None, delays=(0.0, 0.004), port=0):
        self.actions, self.delays, self.port = list(actions), delays, port
        self.context = context
        self.lock = threading.Lock()
        self.came = []  # (when, body, action)
        self.free, self.late = threading.Event(), 201
        self.chance = random.Random(1)
        self.server = None
        if port == 0:
            self.listen()

    def listen(self):
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                try:
                    endpoint.take(self)
                except OSError:
                    self.close_connection = True  # whoever sent it is gone

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                connection, address = super().get_request()
                context = endpoint.context
                if context:
                    context = context() if callable(context) else context
                    connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, address

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self.lock:
            action = self.actions.pop(0) if len(self.actions) > 1 else self.actions[0]
            self.came.append((time.monotonic(), body, action))
            delay = self.chance.uniform(*self.delays)
        if action == "close":
            handler.connection.sendall(b"HTTP/1.1 20")
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        if action == "hang":
            self.free.wait()
            action = self.late
        time.sleep(delay)
        handler.send_response(action)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def wait(self, count, seconds=30):
        end = time.monotonic() + seconds
        while True:
            with self.lock:
                if len(self.came) >= count:
                    return list(self.came)
            assert time.monotonic() < end, self.came
            time.sleep(0.01)

    def close(self):
        self.free.set()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
