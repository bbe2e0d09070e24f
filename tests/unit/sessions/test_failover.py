"""Which server is asked next, what is announced of those that failed, and what is raised when none is left."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exconn.exchange import Candidate, CandidateSource, NoServer, Unreachable, UntrustedCertificate
from exconn.sessions.failover import MOST_TRIES, Failover
from exconn.sessions.server_circuits import ServerCircuits

if TYPE_CHECKING:
    from redis import Redis

SERVERS = [Candidate(f"https://ex{number}/PowerShell/", "Berlin", CandidateSource.CONFIGURED) for number in range(5)]
SILENCE = Unreachable("ex", "silence")


class Told:
    """Keeps what would be announced."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def server_failed(self, site: str, server: str, why: str, /) -> None:
        self.failed.append(f"{site} {server} {why}")


@pytest.fixture
def circuits(redis_client: "Redis") -> ServerCircuits:
    return ServerCircuits(redis_client, "demo", first_pause=timedelta(minutes=1))


def search(
    circuits: ServerCircuits, told: Told | None = None, *, open_at: str | None = None, insistent: bool = False
) -> Failover:
    return Failover("Berlin", circuits, told or Told(), open_at=open_at, insistent=insistent)


def fail(failover: Failover, candidates: list[Candidate]) -> list[str]:
    """Let each candidate that is asked fail; who was asked."""
    asked = []
    for candidate in failover.to_ask(candidates):
        failover.failed(candidate, SILENCE)
        asked.append(candidate.server)
    return asked


def test_not_more_than_a_few_servers_are_waited_for(circuits: ServerCircuits) -> None:
    assert fail(search(circuits), SERVERS) == [each.server for each in SERVERS[:MOST_TRIES]]


def test_servers_whose_circuit_is_open_are_passed_over_and_do_not_count_as_tries(circuits: ServerCircuits) -> None:
    fail(search(circuits), SERVERS[:2])

    assert fail(search(circuits), SERVERS) == ["ex2", "ex3", "ex4"]


def test_who_insists_and_who_has_a_session_there_asks_without_the_circuit(circuits: ServerCircuits) -> None:
    fail(search(circuits), SERVERS[:2])

    assert fail(search(circuits, insistent=True), SERVERS[:2]) == ["ex0", "ex1"]
    assert fail(search(circuits, open_at=SERVERS[1].url), SERVERS[:2]) == ["ex1"]


def test_a_server_that_failed_is_announced_once_and_only_where_another_one_answered(circuits: ServerCircuits) -> None:
    told = Told()
    fail(search(circuits, told), SERVERS[:1])
    assert told.failed == []

    for _ in range(2):
        failover = search(circuits, told, insistent=True)
        asked = failover.to_ask(SERVERS[1:3])
        failover.failed(next(asked), SILENCE)
        failover.answered(next(asked))

    assert told.failed == ["Berlin ex1 silence"]


def test_an_answer_closes_the_circuit_for_everybody(redis_client: "Redis") -> None:
    circuits = ServerCircuits(redis_client, "demo", first_pause=timedelta(0))
    fail(search(circuits), SERVERS[:1])
    failover = search(circuits)

    failover.answered(next(failover.to_ask(SERVERS)))

    assert circuits.admit("ex0").failures == 0


def test_what_a_person_must_correct_is_raised_as_it_is_and_silence_names_all_that_was_tried(
    circuits: ServerCircuits,
) -> None:
    distrusted, silent = search(circuits), search(circuits)
    for candidate in distrusted.to_ask(SERVERS[:1]):
        distrusted.failed(candidate, UntrustedCertificate(candidate.server, "not trusted"))
    fail(silent, SERVERS[:2])

    assert isinstance(distrusted.error(first_contact=False), UntrustedCertificate)
    error = silent.error(first_contact=True)
    assert isinstance(error, NoServer)
    assert "ex0 did not answer a moment ago" in str(error)
    assert "has never reached Exchange" in str(error)
