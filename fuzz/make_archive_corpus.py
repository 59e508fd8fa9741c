#!/usr/bin/env python3
"""Small image archives for the fuzz target `archive`: make_archive_corpus.py FOLDER."""
import hashlib
import io
import json
import sys
import tarfile


def sha(content):
    return hashlib.sha256(content).hexdigest()


def archive(path, files, links=()):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)


def main(folder):
    layer = bytes(1024)
    config = json.dumps({"os": "linux", "architecture": "amd64",
                         "rootfs": {"diff_ids": ["sha256:" + sha(layer)]}}).encode()
    manifest = [{"Config": sha(config) + ".json", "RepoTags": ["a:1"], "Layers": ["l/layer.tar"]}]
    archive(folder + "/docker.tar",
            [("x.tar", layer), (sha(config) + ".json", config),
             ("manifest.json", json.dumps(manifest).encode())], [("l/layer.tar", "../x.tar")])
    archive(folder + "/docker-v1.tar",
            [("repositories", b'{"a":{"1":"t"}}'), ("t/json", b'{"id":"t","parent":"b"}'), ("t/layer.tar", layer),
             ("b/json", b'{"id":"b","container_config":{"Cmd":["sh","-c","x"]}}'), ("b/layer.tar", layer)])
    oci = json.dumps({"config": {"digest": "sha256:" + sha(config), "size": len(config)},
                      "layers": [{"digest": "sha256:" + sha(layer), "size": len(layer)}]}).encode()
    inner = json.dumps({"manifests": [{"digest": "sha256:" + sha(oci), "size": len(oci),
                                       "platform": {"os": "linux", "architecture": "arm64"}}]}).encode()
    index = json.dumps({"manifests": [{"digest": "sha256:" + sha(inner), "size": len(inner)}]}).encode()
    archive(folder + "/oci.tar",
            [("index.json", index)] + [("blobs/sha256/" + sha(b), b) for b in (inner, oci, config, layer)])


main(sys.argv[1])
