"""Which context file counts: one in the current folder only when nobody else can have written it."""

import os
from pathlib import Path

import pytest

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.context import find_context


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The context file in the current folder; there is a personal one, too."""
    home = tmp_path / "home"
    for place, url in ((home / ".config" / "exconn", "http://mine"), (tmp_path / "here" / ".exconn", "http://theirs")):
        place.mkdir(parents=True, mode=0o700)
        (place / "context.toml").write_text(f'intake_url = "{url}"\n')
        (place / "context.toml").chmod(0o600)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("EXCONN_CONTEXT", raising=False)
    return Path(".exconn/context.toml")


def refused(named: str | None = None) -> str:
    with pytest.raises(CommandError) as caught:
        find_context(named)
    assert caught.value.code == ExitCode.REFUSED
    assert "--context .exconn/context.toml or in EXCONN_CONTEXT" in caught.value.remedy
    return caught.value.text


def test_my_own_file_in_the_current_folder_counts(local: Path) -> None:
    assert find_context(None).intake_url == "http://theirs"


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_file_that_others_may_write_is_refused(local: Path, mode: int) -> None:
    local.chmod(mode)

    assert "context.toml may be written by others" in refused()


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770])
def test_file_in_a_folder_that_others_may_write_is_refused(local: Path, mode: int) -> None:
    local.parent.chmod(mode)

    assert ".exconn may be written by others" in refused()


def test_file_of_somebody_else_is_refused(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)

    assert "belongs to another user" in refused()


def test_link_to_a_file_elsewhere_is_refused(local: Path, tmp_path: Path) -> None:
    local.rename(tmp_path / "elsewhere.toml")
    local.symlink_to(tmp_path / "elsewhere.toml")

    assert "is a link" in refused()


def test_file_that_was_named_counts_whoever_may_write_it(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local.chmod(0o666)

    assert find_context(str(local)).intake_url == "http://theirs"
    monkeypatch.setenv("EXCONN_CONTEXT", str(local))
    assert find_context(None).intake_url == "http://theirs"
