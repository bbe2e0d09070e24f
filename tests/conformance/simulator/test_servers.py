"""Several servers, what they can suffer, the limits of an account, and domain controllers that learn late."""

import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pypsrp.exceptions import AuthenticationError, WinRMError
from requests import RequestException

from tests.conformance.simulator.sessions import Sessions
from tests.support.exchange.simulator import ControlRefused, RunningSimulator, running_simulator
from tests.support.machine.processes import wait_until

FAILURES = (WinRMError, RequestException)
SOON = timedelta(seconds=15)
SERVERS = [
    {"name": "EX1", "site": "Berlin", "host": "127.0.0.1"},
    {"name": "EX2", "site": "Berlin", "host": "127.0.0.2", "version": "2016"},
    {"name": "EX3", "site": "Paris", "host": "127.0.0.3", "version": "2010", "roles": "mailbox"},
    {"name": "EDGE", "site": "Berlin", "host": "127.0.0.4", "roles": "edge"},
    {"name": "UNSEEN", "site": "Oslo"},
]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    with running_simulator(tmp_path_factory.mktemp("estate"), devices=20, servers=json.dumps(SERVERS)) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def in_order(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test finds every server on, with the limits and the directory of the start."""
    yield
    if "estate" in request.fixturenames:
        simulator: RunningSimulator = request.getfixturevalue("estate")
        for server in simulator.control("GET", "/servers")["servers"]:
            simulator.control("POST", f"/servers/{server['name']}", {"state": "on"})
        simulator.control("DELETE", "/limits")
        simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc1.corp.example"})


def test_every_server_is_shown_with_its_site_version_and_roles(estate: RunningSimulator) -> None:
    with contextlib.ExitStack() as stack:
        records = Sessions(estate, stack).open().run("Get-ExchangeServer").records

    shown = {str(each["Name"]): each for each in records}
    assert list(shown) == ["EX1", "EX2", "EX3", "EDGE", "UNSEEN"]
    assert [str(shown[name]["Fqdn"]) for name in ("EX2", "UNSEEN")] == ["127.0.0.2", "unseen.corp.example"]
    assert "15.1" in str(shown["EX2"]["AdminDisplayVersion"])
    assert (shown["EX3"]["IsClientAccessServer"], shown["EX3"]["IsMailboxServer"]) == (False, True)
    assert (shown["EDGE"]["IsEdgeServer"], shown["EDGE"]["IsMailboxServer"]) == (True, False)


def test_servers_share_the_organization_and_not_their_shells(estate: RunningSimulator) -> None:
    urls = {each["name"]: each["url"] for each in estate.control("GET", "/servers")["servers"]}
    with contextlib.ExitStack() as stack:
        first = Sessions(estate, stack).open(url=urls["EX1"])
        second = Sessions(estate, stack).open(url=urls["EX2"])

        listed = [len(each.run("Get-MobileDevice").records) for each in (first, second)]
        cmdlets = [bool(each.run("Get-Command", Name="Get-MobileDevice").records) for each in (first, second)]

    assert listed == [20, 20]
    assert cmdlets == [True, True]
    assert {entry["server"] for entry in estate.oracle("Get-MobileDevice")} >= {"127.0.0.1", "127.0.0.2"}


@pytest.mark.parametrize("state", ["off", "forbidden", "refusing"])
def test_a_server_in_trouble_opens_no_session_until_it_is_well_again(estate: RunningSimulator, state: str) -> None:
    estate.control("POST", "/servers/EX2", {"state": state})
    url = next(each["url"] for each in estate.control("GET", "/servers")["servers"] if each["name"] == "EX2")

    with contextlib.ExitStack() as stack, pytest.raises(FAILURES):
        Sessions(estate, stack).open(url=url)
    estate.control("POST", "/servers/EX2", {"state": "on"})
    with contextlib.ExitStack() as stack:
        assert Sessions(estate, stack).open(url=url).run("Get-ActiveSyncOrganizationSettings").records


def test_the_end_of_a_server_ends_its_shells_and_no_others(estate: RunningSimulator) -> None:
    urls = {each["name"]: each["url"] for each in estate.control("GET", "/servers")["servers"]}
    with contextlib.ExitStack() as stack:
        Sessions(estate, stack).open(url=urls["EX1"])
        before = estate.counters()["open_shells"]
        with contextlib.suppress(*FAILURES), contextlib.ExitStack() as inner:
            Sessions(estate, inner).open(url=urls["EX2"])
            estate.control("POST", "/servers/EX2", {"state": "off"})
            assert estate.counters()["open_shells"] == before


def test_a_silent_server_takes_the_request_and_answers_nothing(estate: RunningSimulator) -> None:
    estate.control("POST", "/servers/EX3", {"state": "silent"})
    url = next(each["url"] for each in estate.control("GET", "/servers")["servers"] if each["name"] == "EX3")

    with contextlib.ExitStack() as stack, pytest.raises(FAILURES, match=r"(?i)timed out|timeout|aborted"):
        Sessions(estate, stack).open(url=url, operation_timeout=1, read_timeout=2)


def test_an_unknown_server_or_state_is_refused_with_what_may_be_ordered(estate: RunningSimulator) -> None:
    with pytest.raises(ControlRefused, match="one of EX1, EX2"):
        estate.control("POST", "/servers/EX9", {"state": "off"})
    with pytest.raises(ControlRefused, match="one of on, off"):
        estate.control("POST", "/servers/EX1", {"state": "asleep"})


def test_a_used_up_budget_is_refused_with_the_time_to_wait(estate: RunningSimulator) -> None:
    estate.control("POST", "/limits", {"cmdlets": 3, "period_seconds": 30})
    with contextlib.ExitStack() as stack:
        session = Sessions(estate, stack).open()
        for _ in range(3):
            session.run("Get-ActiveSyncOrganizationSettings")

        with pytest.raises(FAILURES, match=r"user load quota of 3 requests per 30 seconds.*for at least \d+ milli"):
            session.run("Get-ActiveSyncOrganizationSettings")


def test_cmdlets_beyond_a_number_are_delayed_with_a_warning(estate: RunningSimulator) -> None:
    estate.control("POST", "/limits", {"delay_after": 1, "delay_milliseconds": 30})
    with contextlib.ExitStack() as stack:
        session = Sessions(estate, stack).open()
        first, second = (session.run("Get-ActiveSyncOrganizationSettings") for _ in range(2))

    assert first.warnings == []
    assert second.warnings == ["Micro delay applied. Actual delayed: 30 msecs, Enforced"]


def test_an_idle_shell_is_gone_after_its_time(estate: RunningSimulator) -> None:
    estate.control("POST", "/limits", {"idle_seconds": 0.5})
    with contextlib.ExitStack() as stack:
        before = estate.counters()["open_shells"]
        Sessions(estate, stack).open()

        wait_until(lambda: estate.counters()["open_shells"] == before, SOON, "the end of the idle shell")


def test_sign_ins_are_counted_by_their_outcome(estate: RunningSimulator) -> None:
    before = estate.counters()["sign_ins"]
    with contextlib.ExitStack() as stack:
        Sessions(estate, stack).open()
        with pytest.raises(AuthenticationError):
            Sessions(estate, stack).open(password="wrong")

    after = estate.counters()["sign_ins"]
    assert after["refused"] > before["refused"]
    assert after["accepted"] > before["accepted"]


def test_a_change_is_known_at_once_where_it_was_made_and_later_elsewhere(estate: RunningSimulator) -> None:
    estate.control("POST", "/directory", {"delay_seconds": 1.5})
    phone = estate.devices(limit=1)[0]
    look = {"Identity": phone["user"]}
    with contextlib.ExitStack() as stack:
        session = Sessions(estate, stack).open("actions")

        def blocked(controller: str) -> bool:
            (mailbox,) = session.run("Get-CASMailbox", DomainController=controller, **look).records
            return "REPLICA" in str(mailbox["ActiveSyncBlockedDeviceIDs"].property_sets)

        session.run(
            "Set-CASMailbox", ActiveSyncBlockedDeviceIDs=["REPLICA"], DomainController="dc2.corp.example", **look
        )

        assert (blocked("dc2.corp.example"), blocked("dc1.corp.example")) == (True, False)
        wait_until(lambda: blocked("dc1.corp.example"), SOON, "the replication")


def test_a_removed_partnership_is_still_shown_by_a_controller_that_does_not_know_it(estate: RunningSimulator) -> None:
    estate.control("POST", "/directory", {"delay_seconds": 1.5, "answering": "dc2.corp.example"})
    guid = estate.devices(limit=5)[4]["guid"]
    with contextlib.ExitStack() as stack:
        session = Sessions(estate, stack).open("actions")
        session.run("Remove-MobileDevice", Identity=guid, Confirm=False, DomainController="dc1.corp.example")

        (shown,) = session.run("Get-MobileDevice", Identity=guid).records
        gone = session.run("Get-MobileDevice", Identity=guid, DomainController="dc1.corp.example")

        assert str(shown["OriginatingServer"]) == "dc2.corp.example"
        assert gone.records == []
        wait_until(
            lambda: not session.run("Get-MobileDevice", Identity=guid).records, SOON, "the replication of the removal"
        )


def test_a_hosted_exchange_has_three_shells_and_no_on_premises_cmdlets_or_parameters(tmp_path: Path) -> None:
    with running_simulator(tmp_path, devices=4, hosted=True) as simulator, contextlib.ExitStack() as stack:
        session = Sessions(simulator, stack).open("actions")

        found = session.run("Get-Command", Name=["Get-ExchangeServer", "Set-ADServerSettings", "Get-MobileDevice"])
        listed = session.run("Get-MobileDevice", ResultSize="Unlimited")
        chosen = session.run("Get-MobileDevice", DomainController="dc1.corp.example")
        for _ in range(2):
            Sessions(simulator, stack).open("actions")
        with pytest.raises(FAILURES, match="maximum number of connections allowed : 3"):
            Sessions(simulator, stack).open("actions")

    assert [str(each) for each in found.output] == ["Get-MobileDevice"]
    assert len(listed.records) == 4
    assert chosen.errors
