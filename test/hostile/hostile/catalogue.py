"""What a run of the generator writes: cases, canaries, and the manifest.

A line of manifest.jsonl:

  file       below OUT: a file or a folder
  name       of the case, unique
  kind       number of the kind; 0: a control, the well-formed twin
  family     controls of a family that fail make its other cases say nothing
  source     image, rootfs
  control    true for controls
  parameters what was varied
  expect     outcomes that are right: ok, partial, clear-error
  packages   [ecosystem, name, version] that have to be listed (where there is a result)
  absent     [ecosystem, name, version] that must not be
  says       a regular expression for the message of an error; null: any
  forbidden  texts that no output may contain
  seconds    the longest time, and `mb` the most memory of one process
  special    what the test has to do before it runs the case (hostile/folders.py); null: nothing
"""

import json
import os
import random


class Catalogue:
    def __init__(self, options):
        self.options = options
        self.out = os.path.abspath(options.out)
        self.seed = options.seed
        self.kind = 0
        self.family = ""
        self.names = set()
        os.makedirs(self.out, exist_ok=True)
        if os.listdir(self.out):
            raise SystemExit(f"gen-hostile: {self.out} is not empty")
        for folder in ("images", "escape"):
            os.mkdir(os.path.join(self.out, folder))
        self.manifest = open(self.path("manifest.jsonl"), "w", encoding="utf-8", newline="\n")
        self.plant_canaries()

    def path(self, *parts):
        return os.path.join(self.out, *parts)

    def random(self, name):
        """A source of numbers of its own for each case, so that one case more changes no other."""
        return random.Random(f"{self.seed}:{name}")

    def plant_canaries(self):
        """One token as plain text, as a dpkg database and as an apk database, outside images/."""
        self.token = f"canary{self.random('canary').getrandbits(64):016x}"
        self.canary = "canary"
        texts = {
            "canary": f"{self.token}\n",
            "canary-status": f"Package: {self.token}\nStatus: install ok installed\nVersion: 1\n"
            f"Architecture: all\n\n",
            "canary-installed": f"P:{self.token}\nV:1\nA:all\n\n",
            "canary-os-release": f'ID={self.token}\nVERSION_ID="1"\nPRETTY_NAME="{self.token}"\n',
        }
        for name, text in texts.items():
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write(text)

    def add(self, name, content, expect, **more):
        """`content`: bytes, a list of bytes, a function that writes to an open file, or None for a
        folder or file that the caller makes at the returned path."""
        assert name not in self.names, name
        self.names.add(name)
        file = os.path.join("images", more.pop("file", name))
        row = {
            "file": file,
            "name": name,
            "kind": self.kind,
            "family": self.family,
            "source": "image",
            "control": self.kind == 0,
            "parameters": {},
            "expect": [expect] if isinstance(expect, str) else list(expect),
            "packages": [],
            "absent": [],
            "says": None,
            "forbidden": [self.token],
            "seconds": 10,
            "mb": 32,
            "special": None,
        }
        unknown = set(more) - set(row)
        assert not unknown, unknown
        row.update(more)
        self.manifest.write(json.dumps(row, ensure_ascii=True, sort_keys=True) + "\n")
        self.count = getattr(self, "count", 0) + 1
        if content is not None:
            with open(self.path(file), "wb") as out:
                if callable(content):
                    content(out)
                else:
                    for part in [content] if isinstance(content, (bytes, bytearray)) else content:
                        out.write(part)
        return self.path(file)

    def finish(self):
        self.manifest.close()
        return self.count
