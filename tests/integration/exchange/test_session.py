"""What a session reads and changes, as the simulator's own log and organization see it."""

import logging
import multiprocessing
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from pydantic import SecretStr

from exconn.exchange import (
    CmdletMissing,
    Command,
    Credential,
    Gaps,
    HeaderTooLong,
    InvalidCommand,
    Lack,
    ObjectNotFound,
    Requirement,
    Session,
    SessionGone,
    SessionMisuse,
    Unreachable,
    end_session,
    report,
)
from tests.support.exchange.endpoints import endpoint_of
from tests.support.exchange.lists import devices_of
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.processes import wait_until

NOBODY = "11111111-2222-3333-4444-555555555555"


def test_every_device_is_listed_as_the_organization_has_it(simulator: RunningSimulator, session: Session) -> None:
    expected = {device["guid"]: device for device in simulator.partnerships()}

    found = {device.guid: device for device in devices_of(session)}

    assert found.keys() == expected.keys()
    for guid, device in found.items():
        assert device.device_id == (expected[guid]["device_id"] if expected[guid]["directory_shows_id"] else "")
        assert device.owner_dn in device.distinguished_name
        assert device.owner_name
        assert device.created is not None
        assert device.created.tzinfo is UTC


def test_one_device_is_read_by_its_guid_only(simulator: RunningSimulator, session: Session, victim: str) -> None:
    device = session.device(victim, domain_controller=f"dc1.{simulator.device(victim)['domain']}")

    assert device.guid == victim
    with pytest.raises(ObjectNotFound) as caught:
        session.device(NOBODY)
    assert caught.value.domain_controller
    assert NOBODY in str(caught.value)


def test_statistics_of_a_mailbox_cover_all_its_devices(session: Session) -> None:
    devices = devices_of(session)
    owner = devices[0].owner_dn

    statistics = session.statistics_of_mailbox(owner, Gaps())

    assert {each.guid for each in statistics} == {each.guid for each in devices if each.owner_dn == owner}
    assert all(each.status and each.last_sync for each in statistics)


def test_a_wipe_is_issued_once_and_seen_in_the_statistics(
    simulator: RunningSimulator, session: Session, victim: str
) -> None:
    before = session.statistics_of_device(victim)

    session.clear_device(victim, notify=("soc@corp.example",))

    after = session.statistics_of_device(victim)
    assert before.wipe.requested is None
    assert after.wipe.requested is not None
    assert abs(after.wipe.requested - datetime.now(UTC)) < timedelta(minutes=1)
    assert after.wipe.requestor == simulator.username("actions")
    (entry,) = simulator.oracle("Clear-*", guid=victim)
    assert entry["parameters"]["Confirm"] is False
    assert entry["shell_id"].lower() == session.session_id.lower()


def test_an_acknowledged_wipe_is_seen(simulator: RunningSimulator, session: Session, victim: str) -> None:
    session.clear_device(victim)

    def acknowledged() -> bool:
        simulator.phone(victim, "sync")
        return bool(simulator.device(victim)["wipe"]["acknowledged"])

    wait_until(acknowledged, timedelta(seconds=20), "the acknowledgement", logs=[simulator.log])
    wipe = session.statistics_of_device(victim).wipe

    assert wipe.requested is not None
    assert wipe.sent is not None
    assert wipe.acknowledged is not None
    assert wipe.requested <= wipe.sent <= wipe.acknowledged


def test_a_pending_wipe_is_cancelled(simulator: RunningSimulator, session: Session, victim: str) -> None:
    simulator.phone(victim, "offline")
    session.clear_device(victim)

    session.clear_device(victim, cancel=True)

    assert session.statistics_of_device(victim).wipe.requested is None


def test_a_partnership_is_removed(simulator: RunningSimulator, session: Session, victim: str) -> None:
    session.remove_device(victim)

    with pytest.raises(ObjectNotFound):
        session.device(victim)


def test_a_wipe_of_nobody_is_not_found(session: Session) -> None:
    with pytest.raises(ObjectNotFound):
        session.clear_device(NOBODY)


@pytest.mark.parametrize("identity", ["", " ", "*", "iPhone*"])
def test_an_unclear_identity_never_leaves(simulator: RunningSimulator, session: Session, identity: str) -> None:
    assert session.dialect == "MobileDevice"
    requests = simulator.counters()["requests"]

    with pytest.raises(InvalidCommand):
        session.clear_device(identity)

    assert simulator.counters()["requests"] == requests


def test_the_first_cmdlet_on_premises_shows_the_entire_forest(simulator: RunningSimulator) -> None:
    with Session.open(endpoint_of(simulator)) as session:
        entries = [e for e in simulator.oracle() if e["shell_id"].lower() == session.session_id.lower()]

    assert entries[0]["cmdlet"] == "Set-ADServerSettings"
    assert entries[0]["parameters"] == {"ViewEntireForest": True}


def test_a_hosted_exchange_is_never_asked_for_its_forest(simulator: RunningSimulator) -> None:
    with Session.open(endpoint_of(simulator, hosted=True)) as session:
        session.devices().__next__()
        entries = [e for e in simulator.oracle() if e["shell_id"].lower() == session.session_id.lower()]

        assert "Set-ADServerSettings" not in {entry["cmdlet"] for entry in entries}
        with pytest.raises(SessionMisuse):
            session.servers()


def test_nothing_stays_behind_on_the_server(simulator: RunningSimulator, victim: str) -> None:
    before = simulator.counters()

    with Session.open(endpoint_of(simulator)) as session:
        devices_of(session)
        next(iter(session.devices()))
        with pytest.raises(ObjectNotFound):
            session.device(NOBODY)
        during = simulator.counters()

    after = simulator.counters()
    assert during["open_shells"] == before["open_shells"] + 1
    assert during["open_commands"] == before["open_commands"]
    assert after["open_shells"] == before["open_shells"]


