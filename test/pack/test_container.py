"""The image's root file system, run by an OCI runtime as compose and Kubernetes run it: user 65532, a
read-only root, no capabilities; and the systemd unit."""

import http.server
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import threading
import time

import program
import pytest
import service

FOLDER = os.path.join(program.SOURCE, "packaging")
RUNTIME = shutil.which("crun")
BUSYBOX = "/bin/busybox"
IMAGE_MB_MAX = 45  # without debug information, with libpq and what it loads


def installed(tmp_path):
    root = tmp_path / "installed"
    for source, to in (("cli/limpid", "bin"), ("fetch/limpid-fetch", "libexec/limpid"), ("server/limpid-serve", "libexec/limpid"),
                       ("server/limpid-postgres.so", "libexec/limpid")):
        (root / "usr" / to).mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.join(program.BUILD, "src", source), root / "usr" / to)
        subprocess.run(["strip", str(root / "usr" / to / os.path.basename(source))], check=True, timeout=60)
    return root


def spec(root, words, binds):
    none = {kind: [] for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")}
    mounts = [{"destination": "/proc", "type": "proc", "source": "proc"},
              {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
              {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "mode=1777", "size=64m"]}]
    mounts += [{"destination": to, "type": "bind", "source": str(at), "options": ["bind", how]} for to, at, how in binds]
    return {"ociVersion": "1.0.0", "root": {"path": str(root), "readonly": True}, "hostname": "limpid", "mounts": mounts,
            "process": {"terminal": False, "user": {"uid": 65532, "gid": 65532}, "args": words, "cwd": "/", "capabilities": none,
                        "noNewPrivileges": True,
                        "env": ["LIMPID_CACHE_DIR=/var/lib/limpid", "HOME=/var/lib/limpid", "TMPDIR=/tmp", "PATH=/usr/bin"]},
            # the host's network, so that the test reaches the ports
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]}}


class Container(service.Service):
    """A service in a container; its health is asked by the image's own program."""

    def __init__(self, folder, root, config):
        self.bundle, self.name = folder / "bundle", "limpid-test-%d-%d" % (os.getpid(), time.monotonic_ns())
        self.state = folder / "state"
        self.bundle.mkdir()
        data = folder / "data"
        data.mkdir()
        os.chown(data, 65532, 65532)
        (folder / "config.yaml").write_text(config)
        words = ["/usr/bin/limpid", "serve", "-config", "/etc/limpid/config.yaml"]
        binds = [("/var/lib/limpid", data, "rw"), ("/etc/limpid/config.yaml", folder / "config.yaml", "ro")]
        (self.bundle / "config.json").write_text(json.dumps(spec(root, words, binds)))
        # resources are not what is tested, and some machines' cgroups are none that crun knows
        hide = 'mount -t tmpfs none /sys/fs/cgroup 2>/dev/null; exec "$@"'
        self.run_words = ["unshare", "-m", "sh", "-c", hide, "sh", RUNTIME, "--cgroup-manager=disabled", "--root", str(self.state)]
        self.lines = []
        self.changed = threading.Condition()
        self.tls = None
        self.process = subprocess.Popen([*self.run_words, "run", "--bundle", str(self.bundle), self.name],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def inside(self, *words):
        return subprocess.run([*self.run_words, "exec", self.name, *words], capture_output=True, text=True, timeout=20, check=False)


class Layers:
    """One layer by HTTP."""

    def __enter__(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name, text in (("etc/os-release", 'ID=debian\nVERSION_ID="12"\n'),
                               ("var/lib/dpkg/status", "Package: own\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n")):
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(out.getvalue())))
                self.end_headers()
                self.wfile.write(out.getvalue())

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return "http://127.0.0.1:%d/layer.tar" % self.server.server_port

    def __exit__(self, *why):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    if os.getuid() != 0 or RUNTIME is None:
        pytest.skip("needs root and an OCI runtime (crun)")
    if program.SANITIZED or not shutil.which("strip") or not os.path.exists(program.BUILD + "/src/server/limpid-postgres.so"):
        pytest.skip("needs programs as they are shipped")
    folder = tmp_path_factory.mktemp("image")
    busybox = BUSYBOX if os.path.exists(BUSYBOX) else "/usr/bin/busybox"
    words = [FOLDER + "/container/root", str(folder / "root"), str(installed(folder))]
    subprocess.run(words + ([busybox] if os.path.exists(busybox) else []), check=True, timeout=60)
    for at in (folder, *folder.parents):  # the runtime's user has to pass
        if str(at).startswith("/tmp/pytest"):
            os.chmod(at, 0o755)
    os.chown(folder / "root/var/lib/limpid", 65532, 65532)
    return folder / "root"


