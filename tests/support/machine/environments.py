"""Environments of their own for programs that must not share ours: made at test time from a hashed lock."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.machine.skip_or_fail import require

_MADE_WITHIN_SECONDS = 110


def locked_environment(directory: Path, lock: Path, *, python: str = sys.executable) -> Path:
    """The Python of a new environment with exactly what the lock names. A missing part without a package index."""
    place = directory / "venv"
    inside = place / "bin" / "python"
    uv = shutil.which("uv")
    if uv is None:
        subprocess.run([python, "-m", "venv", str(place)], check=True, timeout=60)
        install = [str(inside), "-m", "pip", "install", "--disable-pip-version-check"]
    else:
        subprocess.run([uv, "venv", "--quiet", "--python", python, str(place)], check=True, timeout=60)
        install = [uv, "pip", "install", "--python", str(inside)]
    options = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    ended = subprocess.run(
        [*install, *options], capture_output=True, text=True, timeout=_MADE_WITHIN_SECONDS, check=False
    )
    last = ended.stderr.strip().splitlines()[-1:] or ["no reason given"]
    require(ended.returncode == 0, f"environment of {lock.name}", f"let pip reach a package index ({last[0]})")
    return inside


def run_in(python: Path, script: Path, *arguments: str, given: str, timeout_seconds: float) -> str:
    """Run a script in such an environment, outside the project; its output. Fails with what it wrote to errors."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    ended = subprocess.run(
        [str(python), "-I", str(script), *arguments],
        input=given,
        capture_output=True,
        text=True,
        env=bare,
        timeout=timeout_seconds,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
