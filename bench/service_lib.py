"""What bench/service needs: real packages with findings, layers of them, the service as a process,
a client that measures, and wrk."""
import gzip
import io
import json
import os
import re
import socket
import subprocess
import tarfile
import threading
import time

MIB = 1024 * 1024
FEEDS = os.path.join(os.environ.get('LIMPID_SHARED', '../shared'), 'feeds')
TRACKER = 'debian/derived-tracker-json/tracker/data/json.zst'
RELEASE, NUMBER = 'bullseye', 11


# -- packages ----------------------------------------------------------------------------------


def order_key(version):
    """A key that sorts most of Debian's versions as dpkg does: enough to find an old one."""
    epoch, _, rest = version.rpartition(':')
    return [int(epoch or 0)] + [int(part) if part.isdigit() else -1
                                for part in re.findall(r'\d+|~', rest)]


def packages():
    """(source, an old version, how many CVEs were fixed later), from Debian's tracker."""
    text = subprocess.run(['zstd', '-q', '-d', '-c', os.path.join(FEEDS, TRACKER)], check=True,
                          stdout=subprocess.PIPE).stdout
    found = []
    for source, cves in sorted(json.loads(text).items()):
        fixed = [cve['releases'][RELEASE].get('fixed_version', '0') for cve in cves.values()
                 if RELEASE in cve['releases']]
        fixed = [version for version in fixed if version != '0']
        if fixed:
            oldest = min(fixed, key=order_key)
            found.append((source, oldest, sum(version != oldest for version in fixed)))
    return found


# -- layers ------------------------------------------------------------------------------------


def add(tar, path, data):
    entry = tarfile.TarInfo(path)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def status(rows):
    return ''.join(f'Package: {name}\nStatus: install ok installed\nPriority: optional\n'
                   f'Section: misc\nArchitecture: amd64\nVersion: {version}\n'
                   f'Description: as in Debian {NUMBER}\n\n' for name, version, *_ in rows).encode()


def layer(rows, mark='', files=()):
    """A layer of Debian with these packages; `mark` makes its bytes its own."""
    to = io.BytesIO()
    with tarfile.open(fileobj=to, mode='w', format=tarfile.GNU_FORMAT) as tar:
        add(tar, 'etc/hostname', mark.encode())
        add(tar, 'etc/os-release', b'ID=debian\nVERSION_ID="%d"\n' % NUMBER)
        for path, data in files:
            add(tar, path, data)
        add(tar, 'var/lib/dpkg/status', status(rows))
    return to.getvalue()


def real_files(total):
    """Files of this machine, about so many bytes."""
    for name in sorted(os.listdir('/usr/bin')):
        path = os.path.join('/usr/bin', name)
        if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) < MIB:
            with open(path, 'rb') as file:
                data = file.read()
            yield path[1:], data
            total -= len(data)
            if total <= 0:
                return


class Layers:
    """Layers that differ in a few bytes, as files: a member of gzip of their own before one that
    they share, for gzip is what makes them slow to write."""

    def __init__(self, folder, rows, bytes_wanted, count):
        os.makedirs(folder)
        self.folder, self.count, self.at = folder, count, 0
        whole = layer(rows, 'all', list(real_files(bytes_wanted)) if bytes_wanted else ())
        shared = gzip.compress(whole[1024:], 1) if bytes_wanted else whole[1024:]
        for i in range(count):
            own = layer((), f'{folder} {i} {os.getpid()}')[:1024]
            with open(self.path(i), 'wb') as file:
                file.write((gzip.compress(own, 1) if bytes_wanted else own) + shared)
        self.stored = os.path.getsize(self.path(0))
        self.bytes = len(whole)

    def path(self, i):
        return os.path.join(self.folder, str(i))

    def take(self, count):
        """The numbers of layers that nobody has posted: (first, how many)."""
        first = self.at
        self.at = min(self.count, first + count)
        return first, self.at - first


# -- processes ---------------------------------------------------------------------------------


