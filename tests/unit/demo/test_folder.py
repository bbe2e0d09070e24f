"""A folder that is named for the demo is a new one: nothing of somebody else's is mixed with it, or removed."""

import subprocess
import sys
from pathlib import Path

import pytest


def demo(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "exconn.demo", *(str(word) for word in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
def test_a_folder_in_which_something_lies_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    ran = demo("--once", "--folder", tmp_path)

    assert ran.returncode == 1
    assert f"{tmp_path} is not empty: name a new folder" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_a_folder_is_named_only_for_a_demo_that_ends(tmp_path: Path) -> None:
    ran = demo("--folder", tmp_path)

    assert ran.returncode == 2
    assert "--folder goes with --once" in ran.stderr
