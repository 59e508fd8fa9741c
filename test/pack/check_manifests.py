#!/usr/bin/env python3
"""Holds Kubernetes manifests against the API's own types, as python3-kubernetes has them: every field
is one of its kind's, has the type that it must have, and what is required is there.

    check_manifests.py FILE…
"""
import re
import sys

import yaml
from kubernetes.client import models

PLAIN = {"str": str, "int": int, "float": (int, float), "bool": bool, "object": object, "datetime": str, "date": str}


def model_of(manifest):
    group, _, version = manifest["apiVersion"].rpartition("/")
    version = version[0].upper() + version[1:]
    found = getattr(models, version + manifest["kind"], None)
    assert found, "no such kind: %s %s" % (manifest["apiVersion"], manifest["kind"])
    assert group in ("", "apps", "policy", "networking.k8s.io", "autoscaling", "rbac.authorization.k8s.io"), group
    return found


def check(value, kind, where):
    inner = re.fullmatch(r"list\[(.+)\]", kind)
    if inner:
        assert isinstance(value, list), "%s: no list" % where
        for number, one in enumerate(value):
            check(one, inner[1], "%s[%d]" % (where, number))
        return
    inner = re.fullmatch(r"dict\(str, (.+)\)", kind)
    if inner:
        assert isinstance(value, dict), "%s: no map" % where
        for name, one in value.items():
            assert isinstance(name, str)
            check(one, inner[1], "%s.%s" % (where, name))
        return
    if kind in PLAIN:
        wanted = PLAIN[kind]
        # quantities and ports by name are IntOrString: text to the types, a number in YAML
        fine = isinstance(value, wanted) or (kind in ("object", "str") and isinstance(value, int) and not isinstance(value, bool)
                                             and re.search(r"cpu|memory|sizeLimit|maxUnavailable|maxSurge", where))
        assert fine and not (kind == "int" and isinstance(value, bool)), "%s: %r is no %s" % (where, value, kind)
        return
    model = getattr(models, kind)
    assert isinstance(value, dict), "%s: no %s" % (where, kind)
    names = {json: name for name, json in model.attribute_map.items()}
    for json, one in value.items():
        assert json in names, "%s: %s has no field '%s'" % (where, kind, json)
        check(one, model.openapi_types[names[json]], "%s.%s" % (where, json))
    for name, json in model.attribute_map.items():
        if json not in value and is_required(model, name):
            raise AssertionError("%s: %s needs '%s'" % (where, kind, json))


class Strict:
    client_side_validation = True


def is_required(model, name):
    """The setters refuse None for what is required."""
    one = object.__new__(model)
    one.local_vars_configuration = Strict()
    try:
        setattr(one, name, None)
    except ValueError:
        return True
    return False


def main(paths):
    count = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for manifest in yaml.safe_load_all(file):
                if manifest:
                    check(manifest, model_of(manifest).__name__, "%s/%s" % (manifest["kind"], manifest["metadata"]["name"]))
                    count += 1
    print("%d manifests" % count)


main(sys.argv[1:])
