"""Which names travel is decided by what the account's roles show, not by the version; lists are edited in both."""

import json
from pathlib import Path

import pytest

from exconn.exchange import Command, ListChange, Session
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.lists import devices_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator

NEWER = ["Get-MobileDevice", "Get-MobileDeviceStatistics", "Clear-MobileDevice", "Remove-MobileDevice"]


@pytest.mark.parametrize(
    ("hidden", "family"), [([], "MobileDevice"), (NEWER, "ActiveSyncDevice")], ids=["both shown", "newer names hidden"]
)
def test_a_role_decides_the_family_of_names(tmp_path: Path, hidden: list[str], family: str) -> None:
    with running_simulator(tmp_path, devices=4, version="2019") as simulator:
        if hidden:
            simulator.rights("actions", without=hidden)
        with Session.open(endpoint_of(simulator)) as session:
            device = devices_of(session)[0]
            identity = device.guid if family == "MobileDevice" else device.distinguished_name
            session.clear_device(identity)

    assert session.dialect == ("MobileDevice" if family == "MobileDevice" else "ActiveSync")
    executed = [entry["cmdlet"] for entry in simulator_log(simulator)]
    assert executed == ["Set-ADServerSettings", f"Get-{family}", f"Clear-{family}"]


def simulator_log(simulator: RunningSimulator) -> list[dict[str, str]]:
    """What the simulator wrote down, also after it was stopped."""
    lines = (simulator.state_dir / "oracle.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_list_is_overwritten_edited_and_cleared(simulator: RunningSimulator, session: Session) -> None:
    mailbox = simulator.devices()[0]["user"]

    def allowed(change: object) -> list[str]:
        session.run(Command("Set-CASMailbox", {"Identity": mailbox, "ActiveSyncAllowedDeviceIDs": change}))
        (shown,) = session.run(Command("Get-CASMailbox", {"Identity": mailbox})).records
        return list(shown["ActiveSyncAllowedDeviceIDs"] or [])

    assert allowed(["A1", "B2"]) == ["A1", "B2"]
    assert allowed(ListChange(add=("C3",), remove=("a1",))) == ["B2", "C3"]
    assert allowed(ListChange(add=("C3",))) == ["B2", "C3"]
    assert allowed(None) == []


def test_both_personal_lists_of_a_mailbox_are_edited_in_one_call(simulator: RunningSimulator, session: Session) -> None:
    device = devices_of(session)[0]
    mailbox = session.mailbox_owner(device.owner_dn).guid
    controller = f"dc1.{simulator.device(device.guid)['domain']}"
    session.change_personal_lists(mailbox, allowed=ListChange(add=("A1", "B2")), domain_controller=controller)

    change = {"allowed": ListChange(remove=("a1",)), "blocked": ListChange(add=("A1",))}
    session.change_personal_lists(mailbox, **change, domain_controller=controller)

    found = session.mailbox_owner(mailbox, domain_controller=controller)
    assert (found.allowed_ids, found.blocked_ids) == (("B2",), ("A1",))
    assert [entry["sent"]["DomainController"] for entry in simulator.oracle("Set-CASMailbox")[-2:]] == [controller] * 2
