"""The commands on the page on Kubernetes make the Secrets that the chart mounts."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chart.chart import ROOT, Chart, Rendered, Values
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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each Secret that the page makes, with a file for each key."""
    place = tmp_path_factory.mktemp("checkout")
    (place / "deploy").symlink_to(ROOT / "deploy")
    (place / "requesters.toml").write_text("[requesters]\n")
    programs = place / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    (programs / "kubectl").write_text(KUBECTL)
    (programs / "kubectl").chmod(0o755)
    (script,) = [each for each in _blocks() if "deploy/access.py" in each]
    path = f"{programs}:{os.environ['PATH']}"
    subprocess.run(["sh", "-eu", "-c", script], cwd=place, env={"PATH": path}, check=True, timeout=60)
    return place / "made"


def test_the_secrets_have_the_keys_that_pods_mount(made: Path, rendered_of: Callable[[str], Rendered]) -> None:
    mounted: dict[str, set[str]] = {}
    for pod in pods_of(rendered_of("minimal")):
        for name, key in pod.secrets:
            mounted.setdefault(name, set()).add(key)

    assert {each.name: {file.name for file in each.iterdir()} for each in made.iterdir()} == mounted


def test_the_urls_lead_to_the_services_of_the_chart(made: Path, chart: Chart, minimal: Values) -> None:
    rendered = chart.render(minimal, release="exconn")
    services = {one["metadata"]["name"] for one in rendered.of("Service")}

    urls = {file: file.read_text() for file in made.glob("*/*-url")}

    assert len(urls) == 12
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
