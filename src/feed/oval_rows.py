"""oval_rows.py: an independent reader of OVAL for the row tests: the whole document as a tree, the
criteria by recursion. What a publisher's criteria mean is in rows_FEED_test.py."""
import datetime
import math
import os
import re
import xml.etree.ElementTree as tree

import rows

KEYS = ("severity", "severity_source", "cvss", "url", "published", "modified", "description")
WORDS = {"moderate": "medium", "important": "high"}


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def text(element):
    return "".join([element.text or ""] + [child.tail or "" for child in element]).strip(" \t\r\n")


class Leaf:
    """A criterion: its comment, and of its test the object's name (or the variable's values), and
    the state's elements as {element: (operation, text)}; `state` is None without a state, `known`
    False where the document lacks a part."""

    def __init__(self, document, comment, ref, negated):
        self.comment, self.negated, self.known = comment, negated, False
        self.name, self.values, self.state = "", None, None
        test = document.by_id.get(ref)
        if test is None:
            return
        parts = {local(child): child for child in test}
        item = document.by_id.get(parts["object"].get("object_ref")) if "object" in parts else None
        if item is None:
            return
        names = [text(c) for c in item if local(c) == "name" and c.text]
        refs = [c.get("var_ref") for c in item if c.get("var_ref")]
        if not names and not refs:
            return
        if "state" in parts:
            state = document.by_id.get(parts["state"].get("state_ref"))
            if state is None:
                return
            self.state = {local(c): (c.get("operation", "equals"), text(c)) for c in state}
            if any(operation.isdigit() for operation, _ in self.state.values()):
                return  # a slice whose operations are numbers of a program
        self.name = names[0] if names else ""
        if refs:
            self.values = [text(c) for c in document.by_id[refs[0]] if local(c) == "value"]
        self.known = True


class Document:
    def __init__(self, path):
        root = tree.fromstring(rows.unpacked(path))
        self.by_id = {}
        self.definitions = []
        for section in root:
            for element in section:
                if local(section) == "definitions":
                    self.definitions.append(Definition(self, element))
                elif element.get("id"):
                    self.by_id[element.get("id")] = element


class Definition:
    def __init__(self, document, element):
        self.document, self.element = document, element
        self.id, self.kind = element.get("id"), element.get("class")
        self.metadata = next(c for c in element if local(c) == "metadata")

    def all(self, name):
        return [c for c in self.metadata.iter() if local(c) == name]

    def text(self, name):
        return next((text(c) for c in self.all(name) if text(c)), "")

    def cves(self):
        found = []
        for c in self.metadata.iter():
            if local(c) in ("reference", "cve"):
                words = c.get("ref_id", "") if local(c) == "reference" else text(c)
                found += re.findall(r"CVE-\d+-\d+", words)[:1]
        return list(dict.fromkeys(found))

    def vector(self):
        best = (0, 0, "")
        for c in self.all("cve"):
            if "nvd.nist.gov" in c.get("href", ""):
                continue
            for key, version in (("cvss4", 4), ("cvss3", 3), ("cvss2", 2), ("cvss_vector", 3)):
                value = c.get(key)
                if value:
                    score, _, vector = value.partition("/")
                    if not re.fullmatch(r"[\d.]+", score):
                        score, vector = c.get("cvss_score") or base_score(value), value
                    if (version, float(score)) > best[:2]:
                        best = (version, float(score), vector)
        return best[2]

    def url(self, source=""):
        references = [c for c in self.all("reference") if c.get("ref_url")]
        own = [c for c in references if c.get("source", "").lower() == source.lower()]
        return (own or references)[0].get("ref_url") if references else ""

    def reference(self):
        return next((c.get("ref_id") for c in self.all("reference")
                     if "CVE-" not in c.get("ref_id", "")), "")

    def advisory(self, id, feed, source="", end=None):
        """Everything but the rows, in the form of feed_dump -j."""
        description = self.text("description")
        if end:
            description = description.split(end)[0].strip()
        if len(description.encode()) > 4096:
            description = description.encode()[:4093].decode(errors="ignore") + "…"
        title = self.text("title")
        a = {"id": id, "ids": [c for c in self.cves() if c != id], "cvss": self.vector(),
             "url": self.url(source), "description": description or ("" if title == id else title)}
        severity = self.text("severity").lower()
        severity = WORDS.get(severity, severity)
        if severity in ("low", "medium", "high", "critical", "negligible"):
            a["severity"], a["severity_source"] = severity, feed
        dates = [c.get("date") for c in self.all("issued") if c.get("date")]
        dates += [text(c) for n in ("advisory_date", "public_date", "date") for c in self.all(n)]
        updated = [c.get("date") for c in self.all("updated") if c.get("date")]
        a["published"] = seconds(dates[0]) if dates else 0
        a["modified"] = seconds(updated[0]) if updated else 0
        return {k: v for k, v in a.items() if v or k in ("id", "ids")}

    def cases(self):
        return product(self.document, [c for c in self.element if local(c) == "criteria"])


