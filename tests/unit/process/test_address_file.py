"""Where a service listens is told whole, and only while it is true."""

import json
import os
from pathlib import Path

import pytest

from exconn.process.address_file import AnnounceError, announced, announced_url

URL = "http://127.0.0.1:8781"


def test_address_is_told_while_the_service_listens(tmp_path: Path) -> None:
    state_dir = tmp_path / "made"

    with announced(state_dir, "intake", URL):
        assert announced_url(state_dir, "intake") == URL
        assert json.loads((state_dir / "intake.json").read_text()) == {"url": URL, "pid": os.getpid()}
        assert [path.name for path in state_dir.iterdir()] == ["intake.json"]

    assert announced_url(state_dir, "intake") == ""
    assert list(state_dir.iterdir()) == []


def test_what_another_process_announced_meanwhile_stays(tmp_path: Path) -> None:
    other = json.dumps({"url": "http://127.0.0.1:9", "pid": os.getpid() + 1})

    with announced(tmp_path, "intake", URL):
        (tmp_path / "intake.json").write_text(other)

    assert (tmp_path / "intake.json").read_text() == other


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "{}"])
def test_file_that_says_nothing_is_no_address(tmp_path: Path, text: str) -> None:
    (tmp_path / "intake.json").write_text(text)

    assert announced_url(tmp_path, "intake") == ""


def test_folder_that_cannot_be_written_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(AnnounceError, match="EXCONN_STATE_DIR"), announced(tmp_path / "file", "intake", URL):
        pass
