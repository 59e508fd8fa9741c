#!/usr/bin/python3
"""Runs the demonstration and looks for what it promises: Heartbleed, Ghost, this machine.

    demo_test.py LIMPID SOURCE_FOLDER

Prints TAP.
"""
import os
import subprocess
import sys
import tempfile


def main():
    limpid, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        env = {key: value for key, value in os.environ.items() if not key.startswith('LIMPID_')}
        env['DEMO_DIR'] = folder
        done = subprocess.run([os.path.join(source, 'tools/demo'), limpid], env=env, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        second = os.path.join(folder, 'again.tar')
        subprocess.run([os.path.join(source, 'tools/demo-image'), second], check=True)
        with open(second, 'rb') as one, open(os.path.join(folder, 'debian-7.tar'), 'rb') as two:
            same = one.read() == two.read()
    cases = (
        ('the demonstration ends well', done.returncode == 0),
        ('it says how old the advisories are', 'days old' in done.stdout),
        ('it says what they do not cover', 'do not cover' in done.stdout),
        ('Heartbleed is seen', 'CVE-2014-0160 in openssl: seen' in done.stdout),
        ('Ghost is seen', 'CVE-2015-0235 in eglibc: seen' in done.stdout),
        ('this machine is scanned', ' scan /\n' in done.stdout),
        ('it names commands to try', 'What to try next' in done.stdout),
        ('its image has the same bytes each time', same),
    )
    failed = sum(not held for _, held in cases)
    if failed:
        for line in done.stdout.split('\n')[-40:]:
            print('#   ' + line)
    for number, (name, held) in enumerate(cases, 1):
        print(f'{"ok" if held else "not ok"} {number} - {name}')
    print(f'1..{len(cases)}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
