#!/usr/bin/env python3
"""Replays recorded exchanges of Clair's servers through api_tool, as the README beside them says.

    exchanges_test.py API_TOOL

Each file is replayed twice on an empty store: as the recorded servers answered (`as-recorded`),
where nothing may differ but what docs/clair-compatibility.md lists; and as limpid answers by
default, where what follows from a quirk that it does not share may differ too.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

SHARED = os.path.join(os.environ.get('LIMPID_SHARED') or '../shared', 'api')
NOTIFICATION = re.compile(r'\$\{NOTIFICATION:\d+\}')

# Exchanges that differ though their recording is no quirk, and why.
KNOWN = {
    ('clair-2015', 'as-recorded'): {
        210: 'one more notification: the vulnerability that was deleted could be inserted again',
    },
    ('clair-v1', 'as-recorded'): {},
    # CVE-1 was inserted by exchange 94, whose empty BeforeVersion is accepted
    ('clair-2015', 'default'): dict.fromkeys(
        [117, 119, 120, 121, 127, 129, 131, 144, 148, 149, 150, 184, 210],
        'CVE-1 is there: an empty BeforeVersion beside AllVersions is accepted'),
    # exchange 145 works, so that curl is among the fixes
    ('clair-v1', 'default'): {
        **dict.fromkeys([147, 152], 'a single fix can be written, as the document says'),
    },
}


class Tool:
    def __init__(self, program, dialect, folder, mode):
        command = [program, dialect, os.path.join(folder, 'service.db'), os.path.join(folder, 'data')]
        if mode == 'as-recorded':
            command.append(mode)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, port, method, path, body=None):
        line = json.dumps({'port': port, 'method': method, 'path': path, 'body': body or ''})
        self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def equal(want, got, known):
    if isinstance(want, str) and want.startswith('${'):
        if want in ('${ANY}', '${UNIX_TIME}'):
            return isinstance(got, str)
        if want in known:
            return want.startswith('${PAGE') or known[want] == got
        known[want] = got
        return True
    if isinstance(want, dict):
        return (isinstance(got, dict) and want.keys() == got.keys() and
                all(equal(want[key], got[key], known) for key in want))
    if isinstance(want, list):
        rest = list(got) if isinstance(got, list) and len(got) == len(want) else None
        for item in want if rest is not None else []:
            index = next((i for i, have in enumerate(rest) if equal(item, have, known)), None)
            if index is None:
                return False
            rest.pop(index)
        return rest is not None
    return want == got and isinstance(want, bool) == isinstance(got, bool)


class Replay:
    def __init__(self, tool, layers):
        self.tool, self.layers = tool, layers
        self.known, self.names = {}, None

    def fill(self, text):
        text = (text or '').replace('${LAYER}', self.layers)
        for token, value in self.known.items():
            text = text.replace(token, urllib.parse.quote(value) if token.startswith('${PAGE') else value)
        return text

    def send(self, exchange):
        got = self.tool.ask(exchange['port'], exchange['method'], self.fill(exchange['path']),
                            self.fill(exchange['request_body']))
        return got['status'], got['body'].replace(self.layers, '${LAYER}')

    def matches(self, exchange, status, text):
        if status != exchange['status']:
            return False
        if exchange['compare'].startswith('status+shape'):
            return not isinstance(exchange['response_body'], dict) or 'essage' in text
        if not exchange['compare'].startswith('exact'):
            return True
        if exchange['method'] == 'HEAD':
            return True  # what body there is, the server leaves out
        if exchange['response_kind'] != 'json':
            return text == exchange['response_body']
        if text.endswith('\n') != exchange['response_raw_ends_newline']:
            return False
        try:
            return equal(exchange['response_body'], json.loads(text), self.known)
        except ValueError:
            return False

    def learn(self, token, exchange):
        """The notification that an exchange is about: by the vulnerability that its answer names."""
        if self.names is None:
            told = self.tool.ask('api', 'notify', '')['webhooks']
            self.names = [t['Notification']['Name'] for t in told if 'Notification' in t]
        index = int(re.search(r'\d+', token).group())
        for name in self.names[index:index + 1] + self.names:
            if name in self.known.values():
                continue
            path = exchange['path'].replace(token, name)
            try:
                got = json.loads(self.tool.ask('api', 'GET', path)['body'])['Notification']
                want = exchange['response_body']['Notification']
            except (ValueError, KeyError, TypeError):
                continue
            if all((want.get(side) or {}).get('Vulnerability', {}).get(key) ==
                   (got.get(side) or {}).get('Vulnerability', {}).get(key)
                   for side in ('Old', 'New') for key in ('Name', 'NamespaceName', 'Severity')):
                self.known[token] = name
                return

    def run(self, exchanges):
        differing = {}
        for exchange in exchanges:
            token = NOTIFICATION.search(exchange['path'])
            if token and token.group() not in self.known:
                self.learn(token.group(), exchange)
            page = re.search(r'\$\{PAGE:\d+\}', exchange['path'])
            if page and page.group() not in self.known:
                # captured from an exchange that is kept elsewhere: the first page, of two
                first = self.tool.ask('api', 'GET', exchange['path'].split('?')[0] + '?limit=2')
                self.known[page.group()] = json.loads(first['body'])['NextPage']
            status, text = self.send(exchange)
            for name, pointer in (exchange.get('capture') or {}).items():
                try:
                    value = json.loads(text)
                    for part in pointer.strip('/').split('/'):
                        value = value[int(part)] if isinstance(value, list) else value[part]
                    self.known[name] = value
                except (ValueError, KeyError, TypeError, IndexError):
                    pass
            if not self.matches(exchange, status, text):
                differing[exchange['seq']] = (exchange, status, text)
        return differing


def replay(program, name, mode, exchanges):
    layers = os.path.abspath(os.path.join(SHARED, 'layers'))
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(program, '2015' if name == 'clair-2015' else '2016', folder, mode)
        run = Replay(tool, layers)
        differing = run.run(exchanges)
        status = tool.close()
    bad = 0
    quirks = 0
    for seq, (exchange, got, text) in sorted(differing.items()):
        why = KNOWN[(name, mode)].get(seq)
        if exchange.get('quirk'):
            quirks += 1
            print(f'# quirk {seq} {exchange["name"]}: {got} {text[:120]!r} ({exchange["quirk"]})')
        elif why:
            print(f'# known {seq} {exchange["name"]}: {why}')
        else:
            bad += 1
            print(f'# differs {seq} {exchange["method"]} {exchange["path"]}: {got} {text[:900]!r}, '
                  f'recorded {exchange["status"]} {json.dumps(exchange["response_body"])[:900]}')
    print(f'# {name} {mode}: {len(exchanges) - len(differing)} of {len(exchanges)} as recorded, '
          f'{quirks} quirks, {len(differing) - quirks - bad} known, {bad} differ')
    return bad == 0 and status == 0


def main():
    program = os.path.abspath(sys.argv[1])
    number = 0
    failed = 0
    for name in ('clair-2015', 'clair-v1'):
        path = os.path.join(SHARED, name + '.exchanges.jsonl')
        for mode in ('as-recorded', 'default'):
            number += 1
            if not os.path.exists(path):
                print(f'ok {number} - {name} {mode} # SKIP no {os.path.basename(path)}')
                continue
            with open(path, encoding='utf-8') as lines:
                exchanges = sorted((json.loads(line) for line in lines if line.strip()),
                                   key=lambda e: e['seq'])
            ok = all([replay(program, name, mode, [e for e in exchanges if e['scenario'] == scenario])
                      for scenario in sorted({e['scenario'] for e in exchanges})])
            failed += not ok
            print(f'{"ok" if ok else "not ok"} {number} - {name} is answered as recorded ({mode})')
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
