"""Every key that is read stands in the manual and in docs/serve.md."""

import os
import re

import program
import pytest


def keys():
    with open(os.path.join(program.SOURCE, "src", "server", "config.c"), encoding="utf-8") as file:
        rows = re.findall(r'^    \{"([a-z.-]+)", (KEY_\w+)', file.read(), re.M)
    return [name for name, kind in rows if kind != "KEY_SECTION" and name not in ("database", "database.options", "auth", "log", "notifier.http")]


@pytest.mark.parametrize("page", ["serve.md", "man/limpid.yaml.5.scd"])
def test_keys_are_documented(page):
    with open(os.path.join(program.SOURCE, "docs", page), encoding="utf-8") as file:
        text = file.read()
    assert len(keys()) > 40
    missing = [key for key in keys() if key not in text and "`.%s`" % key.rsplit(".", 1)[1] not in text]
    assert not missing
