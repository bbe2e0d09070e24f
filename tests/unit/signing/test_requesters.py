"""The registry of requesters: read-only, whole, and in force as soon as it changes."""

from pathlib import Path

import pytest

from exconn.contracts.request import RequestKind
from exconn.signing import RegistryError, RegistryFile, load_registry, new_signing_key, parse_registry
from tests.support.requests.signed import registry_text


def test_requesters_have_only_what_the_file_gives_them() -> None:
    key = new_signing_key()
    text = f'[requesters.desk]\nkeys = ["{key.public_text}"]\nkinds = ["wipe"]\nconnectors = ["north"]\n'

    registry = parse_registry(text + "quota = { per_hour = 2, per_day = 3 }\n")

    desk = registry.requesters["desk"]
    assert desk.may(RequestKind.WIPE)
    assert not desk.may(RequestKind.RELEASE)
    assert (desk.may_reach("north"), desk.may_reach("south")) == (True, False)
    assert desk.quota is not None
    assert desk.quota.per_hour == 2
    assert registry.keys[key.id].requester == "desk"
    assert registry.single_administrator is False


def test_key_of_two_requesters_is_refused() -> None:
    key = new_signing_key()

    with pytest.raises(RegistryError, match="anna's already"):
        parse_registry(registry_text({"anna": key, "bert": key}))


@pytest.mark.parametrize(
    "text",
    [
        "requesters = 1",
        "[requesters.a]\nkeys = []\nkinds = []\nconnectors = []",
        '[requesters.a]\nkeys = ["AAAA"]\nkinds = []\nconnectors = []',
        '[requesters.a]\nkeys = ["?"]\nkinds = []\nconnectors = []',
        '[requesters.a]\nkeys = ["x"]\nkinds = ["wipes"]\nconnectors = []',
        '[requesters."A B"]\nkeys = ["x"]\nkinds = []\nconnectors = []',
        "single_administrator = 'yes'",
        "administrator = true",
        "[requesters",
    ],
)
def test_unusable_registry_is_refused_whole(text: str) -> None:
    with pytest.raises(RegistryError):
        parse_registry(text)


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
