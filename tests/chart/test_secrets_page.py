"""The commands on the page on Kubernetes make the Secrets that the chart mounts."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from exconn.settings.secret import RedisUrl, check_redis_url
from exconn.signing import load_signing_key
from tests.chart.chart import ROOT, Chart, Rendered, Values, changed
from tests.chart.edges import PAGE
from tests.chart.pods import pods_of

#: Writes down what it is asked for, and what the named files hold.
KUBECTL = """\
#!/bin/sh
name=$6; shift 6
for one in "$@"; do
  file=${one#--from-file=}; key=${file%%=*}; file=${file#*=}
  mkdir -p "made/$name"; cp "$file" "made/$name/$(basename "$key")"
done
"""


def run_page(place: Path, *, tls: bool) -> Path:
    """Run the page's commands in a checkout; a folder for each Secret that they make, with a file for each key."""
    (place / "deploy").symlink_to(ROOT / "deploy")
    (place / "requesters.toml").write_text("[requesters]\n")
    (script,) = [each for each in _blocks() if each.startswith("python deploy/access.py")]
    if tls:
        (certificates,) = [each for each in _blocks() if "deploy/certificates.py" in each]
        script = f"{script}\n{certificates}"
    else:
        (instead,) = re.findall(r"`(python deploy/access\.py [^`]+)` instead", PAGE.read_text(encoding="utf-8"))
        script = f"{instead}\n{script.partition(chr(10))[2]}"
    return run_script(place, script)


def run_script(place: Path, script: str) -> Path:
    """Run commands of the page; the folder with what they made."""
    programs = place / "bin"
    programs.mkdir()
    python = f"#!/bin/sh\nexec {sys.executable}"
    texts = {"python": f'{python} "$@"\n', "exconn": f'{python} -m exconn.cli "$@"\n', "kubectl": KUBECTL}
    for name, text in texts.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(place)}
    subprocess.run(["sh", "-eu", "-c", script], cwd=place, env=env, check=True, timeout=60)
    return place / "made"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Secrets without TLS."""
    return run_page(tmp_path_factory.mktemp("plain"), tls=False)


@pytest.fixture(scope="module")
def made_with_tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Secrets with TLS."""
    return run_page(tmp_path_factory.mktemp("tls"), tls=True)


@pytest.mark.parametrize(("case", "fixture"), [("in-the-clear", "made"), ("minimal", "made_with_tls")])
def test_the_secrets_have_the_keys_that_pods_mount(
    rendered_of: Callable[[str], Rendered], request: pytest.FixtureRequest, case: str, fixture: str
) -> None:
    made: Path = request.getfixturevalue(fixture)
    mounted: dict[str, set[str]] = {}
    for pod in pods_of(rendered_of(case)):
        for name, key in pod.secrets:
            mounted.setdefault(name, set()).add(key)

    assert {each.name: {file.name for file in each.iterdir()} for each in made.iterdir()} == mounted


def test_keys_that_services_sign_with_are_made_as_pods_mount_them_and_the_context_checks_by_them(
    chart: Chart, minimal: Values, tmp_path: Path
) -> None:
    (script,) = [each for each in _blocks() if "requesters keys" in each]

    made = run_script(tmp_path, script) / "exconn-signing"

    pods = pods_of(chart.render(changed(minimal, signing__existingSecret="exconn-signing")))
    mounted = {key for pod in pods for name, key in pod.secrets if name == "exconn-signing"}
    assert {file.name for file in made.iterdir()} == mounted
    context = tomllib.loads((tmp_path / ".exconn" / "context.toml").read_text())
    assert context["intake_public_key"] == (made / "intake.pub").read_text().strip()
    assert load_signing_key(tmp_path / "keys" / "monitor.pem").public_text == context["audit_public_key"]


def test_urls_with_tls_name_the_files_that_pods_mount(made_with_tls: Path) -> None:
    for server in ("ledger", "broker"):
        url = (made_with_tls / f"exconn-{server}" / "intake-url").read_text()
        assert url.startswith("rediss://intake:")
        assert f"@exconn-{server}:6379/0?" in url
        folder = f"/etc/exconn/servers/{server}"
        assert f"ssl_ca_certs={folder}/ca.crt&ssl_certfile={folder}/tls.crt&ssl_keyfile={folder}/tls.key\n" in url
        assert check_redis_url(RedisUrl(url.strip()))


def test_the_urls_lead_to_the_services_of_the_chart(made: Path, chart: Chart, minimal: Values) -> None:
    rendered = chart.render(minimal, release="exconn")
    services = {one["metadata"]["name"] for one in rendered.of("Service")}

    urls = {file: file.read_text() for file in made.glob("*/*-url")}

    assert len(urls) == 13
    for file, url in urls.items():
        found = re.fullmatch(r"redis://(\w+):[\w-]+@([\w-]+):6379/0\n", url)
        assert found
        assert found[1] == file.name.removesuffix("-url")
        assert found[2] == file.parent.name
        assert found[2] in services


def _blocks() -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]
