#!/usr/bin/env python3
"""Seeds of the fuzz targets of the service: make_serve_corpus.py FOLDER, the folder of all corpora.

`config` has a file for each key of src/server/config.c, in both shapes, and the odd ones of YAML."""
import os
import re
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VALUES = {"KEY_TEXT": "/a/b", "KEY_BOOL": "true", "KEY_NUMBER": "7", "KEY_PORT": "6060", "KEY_DURATION": "1h30m",
          "KEY_LIST": "[a, 'b c', 0123456789abcdef]", "KEY_LEVEL": "debug", "KEY_FORMAT": "json", "KEY_DIALECT": "2016",
          "KEY_DATABASE": "pgsql", "KEY_SANDBOX": "required", "KEY_SECTION": "", "KEY_IGNORED": "{x: 1}"}


def keys():
    with open(os.path.join(SOURCE, "src", "server", "config.c"), encoding="utf-8") as file:
        return re.findall(r'^    \{"([a-z.-]+)", (KEY_\w+)', file.read(), re.M)


def all_keys():
    """One document with every key of a kind that has values."""
    tree = {}
    for path, kind in keys():
        if kind not in ("KEY_SECTION", "KEY_IGNORED"):
            at = tree
            *folders, last = path.split(".")
            for word in folders:
                at = at.setdefault(word, {})
            at[last] = VALUES[kind]

    def lines(at, depth):
        for word, value in at.items():
            if isinstance(value, dict):
                yield "  " * depth + word + ":\n"
                yield from lines(value, depth + 1)
            else:
                yield "  " * depth + "%s: %s\n" % (word, value)

    return "".join(lines(tree, 0))


def configs():
    whole = all_keys()
    yield "whole", whole
    yield "nested", "clair:\n" + "".join("  " + line for line in whole.splitlines(True))
    yield "empty", ""
    yield "comment", "# nothing\n\n"
    yield "null-sections", "api:\nupdater: ~\nnotifier: null\n"
    yield "postgres", "database: {type: sql, path: 'host=db dbname=x'}\n"
    yield "postgres-none", "clair: {database: {type: pgsql}}\n"
    yield "unknown", "api: {prot: 1, x: {y: [1, {z: 2}]}}\nworker: {a: b}\n"
    yield "beside", "clair: {api: {port: 1}}\napi: {port: 2}\n"
    yield "list-root", "- a\n- b\n"
    yield "alias", "a: &x {b: 1}\napi: *x\n"
    yield "twice", "api: {port: 1}\napi: {port: 2}\n"
    yield "wrong-kind", "api: [1]\nlog: {level: {a: 1}}\n"
    yield "quoted", "api: {port: \"6060\", address: '::1', paths: '/x'}\n"
    yield "block", "auth:\n  tokens:\n    - >-\n      folded\n      token of ours\n    - |\n      another\n"
    for path, kind in keys():
        if kind == "KEY_SECTION":
            continue
        value = VALUES[kind]
        for word in reversed(path.split(".")):
            value = "{%s: %s}" % (word, value) if word != path.split(".")[0] else "%s: %s" % (word, value)
        yield "key-" + path, value + "\n"


QUERIES = {
    "layers": "features\nfeatures&vulnerabilities", "page": "page\nlimit=100&page=gAAAAABX%2Bx%3D%3D",
    "path": "/v1/namespaces/debian%3A8/vulnerabilities/CVE-2014-9471", "plus": "a\na=1+2%2B3&a=x", "cut": "a\na=%2",
    "none": "a\nb=%zz&a=1", "nul": "a\na=%00", "slashes": "/v1/layers/a%2Fb/..%2f..%2f%c0%af", "twice": "a\na=%2541",
    "empty-items": "a\n&&=&a&", "gzip": "deflate, gzip;q=0.5, *;q=0", "gzip-none": "gzip;q=0.000, identity",
}
WORDS = {
    "go": "1h30m1.5s", "small": "300ms", "micro": "1\u00b5s1\u03bcs7us3ns", "zero": "0", "minus": "-1s", "large": "876000h",
    "fraction": ".5h", "unit": "5", "home": "$HOME/${DIR}/c.yaml", "dollars": "$$ ${ ${x $1 ${}",
    "bearer": "Bearer 0123456789abcdef", "lower": "bearer   another token of ours ", "basic": "Basic dTpw", "cut": "Bearer 0123456789abcde",
    "keys": "api.prot\napi.port", "swapped": "updater.intervla\nupdater.interval",
}


def main(folder):
    for target, seeds in (("config", dict(configs())), ("query", QUERIES), ("words", WORDS)):
        os.makedirs(os.path.join(folder, target), exist_ok=True)
        for name, text in seeds.items():
            with open(os.path.join(folder, target, name), "w", encoding="utf-8", newline="") as file:
                file.write(text)


main(sys.argv[1])
