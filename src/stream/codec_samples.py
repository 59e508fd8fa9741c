#!/usr/bin/env python3
"""Makes the input of codec_test: one file a format and way of compressing, by the format's own
tools, each checked by its own tool's decompression. Writes OUTPUT, a table of

    name, format, outcome (ok, limit, format), file, plain file, lengths at which a cut is an end

with tabs between, and the files into OUTPUT.d/. A tool that is absent makes no rows; further
arguments, the tools that the build found, only make it run again when there is another one."""
import bz2
import gzip
import lzma
import os
import random
import shutil
import struct
import subprocess
import sys
import zlib

output = sys.argv[1]
folder = os.path.abspath(output) + '.d'
os.makedirs(folder, exist_ok=True)
rows = []


def write(name, data):
    path = os.path.join(folder, name)
    with open(path, 'wb') as f:
        f.write(data)
    return path


def filter_by(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


random.seed(20)
words = [bytes(random.choices(b'abcdefghijklmnopqrstuvwxyz', k=random.randint(1, 9)))
         for _ in range(300)]
small = b' '.join(random.choices(words, k=260))[:1500] + bytes(400) + random.randbytes(300)
large = b''.join(b' '.join(random.choices(words, k=9000)) + bytes(30000) + random.randbytes(20000)
                 for _ in range(8))
plain = {len(d): write('plain-%d' % len(d), d) for d in (small, large, b'')}

checkers = {'gzip': ['gzip', '-dc'], 'zstd': ['zstd', '-dcq'], 'xz': ['xz', '-dc'],
            'bzip2': ['bzip2', '-dc']}


modules = {'gzip': gzip.decompress, 'bzip2': bz2.decompress,
           'xz': lambda data: lzma.decompress(data.rstrip(b'\0'))}  # it knows no padding


def add(name, form, data, parts, outcome='ok', checked=True):
    """`parts`: the members that `data` is made of; a cut between two is a clean end."""
    whole = b''.join(parts)
    assert whole == data
    tool = checkers[form]
    if checked and (shutil.which(tool[0]) or form in modules):
        # the samples are made when the program is built, perhaps before the tests' tools are there
        plain_bytes = filter_by(tool, data) if shutil.which(tool[0]) else modules[form](data)
        assert len(plain_bytes) in plain, name
        with open(plain[len(plain_bytes)], 'rb') as f:
            assert f.read() == plain_bytes, name
        plain_path = plain[len(plain_bytes)]
    else:
        plain_path = plain[0]
    ends, at = [], 0
    for part in parts:
        at += len(part)
        ends.append(str(at))
    path = write(name.replace(' ', '_').replace('/', '_'), data)
    rows.append('\t'.join([name, form, outcome, path, plain_path, ','.join(ends)]))


def by_tool(name, form, command, data):
    if shutil.which(command[0]):
        out = filter_by(command, data)
        add(name, form, out, [out])


def gzip_member(data, flags=0, extra=b'', name=b'', comment=b'', hcrc=False, **deflate):
    head = struct.pack('<BBBBIBB', 0x1f, 0x8b, 8, flags | (2 if hcrc else 0), 0, 0, 3)
    head += extra + name + comment
    if hcrc:
        head += struct.pack('<H', zlib.crc32(head) & 0xffff)
    c = zlib.compressobj(deflate.get('level', 6), zlib.DEFLATED, -15, 8,
                         deflate.get('strategy', zlib.Z_DEFAULT_STRATEGY))
    body = c.compress(data)
    if deflate.get('sync'):
        body += c.flush(zlib.Z_SYNC_FLUSH) + c.flush(zlib.Z_FULL_FLUSH)
    body += c.flush()
    return head + body + struct.pack('<II', zlib.crc32(data), len(data) & 0xffffffff)


def pieces(data, count):
    size = (len(data) + count - 1) // count
    return [data[i:i + size] for i in range(0, len(data), size)]


for what, data in (('small', small), ('large', large)):
    for level in '169':
        by_tool('gzip -%s %s' % (level, what), 'gzip', ['gzip', '-n' + level], data)
        if what == 'large' or level == '1':
            by_tool('bzip2 -%s %s' % (level, what), 'bzip2', ['bzip2', '-' + level], data)
    by_tool('pigz -p3 %s' % what, 'gzip', ['pigz', '-n', '-p3', '-b128'], data)
    by_tool('pigz -i %s' % what, 'gzip', ['pigz', '-n', '-i', '-p3', '-b128'], data)
    by_tool('igzip -0 %s' % what, 'gzip', ['igzip', '-0', '-c'], data)
    by_tool('igzip -3 %s' % what, 'gzip', ['igzip', '-3', '-c'], data)
    # a window of 128 MiB and a dictionary of 8 once only: the small ones are read 10^4 times
    for level in ('-1', '-3', '-19') if what == 'small' else ('-1', '-3', '-19', '--long=27'):
        by_tool('zstd %s %s' % (level, what), 'zstd', ['zstd', '-qc', level], data)
    by_tool('zstd --no-check %s' % what, 'zstd', ['zstd', '-qc', '--no-check'], data)
    by_tool('xz -0 %s' % what, 'xz', ['xz', '-0c'], data)
    by_tool('xz sha256 %s' % what, 'xz',
            ['xz', '-0c' if what == 'small' else '-6c', '--check=sha256'], data)
    by_tool('xz blocks %s' % what, 'xz', ['xz', '-0c', '--block-size=%d' % (len(data) // 3)], data)
    by_tool('xz x86 crc32 %s' % what, 'xz',
            ['xz', '--x86', '--lzma2=preset=0', '--check=crc32'], data)

    for name, options in (('stored', {'level': 0}), ('static codes', {'strategy': zlib.Z_FIXED}),
                          ('flushes', {'sync': True}), ('literals', {'strategy': zlib.Z_HUFFMAN_ONLY})):
        m = gzip_member(data, **options)
        add('gzip %s %s' % (name, what), 'gzip', m, [m])
    m = gzip_member(data, 4 + 8 + 16, struct.pack('<H', 300) + bytes(range(150)) * 2, b'a name\0',
                    b'a comment\0', True)
    add('gzip all header fields %s' % what, 'gzip', m, [m])
    # with the header's checksum, lest a changed length of the extra field lands in a later member
    parts = [gzip_member(p, 4, struct.pack('<HBBHH', 6, 66, 67, 2, 0), hcrc=True)
             for p in pieces(data, 11)]
    parts.append(gzip_member(b''))
    add('gzip members %s' % what, 'gzip', b''.join(parts), parts)
    parts = [bz2.compress(p, 1) for p in pieces(data, 4)] + [bz2.compress(b'', 1)]
    add('bzip2 streams %s' % what, 'bzip2', b''.join(parts), parts)
    parts = [lzma.compress(p, preset=0) for p in pieces(data, 4)] + [b'\0'] * 12
    add('xz streams %s' % what, 'xz', b''.join(parts), parts)
    if shutil.which('zstd'):
        parts = [filter_by(['zstd', '-qc', '-5'], p) for p in pieces(data, 4)]
        parts.insert(0, struct.pack('<II', 0x184d2a50, 0))
        parts.insert(2, struct.pack('<II', 0x184d2a5f, 77) + bytes(77))
        parts.append(struct.pack('<II', 0x184d2a53, 1000) + random.randbytes(1000))
        add('zstd frames %s' % what, 'zstd', b''.join(parts), parts)

for form, command in (('gzip', ['gzip', '-nc']), ('zstd', ['zstd', '-qc']), ('xz', ['xz', '-c']),
                      ('bzip2', ['bzip2', '-c'])):
    by_tool('%s of nothing' % form, form, command, b'')

big_dict = lzma.compress(small, format=lzma.FORMAT_XZ,
                         filters=[{'id': lzma.FILTER_LZMA2, 'preset': 0, 'dict_size': 256 << 20}])
add('xz with a dictionary of 256 MiB', 'xz', big_dict, [big_dict], 'limit', False)

with open(output, 'w') as f:
    f.write('\n'.join(rows) + '\n')
