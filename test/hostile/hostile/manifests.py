"""Kinds 3 to 7: manifest.json and the lists and links around it."""

from . import images, tar
from .images import DEBS, Layer, Oci, base, docker, encode, nested, sha256, stanza


def controls(c):
    c.add("control-manifest.tar", docker(base()), "ok", packages=DEBS)
    c.add("control-manifest-oci.tar", Oci(base()).archive(), "ok", packages=DEBS)


def kind_3(c):
    """manifest.json missing, not JSON, of other types, twice."""
    layer = base()
    good = encode([{"Config": "c.json", "RepoTags": None, "Layers": ["0/layer.tar"]}])
    c.add("manifest-missing.tar", docker(layer, manifest=False), "clear-error", says="manifest.json")
    wrong = {
        "empty": b"",
        "blank": b" \n ",
        "text": b"hello",
        "null": b"null",
        "number": b"7",
        "string": b'"manifest"',
        "empty-list": b"[]",
        "empty-object": b"{}",
        "list-null": b"[null]",
        "list-list": b"[[]]",
        "cut": good[:-5],
        "garbage-behind": good + b"x",
        "two-values": good + good,
        "bom": b"\xef\xbb\xbf" + good,
        "utf16": good.decode().encode("utf-16"),
        "bad-utf8": good.replace(b"c.json", b"\xff\xfe"),
        "nul": good.replace(b"c.json", b"c\0json"),
        "lone-surrogate": good.replace(b"c.json", b"\\ud800"),
        "comment": b"/* */" + good,
        "nan": good.replace(b"null", b"NaN"),
        "huge-number": good.replace(b"null", b"1e999999999"),
        "no-config": encode([{"Layers": ["0/layer.tar"]}]),
        "config-null": encode([{"Config": None, "Layers": ["0/layer.tar"]}]),
        "config-number": encode([{"Config": 7, "Layers": ["0/layer.tar"]}]),
        "config-list": encode([{"Config": [], "Layers": ["0/layer.tar"]}]),
        "config-empty": encode([{"Config": "", "Layers": ["0/layer.tar"]}]),
        "config-absent": encode([{"Config": "absent.json", "Layers": ["0/layer.tar"]}]),
        "no-layers": encode([{"Config": "c.json"}]),
        "layers-object": encode([{"Config": "c.json", "Layers": {}}]),
        "layers-string": encode([{"Config": "c.json", "Layers": "0/layer.tar"}]),
        "layers-numbers": encode([{"Config": "c.json", "Layers": [1]}]),
        "layers-null": encode([{"Config": "c.json", "Layers": [None]}]),
        "layers-nested": encode([{"Config": "c.json", "Layers": [["0/layer.tar"]]}]),
        "layer-empty-name": encode([{"Config": "c.json", "Layers": [""]}]),
        "layer-root": encode([{"Config": "c.json", "Layers": ["/"]}]),
        "layer-dot": encode([{"Config": "c.json", "Layers": ["."]}]),
        "layer-is-config": encode([{"Config": "c.json", "Layers": ["c.json"]}]),
        "config-is-layer": encode([{"Config": "0/layer.tar", "Layers": ["0/layer.tar"]}]),
        "config-is-manifest": encode([{"Config": "manifest.json", "Layers": ["0/layer.tar"]}]),
        "duplicate-layers": b'[{"Config":"c.json","Layers":["0/layer.tar"],"Layers":[]}]',
        "duplicate-config": b'[{"Config":"x.json","Config":"c.json","Layers":["0/layer.tar"]}]',
        "tags-number": encode([{"Config": "c.json", "RepoTags": 7, "Layers": ["0/layer.tar"]}]),
        "tags-numbers": encode([{"Config": "c.json", "RepoTags": [7, None], "Layers": ["0/layer.tar"]}]),
    }
    odd = {"huge-number", "nul", "bad-utf8", "lone-surrogate", "tags-number", "tags-numbers", "bom"}
    config = encode(images.config_of([Layer(layer)]))
    for name, content in wrong.items():
        expect = ["clear-error", "ok"] if name in odd else "clear-error"
        archive = tar.archive(
            tar.file("manifest.json", content), tar.file("c.json", config), tar.file("0/layer.tar", layer)
        )
        c.add(f"manifest-{name}.tar", archive, expect)
    twice = tar.file("manifest.json", good), tar.file("c.json", config), tar.file("0/layer.tar", layer)
    c.add("manifest-twice.tar", tar.archive(*twice, tar.file("manifest.json", b"[]")), "clear-error")
    c.add("manifest-twice-other-name.tar", tar.archive(*twice, tar.file("./manifest.json", good)), "clear-error")
    c.add("config-twice.tar", tar.archive(*twice, tar.file("c.json", config)), "clear-error")
    c.add("layer-twice.tar", tar.archive(*twice, tar.file("0/layer.tar", base())), "clear-error")
    c.add("manifest-folder.tar", tar.archive(tar.folder("manifest.json"), *twice[1:]), "clear-error")
    c.add("manifest-fifo.tar", tar.archive(tar.header("manifest.json", 0, b"6"), *twice[1:]), "clear-error")
    large = encode([{"Config": "c.json", "Layers": ["0/layer.tar"], "x": "y" * (9 << 20)}])
    c.add("manifest-9-mib.tar", tar.archive(tar.file("manifest.json", large), *twice[1:]), "clear-error", says="limit", mb=64)
    many = encode([{"Config": "c.json", "RepoTags": [f"a:{i}"], "Layers": ["0/layer.tar"]} for i in range(50_000)])
    c.add("manifest-50000-images.tar", tar.archive(tar.file("manifest.json", many), *twice[1:]), "clear-error", says="--image", mb=128)
    configs = {
        "null": b"null",
        "list": b"[]",
        "empty": b"",
        "no-rootfs": b"{}",
        "rootfs-null": b'{"rootfs":null}',
        "diff-ids-null": b'{"rootfs":{"diff_ids":null}}',
        "diff-ids-numbers": b'{"rootfs":{"diff_ids":[7]}}',
        "cut": config[: len(config) // 2],
    }
    for name, content in configs.items():
        c.add(f"config-{name}.tar", docker(layer, config=content), "clear-error")
    histories = {
        "history-number": 7,
        "history-numbers": [7, None, "x"],
        "history-short": [],
        "history-long": [{"created_by": "x"}] * 500,
        "history-control": [{"created_by": "\x1b]0;owned\x07\x1b[31m\u202e\u2066"}],
        "history-1-mib": [{"created_by": "y" * (1 << 20)}],
    }
    for name, history in histories.items():
        config = images.config_of([Layer(layer)], history=history)
        c.add(f"{name}.tar", docker(layer, config=config), "ok", packages=DEBS, mb=48)
    strange = images.config_of([Layer(layer)], os=["linux"], architecture={"x": 1})
    c.add("config-odd-platform.tar", docker(layer, config=strange), ["ok", "clear-error"])
    nasty = images.config_of([Layer(layer)], os="\x1b[31mlinux", architecture="<script>alert(1)</script>")
    c.add("config-nasty-platform.tar", docker(layer, config=nasty), "ok", packages=DEBS)
    tag = lambda usual: usual[0].update(RepoTags=["\x1b]8;;http://x\x07\n=cmd|' /C calc'!A0"])
    c.add("tag-nasty.tar", docker(layer, manifest=tag), "ok", packages=DEBS)


def kind_4(c):
    """JSON that is very deep."""
    layer = base()
    depths = [60, 70, 1_000, 10_000, 100_000, c.options.depth]
    for shape in ("arrays", "objects", "mixed"):
        for depth in depths:
            deep = nested(depth, shape)
            expect = "ok" if depth <= 60 else "clear-error"
            says = None if depth <= 60 else "deep|limit|nested"
            parameters = {"depth": depth, "shape": shape}
            more = {"parameters": parameters, "says": says, "mb": 48, "seconds": 5}
            member = b'[{"x":' + deep + b',"Config":"%s","Layers":["0/layer.tar"]}]'
            config = encode(images.config_of([Layer(layer)]))
            if len(deep) > 8 << 20:
                more["says"] = "deep|limit|nested"
            whole = member.replace(b"%s", sha256(config).encode() + b".json")
            c.add(f"deep-manifest-{shape}-{depth}.tar", docker(layer, manifest=whole), expect, **more)
            c.add(f"deep-alone-{shape}-{depth}.tar", docker(layer, manifest=deep), "clear-error", **{**more, "says": None})
            config = config[:-1] + b',"x":' + deep + b"}"
            c.add(f"deep-config-{shape}-{depth}.tar", docker(layer, config=config), expect, **more)
            layout = Oci(layer)
            files = layout.files()
            files["index.json"] = files["index.json"][:-1] + b',"x":' + deep + b"}"
            archive = tar.archive(*(tar.file(name, content) for name, content in files.items()))
            c.add(f"deep-index-{shape}-{depth}.tar", archive, expect, **more)
    c.add("deep-cut.tar", docker(layer, manifest=b"[" * 1_000_000), "clear-error", mb=48)


def kind_5(c):
    """The list of layers: long, short, of things that are not there."""
    layer = base()
    for count in (2, 127, 512, 513, 5_000):
        names = ["0/layer.tar"] * count
        config = images.config_of([Layer(layer)] * count)
        expect = "ok" if count <= 512 else "clear-error"
        c.add(
            f"layers-same-{count}.tar",
            docker(layer, config=config, manifest=lambda usual: usual[0].update(Layers=names)),
            expect,
            packages=DEBS,
            says="limit",
            parameters={"layers": count},
        )
    empty = tar.END
    distinct = [layer] + [tar.archive(tar.file(f"f{i}", b"x")) for i in range(511)]
    c.add("layers-512-distinct.tar", docker(*distinct), "ok", packages=DEBS)
    c.add("layers-empty.tar", docker(empty, layer, empty, empty), "ok", packages=DEBS)
    c.add("layers-no-bytes.tar", docker(Layer(b""), layer), ["ok", "clear-error", "partial"])
    c.add("layers-none.tar", docker(), ["ok", "partial", "clear-error"])
    missing = lambda usual: usual[0].update(Layers=["0/layer.tar", "1/layer.tar"])
    two = images.config_of([Layer(layer)] * 2)
    c.add("layer-missing.tar", docker(layer, config=two, manifest=missing), "clear-error", says="layer 2 of 2")
    for count in (0, 1, 3):
        config = images.config_of([Layer(layer)] * count)
        c.add(f"diff-ids-{count}-of-2.tar", docker(layer, tar.END, config=config), "clear-error", says="diff IDs")
    layout = Oci(layer, change=lambda m: m.update(layers=m["layers"] * 2))
    c.add("oci-diff-ids.tar", layout.archive(), "clear-error", says="diff IDs")
    for name, value in {"null": None, "object": {}, "numbers": [7], "strings": ["sha256:x"], "nulls": [None]}.items():
        layout = Oci(layer, change=lambda m: m.update(layers=value))
        c.add(f"oci-layers-{name}.tar", layout.archive(), "clear-error")
    for count in (512, 513):
        layout = Oci(
            layer,
            config=images.config_of([Layer(layer)] * count),
            change=lambda m: m.update(layers=m["layers"] * count),
        )
        expect = "ok" if count <= 512 else "clear-error"
        c.add(f"oci-layers-same-{count}.tar", layout.archive(), expect, packages=DEBS)


def kind_6(c):
    """Layers and configs whose names or links lead out of the archive, to the canary."""
    layer = base()
    outside = [f"../{c.canary}", c.path(c.canary), f"x/../../{c.canary}", "/etc/passwd", "../../../../etc/passwd", "..", "\u202e/x"]
    for i, name in enumerate(outside):
        change = lambda usual: usual[0].update(Layers=[name])
        c.add(f"layer-outside-{i}.tar", docker(layer, manifest=change), "clear-error", parameters={"name": name})
        change = lambda usual: usual[0].update(Config=name)
        c.add(f"config-outside-{i}.tar", docker(layer, manifest=change), "clear-error", parameters={"name": name})
        link = [tar.symlink("0/layer.tar", name)]
        c.add(f"layer-link-outside-{i}.tar", docker(layer, layer_entries=link), "clear-error", parameters={"to": name})
        manifest = encode([{"Config": "c.json", "Layers": ["0/layer.tar"]}])
        archive = tar.archive(
            tar.file("manifest.json", manifest), tar.symlink("c.json", name), tar.file("0/layer.tar", layer)
        )
        c.add(f"config-link-outside-{i}.tar", archive, "clear-error", parameters={"to": name})
        archive = tar.archive(tar.symlink("manifest.json", name), tar.file("0/layer.tar", layer))
        c.add(f"manifest-link-outside-{i}.tar", archive, "clear-error", parameters={"to": name})
        hard = [tar.hardlink("0/layer.tar", name)]
        c.add(f"layer-hard-outside-{i}.tar", docker(layer, layer_entries=hard), "clear-error", parameters={"to": name})
    cycles = {
        "self": [tar.symlink("0/layer.tar", "layer.tar")],
        "two": [tar.symlink("0/layer.tar", "../1/layer.tar"), tar.symlink("1/layer.tar", "../0/layer.tar")],
        "hard-self": [tar.hardlink("0/layer.tar", "0/layer.tar")],
        "mixed": [tar.symlink("0/layer.tar", "../1/x"), tar.hardlink("1/x", "0/layer.tar")],
        "dangling": [tar.symlink("0/layer.tar", "../nothing")],
    }
    for name, entries in cycles.items():
        c.add(f"layer-link-{name}.tar", docker(layer, layer_entries=entries), "clear-error")
    for length in (41, 10_000):
        chain = [tar.symlink(f"{i}/layer.tar", f"../{i + 1}/layer.tar") for i in range(length)]
        chain.append(tar.file(f"{length}/layer.tar", layer))
        c.add(f"layer-link-chain-{length}.tar", docker(layer, layer_entries=chain), "clear-error", parameters={"hops": length})


def kind_7(c):
    """Legal links between layers, as docker save wrote them."""
    layer = base()
    c.add(
        "layer-link.tar",
        docker(
            layer,
            names=["0/layer.tar"],
            layer_entries=[tar.file("abc.tar", layer), tar.symlink("0/layer.tar", "../abc.tar")],
        ),
        "ok",
        packages=DEBS,
    )
    c.add(
        "layer-link-before.tar",
        docker(layer, layer_entries=[tar.symlink("0/layer.tar", "../abc.tar"), tar.file("abc.tar", layer)]),
        "ok",
        packages=DEBS,
    )
    c.add(
        "layer-hard-link.tar",
        docker(layer, layer_entries=[tar.file("abc.tar", layer), tar.hardlink("0/layer.tar", "abc.tar")]),
        "ok",
        packages=DEBS,
    )
    two = base(database=images.status() + stanza("sound-d", "4"))
    names = ["0/layer.tar", "1/layer.tar", "2/layer.tar"]
    entries = [tar.file(names[0], layer), tar.file(names[1], two), tar.symlink(names[2], "../0/layer.tar")]
    c.add("layer-link-shared.tar", docker(layer, two, layer, names=names, layer_entries=entries), "ok", packages=DEBS, absent=[["deb", "sound-d", "4"]])
    chain = [tar.symlink(f"{i}/layer.tar", f"../{i + 1}/layer.tar") for i in range(39)]
    chain.append(tar.file("39/layer.tar", layer))
    c.add("layer-link-chain-39.tar", docker(layer, layer_entries=chain), "ok", packages=DEBS)
    c.add("names-dotted.tar", docker(layer, names=["./x/../x/layer.tar"], layer_entries=[tar.file("./x/layer.tar", layer)]), ["ok", "clear-error"])