def test_a_list_that_is_not_read_to_its_end_leaves_the_session_usable(session: Session, victim: str) -> None:
    devices = session.devices()
    next(devices)
    with pytest.raises(SessionMisuse):
        session.device(victim)

    cast("Generator[object]", devices).close()

    assert session.device(victim).guid == victim


def test_a_missing_role_is_named_when_the_session_is_opened(simulator: RunningSimulator) -> None:
    with pytest.raises(CmdletMissing) as caught:
        Session.open(endpoint_of(simulator, "discovery"), commands_needed=["Clear-ActiveSyncDevice"])

    assert caught.value.cmdlet == "Clear-ActiveSyncDevice"
    assert simulator.username("discovery") not in {entry["account"] for entry in simulator.oracle("Clear-*")}


def test_preflight_looks_and_touches_nothing(simulator: RunningSimulator) -> None:
    with Session.open(endpoint_of(simulator, "discovery")) as session:
        started = len(simulator.oracle())
        discovery = report(session, ["discovery"])
        actions = report(session, ["actions"])
        executed = {entry["cmdlet"] for entry in simulator.oracle()[started:]}

    assert discovery.passed
    assert "Clear-ActiveSyncDevice" in {each.requirement.cmdlet for each in actions.missing}
    assert all(each.role in each.remedy for each in actions.missing)
    assert executed <= {"Get-Command"}


def test_preflight_sees_single_parameters(simulator: RunningSimulator, session: Session) -> None:
    present = Requirement("Clear-ActiveSyncDevice", ("Cancel",))
    invented = Requirement("Clear-ActiveSyncDevice", ("Everything",))

    assert session.lacks([present, invented]) == {invented: Lack("Clear-MobileDevice", ("Everything",))}


def test_another_thread_may_not_use_a_session(session: Session, victim: str) -> None:
    caught: list[Exception] = []

    def use() -> None:
        try:
            session.device(victim)
        except SessionMisuse as exc:
            caught.append(exc)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join(10)

    assert len(caught) == 1


def _use_in_child(session: Session, answers: "multiprocessing.Queue[str]") -> None:
    try:
        session.organization_settings()
    except SessionMisuse as exc:
        answers.put(str(exc))
    session.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_may_neither_use_nor_end_a_session(session: Session, victim: str) -> None:
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[str] = context.Queue()
    child = context.Process(target=_use_in_child, args=(session, answers))
    child.start()

    answer = answers.get(timeout=20)
    child.join(20)

    assert "fork" in answer
    assert session.device(victim).guid == victim


def test_a_shell_that_a_dead_process_left_behind_is_ended(simulator: RunningSimulator, session: Session) -> None:
    end_session(endpoint_of(simulator), session.session_id)

    with pytest.raises(SessionGone):
        session.run(Command("Get-ActiveSyncOrganizationSettings"))
    end_session(endpoint_of(simulator), session.session_id)


@pytest.mark.parametrize("fault", ["bad_request", "header_too_long"])
def test_a_shell_whose_end_is_not_handled_may_still_be_running_something(
    simulator: RunningSimulator, session: Session, fault: str
) -> None:
    simulator.fault(fault, times=-1)

    with pytest.raises(Unreachable, match="was not ended"):
        end_session(endpoint_of(simulator), session.session_id)

    simulator.control("DELETE", "/faults")
    assert session.is_alive()


def test_a_session_whose_request_was_not_handled_still_deletes_its_shell(
    simulator: RunningSimulator, victim: str
) -> None:
    before = simulator.counters()["open_shells"]
    with Session.open(endpoint_of(simulator)) as opened:
        simulator.fault("header_too_long", "Get-CASMailbox")
        with pytest.raises(HeaderTooLong):
            opened.mailbox_owner(victim)

    assert simulator.counters()["open_shells"] == before


def test_an_exchange_2010_is_spoken_to_with_the_older_names(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_simulator(tmp_path_factory.mktemp("older"), devices=10, version="2010") as simulator:
        with Session.open(endpoint_of(simulator)) as session:
            device = devices_of(session)[0]
            session.clear_device(device.distinguished_name)
            wipe = session.statistics_of_device(device.distinguished_name).wipe
            with pytest.raises(InvalidCommand):
                session.clear_device(device.distinguished_name, account_only=True)

        assert session.dialect == "ActiveSync"
        assert wipe.requested is not None
        (entry,) = simulator.oracle("Clear-*")
        assert entry["cmdlet"] == "Clear-ActiveSyncDevice"
        assert entry["identity_guid"] == device.guid


def test_a_credential_travels_encrypted_and_is_shown_nowhere(simulator: RunningSimulator, session: Session) -> None:
    mailbox = simulator.devices()[0]["user"]
    secret = "a-pass§word-of-another-forest"

    command = Command(
        "Get-Mailbox", {"Identity": mailbox, "Credential": Credential("OTHER\\reader", SecretStr(secret))}
    )
    found = session.run(command).records

    assert len(found) == 1
    assert secret not in f"{command} {command.parameters}"
    log = "".join(path.read_text("utf-8", "replace") for path in simulator.state_dir.glob("*.jsonl"))
    assert "Get-Mailbox" in log
    assert secret not in log


def test_no_log_line_shows_a_password_or_a_person(
    simulator: RunningSimulator, victim: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with Session.open(endpoint_of(simulator)) as session:
        device = session.device(victim)
        session.statistics_of_mailbox(device.owner_dn)

    assert simulator.password("actions") not in caplog.text
    assert device.device_id not in caplog.text
    assert device.owner_name not in caplog.text
