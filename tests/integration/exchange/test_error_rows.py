"""Each row of the error catalog, made by the simulator and met by the production client over HTTP."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exconn.exchange import (
    Ambiguous,
    BlockedByScan,
    BudgetExceeded,
    CmdletMissing,
    Command,
    ExchangeError,
    Forbidden,
    HeaderTooLong,
    HostNameRefused,
    Malformed,
    NoRole,
    NotExchange,
    ObjectNotFound,
    OpeningBudgetExceeded,
    ParameterMissing,
    ProxyFailed,
    RefusedByExchange,
    RefusedWithoutReason,
    RemotePowerShellDisabled,
    Session,
    SessionGone,
    SslRequired,
    TooManySessions,
    Transient,
    TurnedAway,
    Unanswered,
    Unauthorized,
    Unreachable,
    WrongEndpoint,
    micro_delay,
)
from tests.support.exchange.endpoints import endpoint_of, unguarded
from tests.support.exchange.simulator import RunningSimulator, running_simulator

CLEAR = "Clear-MobileDevice"
READ = "Get-MobileDevice"
NOBODY = "11111111-2222-3333-4444-555555555555"


def opening_fails(simulator: RunningSimulator, expected: type[ExchangeError], **settings: Any) -> ExchangeError:
    shells = simulator.counters()["open_shells"]
    with pytest.raises(expected) as caught:
        Session.open(endpoint_of(simulator, **settings))
    assert type(caught.value) is expected
    assert caught.value.failed_site == "Berlin"
    assert str(caught.value).startswith("Failed to open runspace for site Berlin: ")
    assert simulator.counters()["open_shells"] == shells
    return caught.value


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param("refuse", Unreachable, id="unreachable"),
        pytest.param("refuse_connection", Unreachable, id="connection refused"),
        pytest.param("unauthorized", Unauthorized, id="401"),
        pytest.param("access_denied", Unauthorized, id="access denied as a fault"),
        pytest.param("remote_powershell_disabled", RemotePowerShellDisabled, id="answer without a content type"),
        pytest.param("bad_request", TurnedAway, id="400 without a reason"),
        pytest.param("amsi_blocked", TurnedAway, id="400 by a scan, which looks the same while opening"),
        pytest.param("header_too_long", HeaderTooLong, id="400 by a long header"),
        pytest.param("invalid_hostname", HostNameRefused, id="400 by a host name"),
        pytest.param("not_exchange", NotExchange, id="400 by something else than Exchange"),
        pytest.param("client_access_rule", Unauthorized, id="a rule refuses the address"),
        pytest.param("empty_fault", RefusedWithoutReason, id="a fault that says nothing"),
        pytest.param("wrong_endpoint", WrongEndpoint, id="wrong endpoint"),
        pytest.param("too_many_shells", TooManySessions, id="too many shells 2013"),
        pytest.param("too_many_shells_2010", TooManySessions, id="too many shells 2010"),
    ],
)
def test_a_shell_that_is_refused_says_why(
    simulator: RunningSimulator, fault: str, expected: type[ExchangeError]
) -> None:
    simulator.fault(fault)

    error = opening_fails(simulator, expected)

    if isinstance(error, TooManySessions):
        assert error.limit == 18


def test_an_account_without_a_role_is_told_so(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"none": {"username": "nobody", "password": "pw-x1", "role": "none"}}), "utf-8")
    with running_simulator(tmp_path, devices=1, users=users) as simulator:
        endpoint = endpoint_of(simulator, "none", username="nobody", password="pw-x1")
        with pytest.raises(NoRole) as caught:
            Session.open(endpoint)

    assert "nobody" in str(caught.value)


def test_an_address_that_requires_ssl_is_told_from_a_forbidden_account(tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=1, tls=False) as simulator:
        simulator.fault("ssl_required", times=-1)

        with pytest.raises(SslRequired) as caught:
            Session.open(unguarded(simulator, auth="ntlm"))

    assert "https" in str(caught.value)


def test_forbidden_over_https_is_said_so(simulator: RunningSimulator) -> None:
    simulator.fault("ssl_required")

    opening_fails(simulator, Forbidden)


@pytest.mark.parametrize("version", ["2010", "2016"])
def test_one_shell_too_many_names_the_limit_in_the_words_of_each_version(tmp_path: Path, version: str) -> None:
    with running_simulator(tmp_path, devices=1, version=version, shell_limit=1) as simulator:
        with Session.open(endpoint_of(simulator)), pytest.raises(TooManySessions) as caught:
            Session.open(endpoint_of(simulator))
        with Session.open(endpoint_of(simulator)) as session:
            assert session.usable

    assert caught.value.limit == 1
    assert caught.value.retry_after >= timedelta(seconds=30)


def test_a_budget_of_runspaces_that_is_used_up_says_how_long_to_wait(simulator: RunningSimulator) -> None:
    simulator.fault("runspace_budget", seconds=27)

    error = opening_fails(simulator, OpeningBudgetExceeded)

    assert isinstance(error, OpeningBudgetExceeded)
    assert error.retry_after == timedelta(seconds=27)


@dataclass(frozen=True)
class Row:
    """What is ordered, and the errors of a reading and of a changing cmdlet."""

    fault: str
    reading: type[ExchangeError]
    changing: type[ExchangeError]
    fields: dict[str, object] = field(default_factory=dict)
    executed: bool = False


ROWS = [
    Row("throttled", BudgetExceeded, BudgetExceeded, {"seconds": 1.5}),
    Row("shell_gone", SessionGone, SessionGone),
    Row("missing_cmdlet", CmdletMissing, CmdletMissing, {"times": -1}),
    Row("unauthorized", Unauthorized, Unauthorized),
    Row("refuse", Unanswered, Ambiguous),
    Row("refuse_connection", Unanswered, Ambiguous),
    Row("amsi_blocked", BlockedByScan, BlockedByScan),
    Row("bad_request", BlockedByScan, BlockedByScan),
    Row("header_too_long", HeaderTooLong, HeaderTooLong),
    Row("not_exchange", NotExchange, NotExchange),
    Row("receive_refused", BlockedByScan, Ambiguous, executed=True),
    Row("not_found", ObjectNotFound, ObjectNotFound),
    Row("error", RefusedByExchange, RefusedByExchange),
    Row("proxy_failed", ProxyFailed, Ambiguous),
    Row("transient", Transient, Ambiguous),
    Row("malformed", Malformed, Ambiguous, executed=True),
    Row("no_state", Malformed, Ambiguous, executed=True),
    Row("drop_answer", Unanswered, Ambiguous, executed=True),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
@pytest.mark.parametrize("cmdlet", [READ, CLEAR])
def test_a_cmdlet_that_fails_is_classified_and_named(
    simulator: RunningSimulator, victim: str, row: Row, cmdlet: str
) -> None:
    expected = row.changing if cmdlet == CLEAR else row.reading
    with Session.open(endpoint_of(simulator)) as session:
        assert session.dialect == "MobileDevice"
        simulator.fault(row.fault, cmdlet, **row.fields)
        with pytest.raises(expected) as caught:
            session.run(Command(cmdlet, {"Identity": victim}))
        simulator.control("DELETE", "/faults")

    assert type(caught.value) is expected
    assert str(caught.value).startswith(f"Invoking cmdlet {cmdlet} failed: ")
    assert caught.value.failed_cmdlet == cmdlet
    done = [entry for entry in simulator.oracle(CLEAR, guid=victim) if entry["outcome"] == "ok"]
    assert bool(done) is (row.executed and cmdlet == CLEAR)


@pytest.mark.parametrize("cmdlet", [READ, CLEAR])
def test_a_parameter_that_a_role_hides_is_named(tmp_path: Path, cmdlet: str) -> None:
    with running_simulator(tmp_path, devices=2) as simulator:
        simulator.rights("actions", without=[f"{cmdlet} -Identity"])
        with Session.open(endpoint_of(simulator)) as session, pytest.raises(ParameterMissing) as caught:
            session.run(Command(cmdlet, {"Identity": simulator.devices()[0]["guid"]}))

    assert (caught.value.cmdlet, caught.value.parameter) == (cmdlet, "Identity")
    assert str(caught.value).startswith(f"Invoking cmdlet {cmdlet} failed: ")


def test_a_budget_says_for_how_long(simulator: RunningSimulator, session: Session) -> None:
    simulator.fault("throttled", READ, seconds=1.5)

    with pytest.raises(BudgetExceeded) as caught:
        session.run(Command(READ))

    assert caught.value.retry_after == timedelta(seconds=1.5)


def test_an_object_that_is_not_there_names_the_controller_that_was_asked(session: Session) -> None:
    for controller in ("dc1.corp.example", "dc2.corp.example"):
        with pytest.raises(ObjectNotFound) as caught:
            session.run(Command(READ, {"Identity": NOBODY, "DomainController": controller}))

        assert caught.value.domain_controller == controller


def test_a_micro_delay_is_heard_beside_the_answer(simulator: RunningSimulator, session: Session, victim: str) -> None:
    simulator.fault("micro_delay", READ, seconds=0.25)

    answer = session.run(Command(READ, {"Identity": victim}))

    assert len(answer.records) == 1
    assert [delay for warning in answer.warnings if (delay := micro_delay(warning))] == [timedelta(milliseconds=250)]
    assert answer.delayed == timedelta(milliseconds=250)
