"""What the demo says while it plays."""

import pytest

from exconn.demo.progress import tell


def test_progress_shows_names_of_devices_without_obeying_them(capsys: pytest.CaptureFixture[str]) -> None:
    tell("wiping a\x1b[2Jb\x9bc\nd\u202ee")

    assert capsys.readouterr().err == "wiping a\\x1b[2Jb\\x9bc\\nd\\u202ee\n"
