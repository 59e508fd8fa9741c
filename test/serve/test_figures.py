"""/v1/metrics: its format, its names, and labels that no client can multiply."""

import os
import re

import exposition
import program
import pytest

NESTED = "clair:\n  api: {port: 0, healthport: 0}\n  updater: {interval: 0}\n"
FLAT = "api: {port: 0, healthport: 0}\nupdater: {interval: 0}\n"


def figures(s):
    status, headers, body = s.get("/v1/metrics")
    assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return exposition.parse(body.decode())


@pytest.mark.parametrize("config", [FLAT, NESTED], ids=["2015", "2016"])
def test_the_format_and_the_names(serve, config):
    s = serve(config)
    s.get("/v1/namespaces")
    s.get("/v1/layers/none?vulnerabilities")
    families = figures(s)
    # Clair's own names, which dashboards ask for
    for name, kind in (("clair_api_response_duration_milliseconds", "histogram"), ("clair_updater_duration_seconds", "gauge"),
                       ("clair_updater_notes_total", "gauge"), ("clair_notifier_backend_errors_total", "counter")):
        assert families[name].type == kind
    with open(os.path.join(program.SOURCE, "docs", "serve.md"), encoding="utf-8") as file:
        documented = set(re.findall(r"`((?:clair|limpid|process)_[a-z_]+)", file.read()))
    assert set(families) == {name for name in documented if name != "limpid_version"}
    for family in families.values():
        assert family.help[0].isupper() and not family.help.endswith(".")


def test_labels_are_bounded(serve):
    s = serve(NESTED)
    for number in range(200):
        s.ask("GET", "/v1/layers/name-%d?features" % number)
        s.ask("GET", "/v1/none-%d" % number)
        s.ask("DELETE", "/v1/namespaces/os:%d/vulnerabilities/CVE-%d" % (number, number))
    s.ask("BREW", "/v1/layers")
    names = set()
    for _, labels, _ in figures(s)["clair_api_response_duration_milliseconds"].samples:
        assert set(labels) <= {"code", "route", "le"}
        names.add((labels["route"], labels["code"]))
    assert 0 < len(names) < 10
    assert not any(re.search(r"name-|none-|CVE", route) for route, _ in names)


def test_figures_count(serve):
    s = serve(NESTED)
    before = figures(s)

    def sum_of(families):
        return {(labels["route"], labels["code"]): value for name, labels, value
                in families["clair_api_response_duration_milliseconds"].samples if name.endswith("_count")}

    for _ in range(7):
        s.get("/v1/namespaces")
    after = sum_of(figures(s))
    assert after[("v1/getNamespaces", "200")] - sum_of(before).get(("v1/getNamespaces", "200"), 0) == 7
