"""Servers that go and come back: who is asked instead, who tries again, and what people are told."""

import logging
import multiprocessing
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import pytest

from exconn.contracts import WaitReason
from exconn.exchange import AccountTroubled, NoServer, ServiceEnded, Unauthorized, Unreachable, UntrustedCertificate
from exconn.keyspace import connect, keys
from exconn.sessions import Sessions
from exconn.stream import Number
from tests.integration.sessions.estate import CONNECTOR, DOMAINS, Estate, running_estate
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    import redis

SOON = timedelta(seconds=20)
LONG = timedelta(minutes=1)
FIRST, SECOND, PARIS = "127.0.0.1", "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def _estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with running_estate(tmp_path_factory.mktemp("estate"), None) as estate:  # type: ignore[arg-type]
        yield estate


@pytest.fixture
def estate(_estate: Estate, redis_client: "redis.Redis") -> Iterator[Estate]:
    """The shared organization with all servers on, and a clean ledger."""
    _estate.client = redis_client
    yield _estate
    _estate.close()
    _estate.opened.clear()
    for name in _estate.servers:
        _estate.enter(name, "on")


@pytest.mark.parametrize("trouble", ["off", "forbidden", "refusing"])
def test_when_the_configured_server_fails_a_discovered_one_serves_until_it_is_back(
    estate: Estate, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    estate.apply(domains=DOMAINS)
    sessions = estate.sessions()
    assert estate.server_of(sessions) == FIRST
    sessions.close()

    estate.enter("EX1", trouble)
    with caplog.at_level(logging.WARNING):
        assert estate.server_of(sessions) == SECOND
    (told,) = estate.told(Number.RUNSPACE_FAILED)
    estate.enter("EX1", "on")

    wait_until(lambda: estate.server_of(sessions) == FIRST, SOON, "the return to the first server")
    assert told.text == "Failed to open runspace for site Default"
    assert told.data["server"] == estate.simulator.url.split("/")[2]
    assert estate.simulator.counters()["open_shells"] == 1
    assert estate.client.zcard(keys.seats(CONNECTOR, estate.simulator.username("discovery"))) == 1
    assert estate.servers["EDGE"]["connections"] == 0


def test_a_session_elsewhere_stays_open_while_the_first_server_is_tried_in_vain(estate: Estate) -> None:
    estate.apply(domains=DOMAINS)
    sessions = estate.sessions()
    estate.server_of(sessions)
    sessions.close()
    estate.enter("EX1", "refusing")
    shells: set[str] = set()
    tried = int(str(estate.servers["EX1"]["requests"]))

    def used() -> bool:
        with sessions.open(CONNECTOR, "discovery") as session:
            shells.add(f"{session.session_id} {session.server}")
        return int(str(estate.servers["EX1"]["requests"])) >= tried + 3

    wait_until(used, SOON, "three tries of the first server")

    (shell,) = shells
    assert shell.endswith(SECOND)


def test_a_site_whose_only_server_is_down_is_reached_through_another_site(estate: Estate) -> None:
    estate.apply(sites=("EX1", "EX3"))
    estate.enter("EX1", "off")

    assert estate.server_of(estate.sessions()) == PARIS


def test_servers_outside_the_domains_of_the_definition_are_never_shown_a_password(estate: Estate) -> None:
    estate.apply()
    sessions = estate.sessions()
    estate.server_of(sessions)
    sessions.close()
    before = {name: each["connections"] for name, each in estate.servers.items()}

    estate.enter("EX1", "off")
    with pytest.raises(NoServer):
        estate.server_of(sessions)

    after = {name: each["connections"] for name, each in estate.servers.items()}
    assert {name for name in after if after[name] != before[name]} <= {"EX1"}


def test_on_first_contact_it_is_said_that_no_other_server_is_known_and_later_it_is_not(estate: Estate) -> None:
    estate.apply()
    estate.enter("EX1", "off")
    sessions = estate.sessions()

    with pytest.raises(NoServer) as first:
        estate.server_of(sessions)
    estate.enter("EX1", "on")
    wait_until(lambda: _reached(estate, sessions), SOON, "the first contact")
    sessions.close()
    estate.enter("EX1", "off")
    with pytest.raises(NoServer) as later:
        estate.server_of(sessions)

    assert str(first.value).startswith("Failed to open runspace for site Default: Exchange could not be reached at ")
    assert "has never reached Exchange" in str(first.value)
    assert "has never reached Exchange" not in str(later.value)


def _reached(estate: Estate, sessions: Sessions) -> bool:
    try:
        return bool(estate.server_of(sessions))
    except NoServer:
        return False


def test_what_a_person_must_correct_keeps_its_own_type(estate: Estate, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text(Path(certifi.where()).read_text("utf-8"), "utf-8")
    estate.simulator.ca_file, kept = str(other), estate.simulator.ca_file
    try:
        estate.apply()
    finally:
        estate.simulator.ca_file = kept

    with pytest.raises(AccountTroubled) as caught:
        estate.server_of(estate.sessions())
    assert isinstance(caught.value.__cause__, UntrustedCertificate)
    assert caught.value.code == WaitReason.UNTRUSTED_CERTIFICATE


def test_a_refused_password_speaks_of_the_account_and_not_of_the_servers(estate: Estate, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("mistyped", "utf-8")
    estate.apply(sites=("EX1", "EX3"), password=password)
    sessions, before = estate.sessions(first_pause=LONG, longest_pause=LONG), estate.servers

    with pytest.raises(AccountTroubled) as caught:
        estate.server_of(sessions)
    assert isinstance(caught.value.__cause__, Unauthorized)

    assert estate.servers["EX3"]["connections"] == before["EX3"]["connections"]
    assert estate.servers["EX1"]["connections"] != before["EX1"]["connections"]
    assert not estate.client.exists(keys.server_circuits(CONNECTOR))
    password.write_text(Path(estate.simulator.accounts["actions"]["password_file"]).read_text("utf-8"), "utf-8")
    assert estate.server_of(sessions, "actions") == FIRST


def _open_elsewhere(url: str, answers: "multiprocessing.Queue[str]") -> None:
    """What another worker process does; what is known of circuits is the same."""
    sessions = Sessions(connect(url), first_pause=LONG, longest_pause=LONG)
    with sessions.open(CONNECTOR, "actions") as session:
        answers.put(session.server)
    sessions.close()


def test_a_dead_server_is_tried_by_one_process_for_all(estate: Estate, redis_url: str) -> None:
    estate.apply(domains=DOMAINS)
    first = estate.sessions()
    estate.server_of(first)
    first.close()
    estate.enter("EX1", "refusing")
    sessions = estate.sessions(first_pause=LONG, longest_pause=LONG)
    estate.server_of(sessions)
    asked = estate.servers["EX1"]["connections"]

    spawn = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[str] = spawn.Queue()
    others = [spawn.Process(target=_open_elsewhere, args=(redis_url, answers)) for _ in range(2)]
    for other in others:
        other.start()
    used = [answers.get(timeout=60) for _ in others]
    for other in others:
        other.join(60)

    assert used == [SECOND, SECOND]
    assert estate.servers["EX1"]["connections"] == asked


def test_a_connector_of_exchange_online_is_refused_for_good(estate: Estate) -> None:
    estate.apply()
    raw = str(estate.client.hget(keys.revisions(CONNECTOR), "1"))
    stored = raw.replace(estate.simulator.url, "https://outlook.office365.com/PowerShell/")
    estate.client.hset(keys.revisions(CONNECTOR), "1", stored)

    with pytest.raises(ServiceEnded, match="remote PowerShell has ended"):
        estate.server_of(estate.sessions())


def test_a_shell_is_ended_on_the_server_that_has_it(estate: Estate) -> None:
    estate.apply(sites=("EX1", "EX3"))
    estate.enter("EX1", "off")
    lost = estate.sessions(first_pause=LONG, longest_pause=LONG)
    with lost.open(CONNECTOR, "actions") as session:
        shell, server = session.session_id, session.server
    estate.enter("EX1", "on")
    open_shells = estate.simulator.counters()["open_shells"]

    estate.sessions().end_session(CONNECTOR, "actions", shell, server=server)

    assert server == PARIS
    assert estate.simulator.counters()["open_shells"] == open_shells - 1


def test_a_shell_on_a_server_that_is_named_no_longer_is_not_taken_for_gone(estate: Estate) -> None:
    estate.apply()
    sessions = estate.sessions()
    asked = estate.servers["EX1"]["connections"]

    with pytest.raises(Unreachable, match="names it no longer"):
        sessions.end_session(CONNECTOR, "actions", str(uuid.uuid4()), server="127.0.0.3")

    assert estate.servers["EX1"]["connections"] == asked
