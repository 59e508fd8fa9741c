#!/usr/bin/env python3
"""Writes the numbered schema files into one C file: embed.py OUT FILE.sql …

A file's name is NNNN_DATABASE[_what].sql; the numbers of one database are 1, 2, 3 …
A line "-- readable from schema N" in it says which programs go on after that step (migrate.h)."""
import os
import re
import sys

def literal(text):
    lines = []
    for line in text.splitlines():
        line = re.sub(r"\s*--.*", "", line)  # no literal of the schema holds two dashes
        if line.strip():
            line = line.replace("\\", "\\\\").replace('"', '\\"')
            lines.append('    "%s\\n"' % line)
    return "\n".join(lines)

def readable(text, number, path):
    found = re.findall(r"^-- readable from schema (\d+)$", text, re.M)
    if len(found) > 1 or found and not 1 <= int(found[0]) <= number:
        sys.exit("%s: readable from which schema?" % path)
    return int(found[0]) if found else number

def main():
    out, files = sys.argv[1], sorted(sys.argv[2:], key=os.path.basename)
    steps, from_ = {}, {}
    for path in files:
        name = re.fullmatch(r"(\d{4})_([a-z]+)(_[a-z0-9_]+)?\.sql", os.path.basename(path))
        if name is None:
            sys.exit("%s: not NNNN_DATABASE[_what].sql" % path)
        of = steps.setdefault(name.group(2), [])
        if int(name.group(1)) != len(of) + 1:
            sys.exit("%s: the numbers of '%s' have a gap" % (path, name.group(2)))
        with open(path, encoding="utf-8") as file:
            text = file.read()
        of.append(literal(text))
        from_.setdefault(name.group(2), []).append(readable(text, len(of), path))
    with open(out, "w", encoding="utf-8") as file:
        file.write('#include "base/attr.h"\n#include "store/migrate.h"\n')
        for database, of in sorted(steps.items()):
            file.write("\nstatic const char *const %s_steps[] = {\n" % database)
            file.write(",\n".join(of))
            file.write(",\n};\nstatic const uint32_t %s_readable[] = {%s};\n" %
                       (database, ", ".join(map(str, from_[database]))))
            file.write("const struct schema schema_%s = {\n" % database)
            file.write('    .name = "%s",\n    .application = SCHEMA_APPLICATION_%s,\n' %
                       (database, database.upper()))
            file.write("    .steps = %s_steps,\n    .count = ARRAY_COUNT(%s_steps),\n    .readable = %s_readable,\n};\n" %
                       (database, database, database))

main()
