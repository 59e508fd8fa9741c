"""A layer that nobody can judge is told of: in the answer, the log and the metrics."""

import io
import json
import re
import tarfile

import program

NESTED = "clair:\n  database: {type: sqlite}\n  api: {port: 0, healthport: 0}\n  updater: {interval: 0}\n"
FLAT = "api: {port: 0, healthport: 0}\nupdater: {interval: 0}\n"


def layer(path, release):
    with tarfile.open(path, "w") as tar:
        for name, text in (("etc/os-release", release), ("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return str(path)


def test_a_post_says_what_cannot_be_judged(serve, tmp_path):
    cache = str(tmp_path / "store")
    program.make_store(cache)
    new = layer(tmp_path / "new", "ID=ubuntu\nVERSION_ID=99.04\n")
    for config, form in ((NESTED, {"Layer": {"Name": "x", "Path": new, "Format": "Docker"}}), (FLAT, {"ID": "y", "Path": new})):
        s = serve(config, cache=cache)
        text = "there are no advisories for 'ubuntu:99.04': its packages could not be judged"
        for _ in range(2):
            status, headers, _ = s.ask("POST", "/v1/layers", form)
            assert (status, headers["Warning"]) == (201, '199 limpid "%s"' % text)
        if config == FLAT:
            s.wait_line(r" W \| api: a layer cannot be judged: \"%s\" \S+$" % re.escape(text), count=2)
        else:
            line = json.loads(s.wait_line(r"^.*layer cannot be judged.*$", count=2)[0])
            assert (line["Level"], line["Event"], line["warning"]) == ("warning", "a layer cannot be judged", '"%s"' % text)
        status, _, body = s.get("/v1/metrics")
        assert b"\nlimpid_layers_unjudged_total 2\n" in body
        # an answer from memory says it too
        for _ in range(2):
            path = "/v1/layers/x?vulnerabilities" if config == NESTED else "/v1/layers/y/vulnerabilities"
            body = json.loads(s.get(path)[2])
            assert body.get("Layer", body)["Incomplete"] == [text]
        assert s.end() == 0


def test_a_layer_that_is_judged_has_no_warning(serve, tmp_path):
    cache = str(tmp_path / "store")
    program.make_store(cache)
    s = serve(NESTED, cache=cache)
    edge = layer(tmp_path / "alpine", "ID=alpine\nVERSION_ID=3.18.9\n")
    status, headers, _ = s.ask("POST", "/v1/layers", {"Layer": {"Name": "x", "Path": edge, "Format": "Docker"}})
    assert status == 201
    # its release ends one day, its advisories do not
    assert "advisories" not in headers.get("Warning", "")
