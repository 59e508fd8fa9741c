"""What lies in packaging/: it can be read, its parts fit each other, and limpid knows the keys."""

import glob
import os
import re
import shutil
import subprocess

import program
import pytest
import service

try:
    import yaml
except ImportError:
    yaml = None

pytestmark = pytest.mark.skipif(yaml is None, reason="no PyYAML")

FOLDER = os.path.join(program.SOURCE, "packaging")
CHART = os.path.join(FOLDER, "helm", "limpid")
CONFIGS = sorted(p for p in glob.glob(FOLDER + "/**/config*.yaml", recursive=True) if "templates" not in p)
TEMPLATES = sorted(glob.glob(CHART + "/templates/*"))
HELM = shutil.which("helm")
VARIANTS = [(), ("autoscaling.enabled=true",), ("tokens.secret=",), ("config.secret=mine", "networkPolicy.enabled=false"),
            ("replicas=1", "image.tag=x", "networkPolicy.web=false", "image.pullSecrets={a,b}", "nodeSelector.a=b")]


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def yaml_of(path):
    return yaml.safe_load(text_of(path))


def start(config, folder):
    """A service with the example's keys, and values that hold here; what it logged."""
    (folder / "tokens").write_text("0123456789abcdef\n")
    config = config or {}
    nested = "clair" in config
    top = config["clair"] if nested else config
    api = top.setdefault("api", {})
    api.update(port=0, healthport=0, address="127.0.0.1")
    top.setdefault("updater", {})["interval"] = "0"
    if "auth" in top:
        top["auth"]["tokens-file"] = str(folder / "tokens")
    database = top.setdefault("database", {})
    database["type"] = "sqlite"
    if "options" in database:
        database["options"]["source"] = str(folder / "service.db")
    one = service.Service(folder, yaml.safe_dump(config))
    path = "/health" if nested else "/"
    assert one.get(path, port=one.health_port)[0] == 200
    assert one.end() == 0
    return one.lines


@pytest.mark.parametrize("path", [p for p in glob.glob(FOLDER + "/**/*.y*ml", recursive=True) if "templates" not in p])
def test_it_is_yaml(path):
    text = text_of(path)
    # packaging/config.yaml has nothing but comments: they are the defaults
    assert list(yaml.safe_load_all(text)) or all(line.startswith("#") for line in text.splitlines())


@pytest.mark.parametrize("path", CONFIGS)
def test_limpid_knows_the_keys(path, tmp_path):
    assert not [line for line in start(yaml_of(path), tmp_path) if "is not known" in line]


def test_an_unknown_key_would_be_found(tmp_path):
    assert [line for line in start({"clair": {"api": {"prot": 1}}}, tmp_path) if "is not known" in line]


def test_limpid_knows_the_charts_keys(tmp_path):
    clair = yaml_of(CHART + "/values.yaml")["config"]["clair"]
    clair["database"] = {"type": "pgsql", "options": {"source": "service=limpid"}}
    clair["auth"] = {"tokens-file": "x"}
    assert not [line for line in start({"clair": clair}, tmp_path) if "is not known" in line]


@pytest.mark.parametrize("file", ["compose.yaml", "single.yaml"])
def test_what_compose_names_is_there(file):
    compose = yaml_of(FOLDER + "/compose/" + file)
    for name, one in compose["services"].items():
        assert set(one.get("secrets", [])) <= set(compose["secrets"]), name
        assert set(one.get("networks", [])) <= set(compose.get("networks", [])), name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        # to nobody but this machine
        assert all(str(port).startswith("127.0.0.1:") for port in one.get("ports", [])), name
        assert set(one.get("depends_on", [])) <= set(compose["services"]), name
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            there = source in compose["volumes"] if source[0] != "." else os.path.exists(FOLDER + "/compose/" + source)
            assert there, (name, source)
    ours = [n for n in compose["services"] if n.startswith("limpid")]
    if file == "compose.yaml":
        servers = re.findall(r"^    server (\S+) (\S+):6060$", text_of(FOLDER + "/compose/haproxy.cfg"), re.M)
        assert servers == [(n, n) for n in ours]
    for name in ours:
        one = compose["services"][name]
        assert one["read_only"] and one["cap_drop"] == ["ALL"] and one["healthcheck"]["test"][0] == "CMD"
    build = compose["services"][ours[0]]["build"]
    assert os.path.exists(os.path.join(FOLDER, "compose", build["context"], build["dockerfile"]))


