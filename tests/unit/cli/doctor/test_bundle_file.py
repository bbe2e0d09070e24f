"""The archive of `exconn doctor --bundle` is its owner's alone while it is written, and not only afterwards."""

import os
import zipfile
from pathlib import Path

import pytest

from exconn.cli.doctor import bundle
from exconn.cli.doctor.examined_worker import ExaminedWorker


@pytest.mark.parametrize("there_before", [False, True])
def test_nobody_else_reads_the_archive_from_its_first_byte_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there_before: bool
) -> None:
    file = tmp_path / "bundle.zip"
    if there_before:
        file.write_text("of an earlier look, " * 1000)
        file.chmod(0o644)
    modes: list[int] = []

    def seen(*_: object) -> None:
        modes.append(file.stat().st_mode & 0o777)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", seen)
    before = os.umask(0o022)
    try:
        list(bundle.bundle(ExaminedWorker(), file, []))
    finally:
        os.umask(before)

    assert set(modes) == {0o600}
