"""`limpid analyze-local-images`: without a server, against the service itself, with docker."""

import http.client
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import program
import pytest

sys.path.insert(0, os.path.join(program.SOURCE, "test", "hostile"))
from hostile import tar  # noqa: E402
from hostile.images import Oci, base, docker, sha256, squeeze, stanza, status, zipped  # noqa: E402

LOWER = base()
UPPER = tar.archive(tar.file("var/lib/dpkg/status", status() + stanza("extra", "1.0")))
CLEAN = base(database=stanza("extra", "1.0"))
SERVE = "api: {port: 0, healthport: 0}\nupdater: {interval: 0}\n"
DOCKER = """#!/bin/sh
printf '%s\\n' "$*" >> "{folder}/calls"
case "$1 $2 $3" in
"save app:1 ") cat "{folder}/app.tar" ;;
"history -q --no-trunc") test "$4" = app:1 && cat "{folder}/history" ;;
*) echo "no such image" >&2; exit 1 ;;
esac
"""


def chain(*layers):
    ids = []
    for layer in layers:
        ids.append(sha256(("sha256:%s sha256:%s" % (ids[-1], sha256(layer))).encode()) if ids else sha256(layer))
    return ids


@pytest.fixture
def cache(tmp_path):
    folder = str(tmp_path / "advisories")
    os.mkdir(folder)
    program.make_store(folder)
    return folder


@pytest.fixture
def analyze(tmp_path, cache):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "app.tar").write_bytes(docker(LOWER, UPPER))

    def run(*words, path=None, **more):
        if path:
            more["PATH"] = path + ":" + os.environ["PATH"]
        done = program.run("analyze-local-images", *words, cache=cache, cwd=str(tmp_path), TMPDIR=str(tmp_path / "tmp"), **more)
        assert os.listdir(tmp_path / "tmp") == [], "left behind"
        return done

    return run


def with_docker(tmp_path, history):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(DOCKER.format(folder=tmp_path))
    (folder / "docker").chmod(0o755)
    (tmp_path / "history").write_text("".join(line + "\n" for line in history))
    return str(folder)


def progress(name, ids):
    return "".join(line + "\n" for line in (
        "Saving " + name, "Getting image's history", "Analyzing %d layers" % len(ids),
        *("- Analyzing " + one for one in ids), "Getting image's vulnerabilities"))


def found(*rows):
    return "".join("- # %s\n  - Priority:    %s\n  - Link:        https://security-tracker.debian.org/tracker/%s\n"
                   "  - Description: \n" % (one, priority, one) for one, priority in rows)


BOTH = found(("CVE-2024-0001", "High"), ("CVE-2024-0002", "Low"))


def test_without_a_server(analyze):
    done = analyze("app.tar")
    assert (done.status, done.text) == (1, progress("app.tar", [sha256(LOWER), sha256(UPPER)]) + BOTH)


@pytest.mark.parametrize("words, status, what", [
    (("-minimum-priority", "Medium"), 1, found(("CVE-2024-0001", "High"))),
    (("-minimum-priority=Critical",), 0, "Bravo, your image looks SAFE !\n"),
    (("--minimum-priority", "Low", "-exit-code", "0"), 0, BOTH),
    (("-exit-code=7", "-endpoint", ""), 7, BOTH),
])
def test_priorities_and_status(analyze, words, status, what):
    done = analyze(*words, "app.tar")
    assert (done.status, done.text) == (status, progress("app.tar", [sha256(LOWER), sha256(UPPER)]) + what)


@pytest.mark.parametrize("words, status, part", [
    (("-minimum-priority", "Worst", "app.tar"), 2, "'Worst' is none of Unknown, "),
    ((), 2, "it takes IMAGE"),
    (("a", "b"), 2, "one argument too many"),
    (("-endpoint", "clair:6060", "app.tar"), 2, "-endpoint: 'clair:6060' is no http:// or https:// URL"),
    (("./nothing.tar",), 3, "- Could not analyze image: "),
    (("-endpoint", "http://127.0.0.1:1", "./nothing.tar"), 3, "- Could not save image: "),
    (("-endpoint", "http://127.0.0.1:1", "app.tar"), 3, "- Could not analyze layer: "),
    (("-endpoint", "http://127.0.0.1:1", "dir:tmp"), 3, "has no layers"),
])
def test_failures(analyze, words, status, part):
    done = analyze(*words)
    assert done.status == status and part in done.lines[-1], done


