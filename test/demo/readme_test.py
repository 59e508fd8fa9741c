#!/usr/bin/python3
"""Runs the commands of README.md and compares what they print with what it says.

    readme_test.py LIMPID SOURCE_FOLDER

A block ```console has lines "$ limpid …" and their output; a line "…" stands for any lines. The
advisories are the starter's, the image is the demonstration's, the date is that of the README.
Prints TAP.
"""
import os
import re
import subprocess
import sys
import tempfile

DATE = 1795478400  # 2026-11-24


def blocks(text):
    for block in re.findall(r'^```console\n(.*?)^```$', text, re.M | re.S):
        for part in re.split(r'^\$ ', block, flags=re.M)[1:]:
            command, _, output = part.partition('\n')
            yield command, output


def matches(pattern, text):
    parts = re.split(r'^…\n', pattern, flags=re.M)
    joined = '(?:.*\n)*?'.join(re.escape(part) for part in parts)
    return re.fullmatch(joined, text) is not None


def main():
    limpid, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with open(os.path.join(source, 'README.md'), encoding='utf-8') as readme:
        cases = list(blocks(readme.read()))
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, 'LIMPID_CACHE_DIR': os.path.join(folder, 'store'),
               'SOURCE_DATE_EPOCH': str(DATE), 'PATH': folder + ':' + os.environ['PATH']}
        os.symlink(limpid, os.path.join(folder, 'limpid'))
        subprocess.run([os.path.join(source, 'tools/demo-image'), 'debian-7.tar'], cwd=folder,
                       check=True)
        bundle = os.path.join(source, 'data/starter.bundle')
        subprocess.run([limpid, 'bundle', 'import', '--quiet', bundle], env=env, check=True)
        failed = 0
        for number, (command, wanted) in enumerate(cases, 1):
            done = subprocess.run(['sh', '-c', command], cwd=folder, env=env, check=False,
                                  stdout=subprocess.PIPE, text=True)
            good = done.returncode == 0 and matches(wanted, done.stdout)
            failed += not good
            if not good:
                print(f'# exit status {done.returncode}, printed:')
                for line in done.stdout.split('\n')[:40]:
                    print('#   ' + line)
            print(f'{"ok" if good else "not ok"} {number} - {command}')
        print(f'1..{len(cases)}')
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
