"""Waiting for a person at a key is bounded, and what the program says last is what is told."""

from pathlib import Path

import pytest

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.ssh_keygen import PROGRAM, ssh_signature
from tests.support.requests.ssh_signatures import SshKey

KEY = SshKey().public


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A stand-in for OpenSSH's program, first on the search path."""
    path = folder / PROGRAM
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "id"


def test_key_that_nobody_touches_is_not_waited_for_any_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, monkeypatch, "exec sleep 60")

    with pytest.raises(CommandError, match="nobody touched the key") as caught:
        ssh_signature(path, KEY, b"message", longest=0.2)

    assert caught.value.code == ExitCode.REFUSED
    assert "touch the key" in caught.value.remedy


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo first >&2; echo 'device not found' >&2; exit 255", "device not found"),
        ("printf 'bad \\033[31mred' >&2; exit 1", r"bad \[31mred"),
        ("exit 130", "was cancelled"),
        ("echo no signature", "made no signature"),
    ],
)
def test_what_went_wrong_is_said_in_one_line(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path, monkeypatch, script)

    with pytest.raises(CommandError, match=said):
        ssh_signature(path, KEY, b"message")