def test_an_unknown_distribution_is_not_safe(analyze, tmp_path):
    (tmp_path / "odd.tar").write_bytes(docker(base(release="ID=templeos\nVERSION_ID=5.03\n")))
    done = analyze("odd.tar")
    assert done.status == 3 and "Bravo" not in done.text and "cannot judge" in done.lines[-1]


@pytest.mark.parametrize("form", ["docker", "oci", "layout", "pipe"])
def test_by_the_service(analyze, serve, cache, tmp_path, form):
    s = serve(SERVE, cache=cache)
    end = ["-endpoint", "http://127.0.0.1:%d/" % s.port]
    stored = [zipped(one) for one in (LOWER, UPPER)]
    if form == "oci":
        (tmp_path / "app.tar").write_bytes(Oci(*stored).archive())
    elif form == "layout":
        Oci(*stored).write(str(tmp_path / "layout"))
    name = {"layout": "layout", "pipe": "-"}.get(form, "app.tar")
    stdin = (tmp_path / "app.tar").read_bytes() if form == "pipe" else None
    done = analyze(*end, name, stdin=stdin)
    ids = re.findall("^- Analyzing (.*)$", done.text, re.M)
    if form in ("docker", "pipe"):
        assert ids == chain(LOWER, UPPER)
    assert len(set(ids)) == 2 and done.status == 1, done
    head = progress(name, ids)
    assert done.text.startswith(head) and sorted(done.text[len(head):].split("- # ")) == sorted(BOTH.split("- # "))
    assert json.loads(s.get("/v1/layers/%s/parent" % ids[1])[2]) == {"ID": ids[0]}
    done = analyze(*end, "-minimum-priority", "Critical", name, stdin=stdin)
    assert (done.status, done.text) == (0, head + "Bravo, your image looks SAFE !\n")


