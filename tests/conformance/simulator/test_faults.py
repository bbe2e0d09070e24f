"""Faults on order: what a client sees, and what the oracle knows."""

import json
import time
from datetime import timedelta
from xml.etree.ElementTree import ParseError

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError
from requests import ConnectionError as NoConnection

from tests.conformance.simulator.sessions import PypsrpSession, Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator
from tests.support.machine.processes import wait_until

CLEAR = "Clear-MobileDevice"
#: Answered with one object and no error, in every estate.
SETTINGS = "Get-ActiveSyncOrganizationSettings"


@pytest.fixture
def guid(simulator: RunningSimulator) -> str:
    """A phone of the servers' domain."""
    found = next(device["guid"] for device in simulator.devices() if device["domain"] == "corp.example")
    assert isinstance(found, str)
    return found


def clear(session: PypsrpSession, guid: str) -> object:
    return session.run(CLEAR, Identity=guid, Confirm=False)


def executed(simulator: RunningSimulator) -> list[tuple[str, bool]]:
    return [(e["outcome"], e["answered"]) for e in simulator.oracle("Clear-*")]


def test_dropped_answer_has_been_executed_once(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("drop_answer", CLEAR)

    with pytest.raises(NoConnection):
        clear(session, guid)

    assert executed(simulator) == [("ok", False)]
    assert simulator.device(guid)["wipe"]["requested"] is not None


def test_fault_for_one_family_strikes_the_other_names_too(
    sessions: Sessions, simulator: RunningSimulator, guid: str
) -> None:
    session = sessions.open()
    simulator.fault("drop_answer", "Clear-ActiveSyncDevice")
    with pytest.raises(NoConnection):
        clear(session, guid)


def test_refused_command_has_not_been_executed(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("refuse", CLEAR)
    with pytest.raises(WinRMTransportError) as refused:
        clear(session, guid)
    assert refused.value.code == 503
    assert executed(simulator) == []
    assert simulator.counters()["open_commands"] == 0


def test_refused_connection_has_not_been_executed(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("refuse_connection", CLEAR)
    with pytest.raises(NoConnection):
        clear(session, guid)
    assert executed(simulator) == []


def test_unauthorized_strikes_as_often_as_ordered(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    simulator.fault("unauthorized", times=2)
    for _ in range(2):
        with pytest.raises(AuthenticationError):
            session.run("Get-ActiveSyncOrganizationSettings")
    assert session.run("Get-ActiveSyncOrganizationSettings").errors == []


def test_nobody_connects_while_connections_are_refused(sessions: Sessions, simulator: RunningSimulator) -> None:
    fault = simulator.fault("refuse_connection", times=-1)
    with pytest.raises(NoConnection):
        sessions.open()
    simulator.control("DELETE", f"/faults/{fault}")
    sessions.open()


def test_shell_that_is_gone_has_executed_nothing(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("shell_gone", CLEAR)
    with pytest.raises(WSManFaultError) as gone:
        clear(session, guid)
    assert gone.value.code == 2150858843
    assert executed(simulator) == []
    assert simulator.counters()["open_shells"] == 0


def test_slow_answer_is_executed_before_the_wait(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("slow_answer", CLEAR, seconds=1.0)
    pipeline = session.prepare(CLEAR, Identity=guid, Confirm=False)
    begin = time.monotonic()
    pipeline.begin_invoke()
    pipeline.poll_invoke(timeout=5)
    assert time.monotonic() - begin >= 1.0
    (entry,) = simulator.oracle("Clear-*")
    assert entry["outcome"] == "ok"


def test_error_on_order_stands_in_for_the_cmdlet(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("error", CLEAR)
    outcome = session.run(CLEAR, Identity=guid, Confirm=False)
    assert (outcome.state, len(outcome.errors)) == (PSInvocationState.COMPLETED, 1)
    assert executed(simulator) == [("error", True)]
    assert simulator.device(guid)["wipe"]["requested"] is None


def test_malformed_answer_can_not_be_parsed(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("malformed", CLEAR)
    with pytest.raises(ParseError):
        clear(session, guid)
    assert executed(simulator) == [("ok", False)]


def test_missing_cmdlet_is_hidden_until_the_order_is_cancelled(
    sessions: Sessions, simulator: RunningSimulator, guid: str
) -> None:
    session = sessions.open()
    simulator.fault("missing_cmdlet", CLEAR)
    for _ in range(2):
        assert session.run(CLEAR, Identity=guid, Confirm=False).state == PSInvocationState.FAILED
        assert session.run("Get-Command", Name="Clear-*").output == []
    simulator.control("DELETE", "/faults")
    assert session.run(CLEAR, Identity=guid, Confirm=False).errors == []


def test_fault_may_let_some_pass_first(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    simulator.fault("error", SETTINGS, after=2)
    assert [len(session.run(SETTINGS).errors) for _ in range(4)] == [0, 0, 1, 0]


def test_done_may_come_without_the_state_of_the_pipeline(
    sessions: Sessions, simulator: RunningSimulator, guid: str
) -> None:
    session = sessions.open()
    simulator.fault("no_state", CLEAR)
    with pytest.raises(WSManFaultError) as gone:
        clear(session, guid)
    assert gone.value.code == 2150858843
    assert executed(simulator) == [("ok", False)]


def test_lost_call_runs_after_its_shell_was_ended(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("lost_call", CLEAR, seconds=0.8)
    with pytest.raises(NoConnection):
        clear(session, guid)
    session.pool.close()
    assert executed(simulator) == []
    assert simulator.device(guid)["wipe"]["requested"] is None

    wait_until(lambda: executed(simulator) == [("ok", False)], timedelta(seconds=5), "the lost call")

    assert simulator.device(guid)["wipe"]["requested"] is not None


def test_object_may_be_missing_on_one_domain_controller(
    sessions: Sessions, simulator: RunningSimulator, guid: str
) -> None:
    session = sessions.open()
    simulator.fault("not_found", "Get-MobileDevice")
    (error,) = session.run("Get-MobileDevice", Identity=guid).errors
    assert f"object '{guid}' couldn't be found" in str(error)
    again = session.run("Get-MobileDevice", Identity=guid, DomainController="dc2.corp.example")
    assert len(again.output) == 1


def test_throttled_command_says_how_long_to_wait(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    session = sessions.open()
    simulator.fault("throttled", CLEAR, seconds=1.5)
    with pytest.raises(WSManFaultError, match="for at least 1500 milliseconds"):
        clear(session, guid)
    assert executed(simulator) == []


def test_stopped_cmdlet_is_known_as_stopped(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    simulator.fault("slow_answer", "Get-MobileDevice", seconds=30)
    simulator.control("POST", "/reset", {"devices": 100_000, "seed": 1})
    pipeline = session.prepare("Get-MobileDevice", ResultSize="Unlimited")
    pipeline.begin_invoke()
    pipeline.poll_invoke()
    pipeline.stop()
    wait_until(lambda: simulator.oracle("Get-MobileDevice"), timedelta(seconds=5), "the end of the cmdlet")
    assert simulator.oracle("Get-MobileDevice")[0]["outcome"] == "stopped"


@pytest.mark.parametrize(
    "order", [{"kind": "nonsense"}, {"kind": "slow", "often": 3}, {}, {"kind": "slow", "seconds": "long"}]
)
def test_order_that_can_not_be_read_is_refused(simulator: RunningSimulator, order: dict[str, object]) -> None:
    with pytest.raises(ControlRefused) as refused:
        simulator.control("POST", "/faults", order)
    assert refused.value.status == 400
    assert "kinds:" in refused.value.answer["remedy"]


def test_oracle_file_keeps_what_was_executed(sessions: Sessions, simulator: RunningSimulator, guid: str) -> None:
    clear(sessions.open(), guid)
    lines = (simulator.state_dir / "oracle.jsonl").read_text("utf-8").splitlines()
    last = json.loads(lines[-1])
    (entry,) = simulator.oracle("Clear-*")
    assert last == entry
