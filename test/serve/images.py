"""Images as a client of Clair sees them: a list of layers, each as its registry stores it."""

import gzip
import io
import json
import os
import tarfile


class Archive:
    """An archive or a folder: names to bytes."""

    def __init__(self, path):
        self.path = path
        self.files = None
        if not os.path.isdir(path):
            with open(path, "rb") as file:
                data = file.read()
            data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                self.links = {m.name: m.linkname for m in tar if m.issym()}
                self.files = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}

    def has(self, name):
        return name in self.files if self.files is not None else os.path.exists(os.path.join(self.path, name))

    def read(self, name):
        if self.files is None:
            with open(os.path.join(self.path, name), "rb") as file:
                return file.read()
        while name in self.links:
            name = os.path.normpath(os.path.join(os.path.dirname(name), self.links[name]))
        return self.files[name]

    def blob(self, descriptor):
        return self.read("blobs/" + descriptor["digest"].replace(":", "/"))


def manifests(archive, index):
    for descriptor in index["manifests"]:
        document = json.loads(archive.blob(descriptor))
        if "manifests" in document:
            yield from manifests(archive, document)
        else:
            yield descriptor.get("platform", {}), document


def layers_of(path, image=None, platform=None):
    """The stored bytes of the layers, the lowest first. `image`: a tag; `platform`: os/arch."""
    archive = Archive(path)
    if archive.has("manifest.json"):
        known = json.loads(archive.read("manifest.json"))
        one = next(m for m in known if image is None or image in (m["RepoTags"] or ()))
        return [archive.read(name) for name in one["Layers"]]
    for has, manifest in manifests(archive, json.loads(archive.read("index.json"))):
        if platform is None or platform == "%s/%s" % (has.get("os"), has.get("architecture")):
            return [archive.blob(layer) for layer in manifest["layers"]]
    raise LookupError(platform)
