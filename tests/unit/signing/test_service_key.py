"""Keys of services: made once, private to their service, checked when read."""

import os
from pathlib import Path

import pytest

from exconn.signing import KeyFileError, load_service_key, load_service_public_key, make_service_key


def test_what_is_signed_with_the_private_half_is_verified_with_the_public_one(tmp_path: Path) -> None:
    make_service_key(tmp_path / "intake.pem", tmp_path / "a" / "intake.pub", tmp_path / "b" / "intake.pub")
    key = load_service_key(tmp_path / "intake.pem")
    assert key is not None
    signature = key.private.sign(b"what intake adds")
    for folder in ("a", "b"):
        public = load_service_public_key(tmp_path / folder / "intake.pub")
        assert public is not None
        public.verify(signature, b"what intake adds")


def test_a_key_that_is_there_is_kept_and_its_public_half_is_written_again(tmp_path: Path) -> None:
    private, public = tmp_path / "intake.pem", tmp_path / "intake.pub"
    make_service_key(private, public)
    before = public.read_text()
    public.unlink()
    make_service_key(private, public)
    assert public.read_text() == before


def test_without_a_file_there_is_no_key() -> None:
    assert load_service_key(None) is None
    assert load_service_public_key(None) is None


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660])
def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    private = tmp_path / "intake.pem"
    make_service_key(private)
    assert private.stat().st_mode & 0o777 == 0o600
    private.chmod(mode)
    with pytest.raises(KeyFileError, match="others may read it"):
        load_service_key(private)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(("mode", "good"), [(0o440, True), (0o444, False), (0o460, False)])
def test_a_private_key_that_was_mounted_for_a_group_may_be_read_by_that_group(
    tmp_path: Path, mode: int, good: bool
) -> None:
    private = tmp_path / "intake.pem"
    make_service_key(private)
    private.chmod(mode)
    os.chown(private, 4711, -1)
    if good:
        assert load_service_key(private) is not None
    else:
        with pytest.raises(KeyFileError):
            load_service_key(private)


@pytest.mark.parametrize("text", ["", "not base64!", "QUJD", "A" * 2000, "\xff"])
def test_a_file_that_is_no_public_key_is_refused_with_its_name_and_a_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "intake.pub"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KeyFileError, match=r"intake\.pub: no Ed25519 public key in base64; make a pair"):
        load_service_public_key(path)


def test_a_missing_public_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="No such file"):
        load_service_public_key(tmp_path / "intake.pub")