class Service:
    def __init__(self, limpid, folder, number, cache, database, started_by=None):
        self.port, self.health = free_port(), free_port()
        config = os.path.join(folder, f'config{number}.yaml')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(f'database: {database}\napi: {{port: {self.port}, healthport: '
                       f'{self.health}}}\nupdater: {{interval: 0}}\nlog: {{format: text}}\n')
        self.log = open(os.path.join(folder, f'log{number}'), 'wb')
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*(started_by or []), limpid, 'serve', '-config', config], stdout=self.log,
            stderr=self.log, stdin=subprocess.DEVNULL, close_fds=False,
            env={'PATH': os.environ['PATH'], 'LIMPID_CACHE_DIR': cache, 'TZ': 'UTC'})
        while True:  # it is there in a few milliseconds: no sleep
            try:
                with socket.create_connection(('127.0.0.1', self.port)) as one:
                    one.sendall(b'GET /v1/versions HTTP/1.1\r\nHost: a\r\n\r\n')
                    if one.recv(100).startswith(b'HTTP/1.1 200'):
                        break
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError(f'the service does not start: {self.log.name}') from None
        self.start_s = time.monotonic() - self.began

    def memory(self, name='VmRSS'):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as file:
            return int(re.search(rf'^{name}:\s+(\d+)', file.read(), re.M)[1]) * 1024

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self.log.close()


class Fixed:
    """bench/fixed.c as a process."""

    def __init__(self, program, *words):
        self.process = subprocess.Popen([program, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def cpu_of(pid):
    """Seconds of CPU of the process and of those of its children that have ended."""
    with open(f'/proc/{pid}/stat', encoding='ascii') as file:
        words = file.read().rsplit(')', 1)[1].split()
    return sum(map(int, words[11:15])) / os.sysconf('SC_CLK_TCK')


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


class Client:
    """One connection; what it takes is little beside what it measures."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method, path, body=None):
        """(status, body, seconds)"""
        data = b'' if body is None else json.dumps(body).encode()
        request = (f'{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(data)}\r\n'
                   '\r\n').encode() + data
        began = time.perf_counter()
        self.socket.sendall(request)
        got = b''
        while b'\r\n\r\n' not in got:
            more = self.socket.recv(MIB)
            if not more:
                raise ConnectionError(path)
            got += more
        head, _, rest = got.partition(b'\r\n\r\n')
        length = re.search(rb'(?i)content-length: *(\d+)', head)
        parts, left = [rest], int(length[1]) - len(rest) if length else 0
        while left > 0:
            parts.append(self.socket.recv(MIB))
            left -= len(parts[-1])
        return int(head.split()[1]), b''.join(parts), time.perf_counter() - began

    def must(self, method, path, body=None, status=(200, 201)):
        got, answer, took = self.ask(method, path, body)
        if got not in status:
            raise RuntimeError(f'{method} {path}: {got} {answer[:200]!r}')
        return answer, took


# -- wrk ---------------------------------------------------------------------------------------

UNITS = {'us': 1e-6, 'ms': 1e-3, 's': 1.0, 'm': 60.0}


class Load:
    """One run of wrk: requests a second, and percentiles in seconds."""

    def __init__(self, url, connections, seconds):
        text = subprocess.run(
            ['wrk', f'-t{min(2, connections)}', f'-c{connections}', f'-d{seconds}', '--latency',
             '--timeout', '20', url], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.per_second = float(re.search(r'Requests/sec: +([\d.]+)', text)[1])
        self.count = int(re.search(r'(\d+) requests in', text)[1])
        self.p50, self.p99 = (self.time(text, percent) for percent in ('50%', '99%'))
        bad = re.search(r'Non-2xx or 3xx responses: (\d+)', text)
        lost = re.search(r'Socket errors:.*', text)
        self.bad = int(bad[1]) if bad else 0
        if lost:
            raise RuntimeError(f'wrk: {lost[0]}')

    @staticmethod
    def time(text, percent):
        value, unit = re.search(rf'{percent} +([\d.]+)(us|ms|s|m)\b', text).groups()
        return float(value) * UNITS[unit]



def post_all(service, layers, first, count, prefix, mark, threads=4):
    """Posts layers over several connections; layers a second, and seconds of each."""
    numbers, took, failed = iter(range(first, first + count)), [], []
    lock = threading.Lock()

    def run():
        client = Client(service.port)
        while True:
            with lock:
                i = next(numbers, None)
            if i is None:
                return
            body = {'Layer': {'Name': f'{mark}{i}', 'Path': f'{prefix}{i}', 'Format': 'Docker'}}
            try:
                took.append(client.must('POST', '/v1/layers', body)[1])
            except (OSError, RuntimeError) as e:
                failed.append(e)
                return

    began = time.monotonic()
    crew = [threading.Thread(target=run) for _ in range(threads)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    if failed:
        raise failed[0]
    return count / (time.monotonic() - began), took