def test_its_size(image):
    size = sum(os.lstat(os.path.join(at, f)).st_size for at, _, files in os.walk(image) for f in files)
    print("the image has %.1f MB" % (size / 1e6))
    assert size < IMAGE_MB_MAX * 1e6


def test_it_runs_without_rights(image, tmp_path):
    c = Container(tmp_path, image, "api: {port: 0, healthport: 0}\nupdater: {interval: 0}\n")
    if c.process.poll() is None:
        time.sleep(0.3)
    if c.process.poll() is not None and "starting" not in "\n".join(c.lines):
        pytest.skip("the runtime cannot run here: " + c.process.stderr.read().strip()[-200:])
    try:
        c.health_port = int(c.wait_line(r"starting health API on port (\d+)")[1])
        c.port = int(c.wait_line(r"starting main API on port (\d+)")[1])
        assert c.get("/", port=c.health_port)[0] == 200
        status, _, body = c.ask("POST", "/v1/layers", {"ID": "a", "Path": "/tmp/none"})
        assert status == 404, body
        with Layers() as url:  # fetched, and read by a confined worker
            assert c.ask("POST", "/v1/layers", {"ID": "a", "Path": url})[0] == 201
        assert [p["Name"] for p in json.loads(c.get("/v1/layers/a/packages")[2])["Packages"]] == ["own"]
        body = {"ID": "CVE-1", "Link": "l", "Priority": "High", "AffectedPackages": [{"OS": "debian:12", "Name": "a", "AllVersions": True}]}
        assert c.ask("POST", "/v1/vulnerabilities", body)[0] == 201
        state = json.loads(subprocess.run([*c.run_words, "state", c.name], capture_output=True, check=True, timeout=20).stdout)
        with open("/proc/%d/status" % state["pid"], encoding="ascii") as file:
            told = dict(re.findall(r"^(Uid|CapEff|CapBnd|NoNewPrivs):\s+(\S+)", file.read(), re.M))
        assert told == {"Uid": "65532", "CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}
        if (image / "bin/busybox").exists():
            assert c.inside("/usr/libexec/limpid/health", str(c.health_port)).returncode == 0
            assert c.inside("/usr/libexec/limpid/health", "1").returncode != 0
            assert c.inside("/bin/busybox", "touch", "/usr/x").returncode != 0  # read-only
        subprocess.run([*c.run_words, "kill", c.name, "TERM"], check=True, timeout=20)
        assert c.process.wait(40) == 0
        assert any("gracefully stopping" in line for line in c.lines)
        assert os.stat(tmp_path / "data/service.db").st_uid == 65532
    finally:
        if c.process.poll() is None:
            subprocess.run([*c.run_words, "delete", "--force", c.name], check=False, timeout=20, capture_output=True)
            c.process.wait(20)


UNIT = os.path.join(program.BUILD, "packaging", "systemd", "limpid.service")
ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.skipif(ANALYZE is None or not os.path.exists(UNIT), reason="no systemd-analyze, or a build without the service")
def test_the_unit_is_one_and_confined(tmp_path):
    with open(UNIT, encoding="utf-8") as file:
        text = file.read()
    start = re.search(r"^ExecStart=(\S+)/limpid serve$", text, re.M)
    assert start and start[1].startswith("/") and "@bindir@" not in text
    # the program is not installed here, nor are its manuals
    text = text.replace(start[1] + "/limpid", program.LIMPID)
    text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
    (tmp_path / "limpid.service").write_text(text)
    done = subprocess.run([ANALYZE, "verify", str(tmp_path / "limpid.service")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "limpid.service" not in done.stderr, done
    done = subprocess.run([ANALYZE, "security", "--offline=true", "--no-pager", "--threshold=20", str(tmp_path / "limpid.service")],
                          capture_output=True, text=True, timeout=60, check=False)
    level = re.search(r"exposure level for limpid.service: ([\d.]+)", done.stdout)
    assert done.returncode == 0 and level, done
    with open(os.path.join(program.SOURCE, "docs", "serve.md"), encoding="utf-8") as file:
        assert "says %s of 10" % level[1] in file.read()


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers")
def test_the_user_and_the_folder_are_made(tmp_path):
    (tmp_path / "etc").mkdir()
    for tool, kind in (("systemd-sysusers", "sysusers"), ("systemd-tmpfiles", "tmpfiles")):
        words = [tool, "--root=" + str(tmp_path)] + (["--create"] if kind == "tmpfiles" else [])
        subprocess.run([*words, FOLDER + "/systemd/limpid." + kind], check=True, timeout=30, capture_output=True)
    assert re.search(r"^limpid:", (tmp_path / "etc/passwd").read_text(), re.M)
    if os.getuid() == 0:
        assert os.stat(tmp_path / "etc/limpid").st_mode & 0o7777 == 0o750
