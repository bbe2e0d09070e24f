"""At the end of a run each missing part has one line, whichever process found it missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
TESTS = """
import pytest
from tests.support.machine.skip_or_fail import require

@pytest.fixture(scope="session")
def helm():
    require(False, "Helm", "install it")

@pytest.mark.parametrize("number", range(3))
def test_chart(helm, number): pass

def test_page(): require(False, "browser", "buy one")

def test_alone(): pytest.skip("one at a time")

def test_present(): require(True, "air", "breathe")
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run in two processes prints, outside of CI."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "test_parts.py").write_text(TESTS)
    plugins = ("-p", "tests.support.machine.skipped_summary", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rfE", "--numprocesses", "2", *plugins, str(folder)],
        env={**os.environ, "CI": "", "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_missing_part_has_one_line_the_most_wanted_first(output: str) -> None:
    lines = [line for line in output.splitlines() if line.startswith("skipped ")]

    assert lines[0] == "skipped 3 tests: no Helm (install it)"
    assert sorted(lines[1:]) == ["skipped 1 test: no browser (buy one)", "skipped 1 test: one at a time"]


def test_no_other_line_tells_of_it(output: str) -> None:
    assert output.count("no Helm") == 1
    assert "1 passed, 5 skipped" in output
