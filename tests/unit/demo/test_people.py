"""The demo's two people: who they are in the registry, what each signs with, and what their context files say."""

import tomllib
from pathlib import Path

import pytest

from exconn.cli.context import read_context
from exconn.contracts.request import RequestKind
from exconn.demo.people import make_people, write_contexts
from exconn.demo.place import DemoPlace, Ports, make_service_keys
from exconn.signing import load_registry
from exconn.signing.ssh_files import ssh_key_in


@pytest.fixture
def place(tmp_path: Path) -> DemoPlace:
    place = DemoPlace(folder=tmp_path / "demo", ports=Ports(monitor=1, intake=2, flower=3))
    place.folder.mkdir()
    make_service_keys(place)
    return place


@pytest.mark.usefixtures("openssh")
def test_one_asks_for_everything_and_the_other_one_only_consents_with_an_ssh_key(place: DemoPlace) -> None:
    people = make_people(place)

    registry = load_registry(place.requesters)
    assert not registry.single_administrator
    assert RequestKind.WIPE in registry.requesters["operator"].allowed
    assert RequestKind.RELEASE in registry.requesters["approver"].allowed
    assert RequestKind.WIPE not in registry.requesters["approver"].allowed
    key = ssh_key_in(people.key_files["approver"])
    assert key is not None
    assert registry.keys[key.id].requester == "approver"
    assert people.key_files["approver"].stat().st_mode & 0o077 == 0


def test_without_openssh_the_second_person_has_a_key_of_our_own(
    place: DemoPlace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    people = make_people(place)

    assert people.key_files["approver"].name == "approver.pem"
    assert len(load_registry(place.requesters).keys) == 2
    assert "no ssh-keygen here" in capsys.readouterr().err


def test_each_has_a_context_file_that_the_command_line_takes(place: DemoPlace) -> None:
    people = make_people(place)

    operator, approver = (read_context(path) for path in write_contexts(place, people, "http://127.0.0.1:4"))

    assert (operator.path.name, approver.path.name) == ("context.toml", "approver.toml")
    assert (operator.requester, approver.requester) == ("operator", "approver")
    assert approver.key_path == people.key_files["approver"].absolute()
    assert operator.intake_public_key == place.intake_public_key_file.read_text().strip()
    assert operator.actions_public_key == (place.folder / "actions.pub").read_text().strip()
    assert operator.audit_public_key == place.audit_public_key_file.read_text().strip()
    assert operator.anchor_path == place.audit_anchor_file.absolute()
    assert all(one.path.stat().st_mode & 0o077 == 0 for one in (operator, approver))
    fields = tomllib.loads(operator.path.read_text())
    assert fields.keys() == tomllib.loads(approver.path.read_text()).keys()