def base_score(vector):
    """CVSS 3.x, section 7.1 of its specification."""
    m = dict(part.split(":") for part in vector.split("/")[1:])
    changed = m["S"] == "C"
    rights = {"N": .85, "L": .68 if changed else .62, "H": .5 if changed else .27}[m["PR"]]
    reach = {"N": .85, "A": .62, "L": .55, "P": .2}[m["AV"]] * {"L": .77, "H": .44}[m["AC"]]
    left = 1.0
    for key in "CIA":
        left *= 1 - {"H": .56, "L": .22, "N": 0}[m[key]]
    impact = 6.42 * (1 - left)
    if changed:
        impact = 7.52 * (1 - left - .029) - 3.25 * (1 - left - .02) ** 15
    ease = 8.22 * reach * rights * {"N": .85, "R": .62}[m["UI"]]
    score = min((1.08 if changed else 1) * (impact + ease), 10) if impact > 0 else 0
    return math.ceil(round(score * 100000) / 10000) / 10


def seconds(date):
    when = datetime.datetime.strptime(date[:10], "%Y-%m-%d")
    if re.match(r".{10}T", date):
        when = datetime.datetime.strptime(date[:19], "%Y-%m-%dT%H:%M:%S")
    return int(when.replace(tzinfo=datetime.timezone.utc).timestamp())


def product(document, elements):
    result = [[]]
    for element in elements:
        result = [a + b for a in result for b in cases(document, element)]
    return result


def cases(document, element):
    if element.get("negate") == "true":
        raise ValueError("negation is not in the documents that are read here")
    if local(element) == "criterion":
        return [[Leaf(document, element.get("comment", "").strip(), element.get("test_ref"), False)]]
    if local(element) == "extend_definition":
        return [[]]
    if element.get("operator", "AND") == "OR" and len(element):
        return [case for child in element for case in cases(document, child)]
    return product(document, list(element))


def row(namespace, package, scope="binary", **members):
    members = {k: v for k, v in members.items() if v}
    state = members.pop("state", "fixed" if "fixed" in members else "affected")
    return {"namespace": namespace, "package": package, "scope": scope, "state": state, **members}


def unique(list_of_rows):
    seen = []
    for one in list_of_rows:
        if one not in seen:
            seen.append(one)
    return seen


def check_literals(name, feed, document, path, literals):
    """Rows that somebody looked up in the document: each (id, {members}) must be there."""
    whole = os.path.join(rows.FEEDS, path)
    if not os.path.exists(whole):
        return rows.skip(name, "no " + path)
    got, _ = rows.dump(feed, document, whole)
    missing = []
    for id, members in literals:
        if not any(a["id"] == id and all(r.get(k) == v for k, v in members.items())
                   for a in got for r in a["affected"]):
            missing.append((id, members))
    rows.report(name, not missing, *missing)
