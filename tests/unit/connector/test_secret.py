"""Secrets come from files, whole and only once."""

from pathlib import Path

import pytest

from exconn.connector import SecretError, read_secret


@pytest.mark.parametrize("raw", [b"s3cret", b"s3cret\n", b"s3cret\r\n"])
def test_the_line_end_is_no_part_of_the_secret(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(raw)

    secret = read_secret(file)

    assert secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(secret)


@pytest.mark.parametrize("raw", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_holds_no_single_line_is_refused_without_showing_it(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(raw)

    with pytest.raises(SecretError) as caught:
        read_secret(file)

    assert "one" not in str(caught.value).replace("one line", "")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="nowhere"):
        read_secret(tmp_path / "nowhere")
