"""Reads Prometheus' text format 0.0.4, and refuses what promtool would refuse."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
SAMPLE = re.compile(r"(%s)(?:\{((?:%s)(?:,%s)*),?\})? ([^ ]+)(?: -?\d+)?" % (NAME, LABEL, LABEL))
KINDS = ("counter", "gauge", "histogram", "summary", "untyped")


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type, self.samples = name, help_text, None, []


def owner(families, name):
    """The family that a sample belongs to."""
    for suffix in ("", "_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix) if suffix else name
        if name.endswith(suffix) and base in families and (not suffix or families[base].type in ("histogram", "summary")):
            return families[base]
    raise AssertionError("a sample without HELP and TYPE: " + name)


def check_histogram(family):
    series = {}
    for name, labels, value in family.samples:
        rest = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        series.setdefault(rest, {"buckets": []})
        if name.endswith("_bucket"):
            series[rest]["buckets"].append((float(labels["le"].replace("+Inf", "inf")), value))
        else:
            series[rest][name[len(family.name):]] = value
    for rest, one in series.items():
        bounds = [b for b, _ in one["buckets"]]
        counts = [c for _, c in one["buckets"]]
        assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), (family.name, rest)
        assert counts == sorted(counts) and counts[-1] == one["_count"], (family.name, rest)
        assert one["_sum"] >= 0


def parse(text):
    """Families by name."""
    assert text.endswith("\n")
    families, last, seen = {}, None, set()
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            name, help_text = re.fullmatch(r"# HELP (%s) (.+)" % NAME, line).groups()
            assert name not in families, "twice: " + name
            assert not re.search(r"\\[^\\n]", help_text)
            families[name] = last = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, kind = re.fullmatch(r"# TYPE (%s) (\w+)" % NAME, line).groups()
            assert last is not None and name == last.name and last.type is None and not last.samples
            assert kind in KINDS
            last.type = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, "no sample: " + line
            labels = re.findall(LABEL, found[2] or "")
            assert len(dict(labels)) == len(labels), "a label twice: " + line
            key = (found[1], tuple(sorted(labels)))
            assert key not in seen, "twice: " + line
            seen.add(key)
            family = owner(families, found[1])
            assert family is last, "a family's samples stand together: " + line
            value = float(found[found.lastindex])
            assert value == value and (family.type == "gauge" or value >= 0), line
            family.samples.append((found[1], dict(labels), value))
    for family in families.values():
        assert family.type, "no TYPE: " + family.name
        if family.type == "histogram":
            check_histogram(family)
        if family.type == "counter":
            assert family.name.endswith("_total"), "a counter's name: " + family.name
    return families
