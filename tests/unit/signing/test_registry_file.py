"""The registry's file: read-only, whole, and in force as soon as it changes."""

from pathlib import Path

import pytest

from exconn.signing import RegistryError, RegistryFile, load_registry, new_signing_key
from tests.support.requests.signed import registry_text


def test_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="exconn init"):
        load_registry(tmp_path / "requesters.toml")


def test_revoked_key_stops_counting_without_a_restart(tmp_path: Path) -> None:
    anna, bert = new_signing_key(), new_signing_key()
    path = tmp_path / "requesters.toml"
    path.write_text(registry_text({"anna": anna, "bert": bert}))
    registry = RegistryFile(path)
    assert anna.id in registry.current().keys

    replacement = tmp_path / "new"
    replacement.write_text(registry_text({"bert": bert}))
    replacement.replace(path)

    assert set(registry.current().keys) == {bert.id}


def test_file_that_breaks_admits_nobody(tmp_path: Path) -> None:
    path = tmp_path / "requesters.toml"
    path.write_text(registry_text({"anna": new_signing_key()}))
    registry = RegistryFile(path)
    registry.current()

    path.write_text("[requesters")

    for _ in range(2):
        with pytest.raises(RegistryError):
            registry.current()