def test_secrets_are_made_once(tmp_path):
    folder = tmp_path / "compose"
    shutil.copytree(FOLDER + "/compose", folder, ignore=shutil.ignore_patterns("secrets"))
    made = []
    for _ in range(2):
        subprocess.run([str(folder / "make-secrets")], check=True, timeout=20)
        made.append({name: text_of(folder / "secrets" / name) for name in os.listdir(folder / "secrets")})
    assert made[0] == made[1]
    assert set(made[0]) == {"config.yaml", "database", "database-password", "token", "tokens"}
    assert "password=" + made[0]["database-password"] in made[0]["database"].split("\n")
    config = yaml.safe_load(made[0]["config.yaml"])
    assert len(config["clair"]["api"]["paginationkey"]) == 44
    assert not [line for line in start(config, tmp_path) if "is not known" in line]


def test_the_charts_values_are_there():
    values = yaml_of(CHART + "/values.yaml")
    for path in TEMPLATES:
        text = text_of(path)
        for name in re.findall(r"\.Values((?:\.\w+)+)", text):
            at = values
            for part in name.strip(".").split("."):
                assert part in at, (path, name)
                at = at[part]
        opened = len(re.findall(r"\{\{-? *(?:if|with|range|define) ", text))
        assert opened == len(re.findall(r"\{\{-? *end *-?\}\}", text)), path


@pytest.mark.skipif(HELM is None, reason="no helm")
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_chart_renders(variant):
    words = [word for setting in variant for word in ("--set", setting)]
    subprocess.run([HELM, "lint", "--strict", CHART, *words], check=True, timeout=60, capture_output=True)
    out = subprocess.run([HELM, "template", "r", CHART, "--kube-version", "1.28.0", *words], check=True, timeout=60, capture_output=True, text=True).stdout
    kinds = {one["kind"]: one for one in yaml.safe_load_all(out) if one}
    assert ("HorizontalPodAutoscaler" in kinds) == ("autoscaling.enabled=true" in variant)
    assert {"Deployment", "Service", "PodDisruptionBudget", "ServiceAccount"} <= set(kinds)
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["containers"][0]["readinessProbe"]["httpGet"]["port"] == "health"
    mounted = {m["name"] for m in pod["containers"][0]["volumeMounts"]}
    assert mounted == {v["name"] for v in pod["volumes"]}


@pytest.mark.skipif(HELM is None, reason="no helm")
def test_the_manifests_are_the_charts(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "packaging")
    subprocess.run([str(tmp_path / "packaging" / "kubernetes" / "render")], check=True, timeout=60)
    assert text_of(tmp_path / "packaging" / "kubernetes" / "limpid.yaml") == text_of(FOLDER + "/kubernetes/limpid.yaml")


def test_the_manifests_keys_are_known(tmp_path):
    manifests = list(yaml.safe_load_all(text_of(FOLDER + "/kubernetes/limpid.yaml")))
    config = next(one for one in manifests if one["kind"] == "ConfigMap")["data"]["config.yaml"]
    assert not [line for line in start(yaml.safe_load(config), tmp_path) if "is not known" in line]


def test_the_images_programs_run_alone(tmp_path):
    """In a root of its own, as in the image."""
    if os.getuid() != 0 or not shutil.which("chroot"):
        pytest.skip("needs root for chroot")
    if program.SANITIZED:
        pytest.skip("the sanitizers need more than the programs")
    installed, root = tmp_path / "installed", tmp_path / "root"
    for source, to in (("cli/limpid", "bin"), ("fetch/limpid-fetch", "libexec/limpid"), ("server/limpid-serve", "libexec/limpid")):
        (installed / "usr" / to).mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.join(program.BUILD, "src", source), installed / "usr" / to)
    subprocess.run([FOLDER + "/container/root", str(root), str(installed)], check=True, timeout=60)
    size = sum(os.lstat(os.path.join(at, f)).st_size for at, _, files in os.walk(root) for f in files)
    print("the image has %.1f MB" % (size / 1e6))
    for words in (["/usr/bin/limpid", "version"], ["/usr/libexec/limpid/limpid-serve", "--help"]):
        done = subprocess.run(["chroot", "--userspec=65532:65532", str(root), *words], capture_output=True, timeout=20,
                              check=False)
        assert done.returncode == 0, done
    fetch = subprocess.run(["chroot", str(root), "/usr/libexec/limpid/limpid-fetch"], capture_output=True, timeout=20,
                           stdin=subprocess.DEVNULL, check=False)
    assert fetch.returncode != 127 and b"shared libraries" not in fetch.stderr
