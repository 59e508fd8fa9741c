#!/usr/bin/env python3
"""Layers by URL and by path, through api_tool, with a server on the loopback address.

    fetch_test.py API_TOOL
"""
import gzip
import http.server
import io
import json
import os
import sys
import tarfile
import tempfile
import threading

import exchanges_test

number = failed = 0
OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


def check(holds, name, got=None):
    global number, failed
    number += 1
    failed += not holds
    if not holds:
        print(f'# {got}')
    print(f'{"ok" if holds else "not ok"} {number} - {name}')


def layer(files, links=()):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as tar:
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
        for name, text in files:
            info = tarfile.TarInfo(name)
            data = text if isinstance(text, bytes) else text.encode()
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def status(*packages):
    return ''.join(f'Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n'
                   for name, version in packages)


BASE = layer([('./etc/os-release', OS_RELEASE),
              ('./var/lib/dpkg/status', status(('first', '0'))),
              # of several entries with one name the last counts
              ('./var/lib/dpkg/status', status(('a', '1.0'), ('b', '2.0')))])

# links to files that nobody would look at by their names, one of them twice over
LINKED = layer([('opt/a/release', OS_RELEASE), ('opt/packages/status', status(('a', '1.0'), ('b', '2.0')))],
               [('etc/os-release', '../opt/release'), ('opt/release', 'a/release'),
                ('var/lib/dpkg', '/opt/packages')])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        self.seen = []
        super().__init__(('127.0.0.1', 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        if self.path.startswith('/cut'):
            self.send_response(200)
            self.send_header('Content-Length', str(len(BASE)))
            self.end_headers()
            self.wfile.write(BASE[:2000])
            return
        if self.path == '/secret' and self.headers.get('Authorization') != 'Bearer x':
            code, body = 401, b'no'
        else:
            code, body = {'/base': (200, BASE), '/secret': (200, BASE), '/gz': (200, gzip.compress(BASE)),
                          '/partial': (206, BASE), '/text': (200, b'hello ' * 1000),
                          '/empty': (200, b''), '/xz': (200, b'\xfd7zXZ\x00' + b'x' * 1000),
                          '/linked': (200, LINKED), '/tail': (200, BASE + b'\0' * 3000000),
                          }.get(self.path, (404, b'none'))
        self.send_response(code)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def post_2015(tool, name, path, parent=''):
    return tool.ask('api', 'POST', '/v1/layers',
                    json.dumps({'ID': name, 'Path': path, 'ParentID': parent}))


def post_2016(tool, name, path, **more):
    return tool.ask('api', 'POST', '/v1/layers', json.dumps(
        {'Layer': {'Name': name, 'Path': path, 'Format': 'Docker', 'Features': None, **more}}))


def message(answer):
    body = json.loads(answer['body'])
    return body.get('Message') or body['Error']['Message']


def check_2015(tool, server, url):
    for path, want in [('/base', 201), ('/gz', 201), ('/empty', 201), ('/partial', 201), ('/tail', 201)]:
        got = post_2015(tool, '15' + path[1:], url + path)
        check(got['status'] == want, f'2015: a layer from {path}', got)
    for path, want in [('/nothing', 'could not download requested ressource'),
                       ('/cut', 'could not download requested ressource'),
                       ('/text', 'utils: could not extract the archive'),
                       ('/xz', 'utils: could not extract the archive')]:
        got = post_2015(tool, '15bad', url + path)
        check(got['status'] == 500 and message(got) == want, f'2015: no layer from {path}', got)
    got = post_2015(tool, '15bad', 'http://127.0.0.1:1/x')
    check(got['status'] == 500, '2015: no connection', got)
    got = tool.ask('api', 'GET', '/v1/layers/15base/packages')
    names = sorted(p['Name'] for p in json.loads(got['body'])['Packages'])
    check(names == ['a', 'b'], '2015: of entries with one name the last counts', got)
    before = len(server.seen)
    check(post_2015(tool, '15base', url + '/base')['status'] == 201 and len(server.seen) == before,
          '2015: a layer that is known is not fetched')


def check_2016(tool, server, url, folder):
    got = post_2016(tool, 'A', url + '/secret', Headers={
        'Authorization': 'Bearer x', 'Connection': 'close', 'X-Empty': '', 'X-Bad': 'a\r\nb: c'})
    check(got['status'] == 201, '2016: headers are sent with the download', got)
    sent = server.seen[-1][1]
    check('X-Bad' not in sent and 'b' not in sent, '2016: no header can end another', sent)
    got = post_2016(tool, 'B', url + '/secret', Headers={'Authorization': ''})
    check(got['status'] == 400 and message(got) == 'could not find layer',
          '2016: an empty header is not sent, and 401 is no layer', got)
    for path in ('/nothing', '/cut'):
        got = post_2016(tool, 'B', url + path)
        check(got['status'] == 400 and message(got) == 'could not find layer',
              f'2016: no layer from {path}', got)
    got = post_2016(tool, 'B', url + '/text')
    check(got['status'] == 422, '2016: text is no archive', got)
    got = post_2016(tool, 'B', 'http://127.0.0.1:1/x')
    check(got['status'] == 400 and message(got) == 'could not find layer', '2016: no connection', got)
    got = post_2016(tool, 'B', url + '/base', ParentName='zzz')
    check(got['status'] == 400 and 'parent layer is unknown' in message(got), '2016: no parent', got)
    got = post_2016(tool, 'B', folder + '/nothing', Format='OCI')
    check(got['status'] == 400 and message(got) == 'could not find layer',
          '2016: the layer is looked for before its format is', got)


def check_links(tool, url, folder):
    path = os.path.join(folder, 'linked.tar')
    with open(path, 'wb') as file:
        file.write(LINKED)
    # the second time by path, the facts of the first reading are known
    for name, where in (('links-url', url + '/linked'), ('links-path', path), ('links-again', path)):
        got = post_2016(tool, name, where)
        check(got['status'] == 201, 'a layer whose files are behind links is read', got)
        got = json.loads(tool.ask('api', 'GET', f'/v1/layers/{name}?features')['body'])['Layer']
        check(got['NamespaceName'] == 'debian:12' and
              [(f['Name'], f['Version']) for f in got.get('Features', [])] == [('a', '1.0'), ('b', '2.0')],
              'links lead to its system and its packages', got)
    for links, found in ((3, True), (4, False)):
        with open(path, 'wb') as file:
            file.write(layer([('etc/os-release', OS_RELEASE), (f'opt/{links}/status', status(('a', '1')))],
                             [('var/lib/dpkg', '/opt/1')] +
                             [(f'opt/{i}', f'{i + 1}') for i in range(1, links)]))
        post_2016(tool, f'links-{links}', path)
        got = json.loads(tool.ask('api', 'GET', f'/v1/layers/links-{links}?features')['body'])['Layer']
        check(('Features' in got) == found, f'{links} links one behind the other', got)


def check_files(tool, folder):
    path = os.path.join(folder, 'layer.tar')
    first = layer([('etc/os-release', OS_RELEASE)])[:1024]  # a header and a block
    info = tarfile.TarInfo('var/lib/dpkg/status')
    for more, want in ((0, 201), (1, 422)):
        info.size = 200 * 1024 * 1024 + more
        with open(path, 'wb') as file:
            file.write(first)
            file.write(info.tobuf())
            file.seek((info.size + 511) // 512 * 512, os.SEEK_CUR)
            file.write(b'\0' * 1024)
        got = post_2016(tool, f'big{more}', path)
        check(got['status'] == want, f'a database of 200 MiB and {more} bytes: {want}', got)
    check('file too big' in message(got), 'it is too big', got)
    os.mkfifo(os.path.join(folder, 'pipe'))
    got = post_2016(tool, 'pipe', os.path.join(folder, 'pipe'))
    check(got['status'] == 400, 'a pipe is no layer, and is not waited for', got)
    with open(path, 'wb') as file:
        file.write(layer([('rootfs/etc/os-release', OS_RELEASE), ('etc/os-release', 'ID=alpine\n'),
                          ('rootfs/var/lib/dpkg/status', status(('a', '1')))]))
    post_2016(tool, 'aci', path, Format='aci')
    got = json.loads(tool.ask('api', 'GET', '/v1/layers/aci?features')['body'])['Layer']
    check(got['NamespaceName'] == 'debian:12' and len(got['Features']) == 1,
          'an App Container image has its files below rootfs/', got)
    with open(path, 'wb') as file:
        file.write(layer([('etc/os-release', OS_RELEASE),
                          ('var/lib/dpkg/status.d/a', 'Package: a\nVersion: 1\n')]))
    post_2016(tool, 'part1', path)
    with open(path, 'wb') as file:
        file.write(layer([('var/lib/dpkg/status.d/b', 'Package: b\nVersion: 1\n')]))
    post_2016(tool, 'part2', path, ParentName='part1')
    got = json.loads(tool.ask('api', 'GET', '/v1/layers/part2?features')['body'])['Layer']
    check([(f['Name'], f['AddedBy']) for f in got['Features']] == [('a', 'part1'), ('b', 'part2')],
          'files of status.d add to what is below', got)


def main():
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{server.server_port}'
    program = os.path.abspath(sys.argv[1])
    for variable in ('http_proxy', 'https_proxy', 'all_proxy'):
        os.environ.pop(variable, None)
    with tempfile.TemporaryDirectory() as folder:
        tool = exchanges_test.Tool(program, '2016', folder, 'default')
        check_2015(tool, server, url)
        check_2016(tool, server, url, folder)
        check_links(tool, url, folder)
        check_files(tool, folder)
        check(tool.close() == 0, 'the tool ends well')
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
