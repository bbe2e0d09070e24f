"""A domain controller learns late: from the first look on, a wipe asks the one that the look was answered by."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from exconn.exchange import Command
from exconn.ledger import State
from tests.support.exchange.stale_reads import VeiledSessions
from tests.support.jobs.wipe_jobs import SERVERS_DOMAIN, Wiping, task_of

FIRST, SECOND = "dc1.corp.example", "dc2.corp.example"
LONG_SECONDS = 3600


@pytest.fixture
def wiping(wiping: Wiping) -> Iterator[Wiping]:
    answer_by(wiping, SECOND)
    yield wiping
    wiping.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": FIRST})


def answer_by(wiping: Wiping, controller: str) -> None:
    """Who names no domain controller is answered by this one; the other one learns of nothing."""
    wiping.simulator.control("POST", "/directory", {"delay_seconds": LONG_SECONDS, "answering": controller})


def request_with_lost_answer(wiping: Wiping) -> tuple[str, str]:
    """Device and action: the cmdlet was executed, and nobody was told. Since then the other controller answers."""
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.phone(guid, "offline")
    wiping.simulator.fault("drop_answer", cmdlet="Clear-MobileDevice", times=1)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issuing" and job.state is State.WAITING)
    answer_by(wiping, FIRST)
    return guid, action


def executed(wiping: Wiping, guid: str) -> list[dict[str, Any]]:
    """What was executed for that device by the action, in order."""
    return [entry for entry in wiping.simulator.oracle() if entry["identity_guid"] == guid]


def test_look_cmdlet_read_back_and_tracking_ask_one_and_the_same_controller(wiping: Wiping) -> None:
    guid, action = request_with_lost_answer(wiping)

    wiping.work(action, until=lambda job: job.phase == "issued")
    wiping.look(action)

    first, *others = [
        (entry["cmdlet"], entry["parameters"].get("DomainController")) for entry in executed(wiping, guid)
    ]
    assert first == ("Get-MobileDevice", None)
    assert [cmdlet for cmdlet, _ in others].count("Clear-MobileDevice") == 1
    assert {controller for _, controller in others} == {SECOND}
    wiping.simulator.phone(guid, "online")


def test_a_stale_controller_is_not_asked_whether_a_wipe_was_issued_whose_answer_was_lost(wiping: Wiping) -> None:
    def is_stale(command: Command) -> bool:
        return command.parameters.get("DomainController") == FIRST

    sessions = VeiledSessions(wiping.client, is_stale)
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, sessions=sessions))
    guid, action = request_with_lost_answer(wiping)

    job = wiping.work(action, until=lambda job: job.phase == "issued")
    looked_at = wiping.look(action, times=3)

    sessions.close()
    assert (job.begun, wiping.clears(guid)) == (1, 1)
    assert looked_at.state is State.WAITING
    wiping.simulator.phone(guid, "online")


def test_an_action_that_begins_anew_is_looked_at_where_it_began_before(wiping: Wiping) -> None:
    """Another controller may not know yet what the first cmdlet did, and that the phone was enrolled anew since."""
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=False)
    answer_by(wiping, FIRST)
    before = len(executed(wiping, guid))

    wiping.work(action, until=lambda job: job.begun == 2)

    asked = [entry["parameters"].get("DomainController") for entry in executed(wiping, guid)[before:]]
    assert asked
    assert set(asked) == {SECOND}