def test_a_named_pipe_is_opened_once(analyze, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    content = (tmp_path / "app.tar").read_bytes()
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    done = analyze("pipe", path=with_docker(tmp_path, []))
    writer.join()
    assert (done.status, done.text) == (1, progress("pipe", [sha256(LOWER), sha256(UPPER)]) + BOTH)


def test_a_compressed_archive(analyze, tmp_path):
    (tmp_path / "app.tar.gz").write_bytes(squeeze(docker(LOWER, UPPER)))
    assert analyze("app.tar.gz").status == 1
    done = analyze("-endpoint", "http://127.0.0.1:1", "app.tar.gz")
    assert done.status == 3 and done.lines[-1].endswith("; unpack it first (gunzip), or leave -endpoint out"), done


def test_no_proxy_for_this_machine(analyze, clair):
    c = clair()
    done = analyze("-endpoint", "http://localhost:%d" % c.port, "app.tar", http_proxy="http://127.0.0.1:1")
    assert done.status == 0 and len(c.asked) == 3


def test_equal_bytes_twice_are_two_layers(analyze, serve, cache, tmp_path):
    s = serve(SERVE, cache=cache)
    (tmp_path / "app.tar").write_bytes(docker(LOWER, CLEAN, LOWER))
    done = analyze("-endpoint", "http://localhost:%d" % s.port, "app.tar")
    assert done.status == 1 and done.text.startswith(progress("app.tar", chain(LOWER, CLEAN, LOWER)))


def test_a_refused_layer(analyze, serve, cache, tmp_path):
    s = serve(SERVE, cache=cache)
    (tmp_path / "app.tar").write_bytes(docker(base(release="ID=templeos\nVERSION_ID=5.03\n")))
    done = analyze("-endpoint", "http://127.0.0.1:%d" % s.port, "app.tar")
    assert done.status == 3
    assert re.search(r'- Could not analyze layer: Got response 400 with message \{"Message":".*"\}', done.lines[-1]), done


# -- docker ----------------------------------------------------------------------------------------


def test_docker_without_a_server(analyze, tmp_path):
    done = analyze("app:1", path=with_docker(tmp_path, ["sha256:" + "a" * 64, "<missing>"]))
    assert (done.status, done.text) == (1, progress("app:1", [sha256(LOWER), sha256(UPPER)]) + BOTH)


def test_docker_and_its_history(analyze, serve, cache, tmp_path):
    s = serve(SERVE, cache=cache)
    path = with_docker(tmp_path, ["b" * 64, "a" * 64])
    done = analyze("-endpoint", "http://127.0.0.1:%d" % s.port, "app:1", path=path)
    assert done.status == 1 and done.text.startswith(progress("app:1", ["a" * 64, "b" * 64])), done
    assert (tmp_path / "calls").read_text() == "save app:1\nhistory -q --no-trunc app:1\n"


@pytest.mark.parametrize("history", [["sha256:" + "a" * 64, "<missing>"], ["a" * 64] * 2, ["a" * 64], [], ["../x", "a"]])
def test_a_history_that_names_no_layers(analyze, serve, cache, tmp_path, history):
    s = serve(SERVE, cache=cache)
    done = analyze("-endpoint", "http://127.0.0.1:%d" % s.port, "app:1", path=with_docker(tmp_path, history))
    assert done.status == 1 and done.text.startswith(progress("app:1", chain(LOWER, UPPER))), done


def runs(pid):
    """Ended, but not yet waited for, is not running."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_signal_ends_docker(analyze, tmp_path, cache):
    path = with_docker(tmp_path, [])
    (tmp_path / "bin" / "docker").write_text("#!/bin/sh\necho $$ > %s/pid\nexec sleep 60\n" % tmp_path)
    run = subprocess.Popen([program.LIMPID, "analyze-local-images", "app:1"], stdout=subprocess.DEVNULL, cwd=tmp_path,
                           env=program.environment(cache, TMPDIR=str(tmp_path / "tmp"), PATH=path + ":" + os.environ["PATH"]))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        time.sleep(0.02)
    run.send_signal(signal.SIGTERM)
    assert run.wait(20) == -signal.SIGTERM and os.listdir(tmp_path / "tmp") == []
    end = time.monotonic() + 10
    while runs(int((tmp_path / "pid").read_text())):
        assert time.monotonic() < end


def test_an_image_that_docker_has_not(analyze, tmp_path):
    done = analyze("other:2", path=with_docker(tmp_path, []))
    assert done.status == 3 and done.lines[-1].endswith("- Could not save image: 'docker save' ended with status 1")


# -- other servers ---------------------------------------------------------------------------------


class Clair:
    """Answers as Clair, and downloads what it is told as a server at 127.0.0.2 would."""

    def __init__(self, vulnerabilities=(), host=None, peer="127.0.0.2"):
        self.asked, self.layers = [], []
        self.reached = threading.Event()
        self.hold = None
        clair = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                clair.asked.append((self.path, self.headers["Content-Type"], body))
                clair.reached.set()
                if clair.hold:
                    clair.hold.wait(20)
                if body["Path"].startswith("http:"):
                    clair.layers.append(clair.download(body["Path"], host, peer))
                self.answer(201, {"Version": "1"})

            def do_GET(self):
                clair.asked.append((self.path,))
                self.answer(200, {"Vulnerabilities": list(vulnerabilities)})

            def answer(self, status, value):
                text = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def download(self, url, host, peer, method="GET"):
        path = url.split("/", 3)[3]
        connection = http.client.HTTPConnection("127.0.0.1", 9279, timeout=10, source_address=(peer, 0))
        connection.request(method, "/" + path, headers={"Host": host.replace("PORT", str(self.port))} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def clair():
    started = []

    def start(**more):
        started.append(Clair(**more))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.mark.parametrize("host, peer, status", [
    (None, "127.0.0.2", 200), ("127.0.0.2", "127.0.0.3", 200), ("127.0.0.2:PORT", "127.0.0.3", 200),
    (None, "127.0.0.3", 403), ("127.0.0.4", "127.0.0.3", 403),
])
def test_layers_are_served_to_the_endpoint_alone(analyze, clair, host, peer, status):
    c = clair(host=host, peer=peer)
    done = analyze("-endpoint", "http://127.0.0.2:%d" % c.port, "-my-address", "127.0.0.1", "app.tar")
    ids = chain(LOWER, UPPER)
    assert (done.status, done.text) == (0, progress("app.tar", ids) + "Bravo, your image looks SAFE !\n")
    kind = "application/json"
    assert c.asked == [
        ("/v1/layers", kind, {"ID": ids[0], "Path": "http://127.0.0.1:9279/%s/layer.tar" % ids[0], "ParentID": ""}),
        ("/v1/layers", kind, {"ID": ids[1], "Path": "http://127.0.0.1:9279/%s/layer.tar" % ids[1], "ParentID": ids[0]}),
        ("/v1/layers/%s/vulnerabilities?minimumPriority=Low" % ids[1],)]
    assert c.layers == ([(200, LOWER), (200, UPPER)] if status == 200 else [(403, b"")] * 2)


def test_what_a_server_says_cannot_look_like_something_else(analyze, clair):
    c = clair(vulnerabilities=[{"ID": "CVE-1\n- # CVE-2", "Priority": "High", "Link": "http://l\x1b[2J",
                                "Description": "one\n  two\ttabs"}, {"ID": "CVE-3", "Priority": "Low", "Link": "l"}])
    done = analyze("-endpoint", "http://127.0.0.1:%d" % c.port, "app.tar")
    assert done.status == 1
    assert done.text.endswith("- # CVE-1 - # CVE-2\n  - Priority:    High\n  - Link:        http://l\\x1b[2J\n"
                              "  - Description: one   two tabs\n"
                              "- # CVE-3\n  - Priority:    Low\n  - Link:        l\n  - Description: \n")


def start_held(clair, tmp_path, cache, host):
    c = clair()
    c.hold = threading.Event()
    run = subprocess.Popen(
        [program.LIMPID, "analyze-local-images", "-endpoint", "http://%s:%d" % (host, c.port), "app.tar"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, env=program.environment(cache, TMPDIR=str(tmp_path / "tmp")))
    assert c.reached.wait(20)
    return c, run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.skipif(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, reason="started by nohup, which ignores SIGHUP")
def test_a_signal_leaves_nothing_behind(analyze, clair, tmp_path, cache, number):
    c, run = start_held(clair, tmp_path, cache, "127.0.0.1")
    folder, = os.listdir(tmp_path / "tmp")
    assert os.stat(tmp_path / "tmp" / folder).st_mode & 0o777 == 0o700
    assert (tmp_path / "tmp" / folder / chain(LOWER)[0] / "layer.tar").read_bytes() == LOWER
    run.send_signal(number)
    assert run.wait(20) == -number
    assert os.listdir(tmp_path / "tmp") == []
    c.hold.set()


def test_the_small_server(analyze, clair, tmp_path, cache):
    c, run = start_held(clair, tmp_path, cache, "127.0.0.2")
    url = "http://x/" + chain(LOWER)[0] + "/layer.tar"
    stuck = socket.create_connection(("127.0.0.1", 9279))  # says nothing, and disturbs nobody
    try:
        assert c.download(url, None, "127.0.0.2") == (200, LOWER)
        assert c.download(url, None, "127.0.0.2", "HEAD") == (200, b"")
        assert c.download(url, None, "127.0.0.2", "PUT")[0] == 405
        for path in ("", "layer.tar", chain(LOWER)[0], "../etc/passwd", chain(LOWER)[0] + "/../layer.tar", "/" + url[9:]):
            assert c.download("http://x/" + path, None, "127.0.0.2")[0] == 404
        assert c.download(url, "x" * 9000, "127.0.0.2")[0] == 431
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.3", 9279))
    finally:
        stuck.close()
        run.send_signal(signal.SIGTERM)
        run.wait(20)
        c.hold.set()
    time.sleep(0.2)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 9279))
