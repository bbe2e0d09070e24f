"""Wipes in an old estate of three domains, where one cmdlet in ten fails for a moment: none of them needs a person.

With more phones, by hand: NATIVE_WIPES=50 ./run test tests/integration/actions/test_error_rate.py -n 0 --durations 0
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest

from exconn.contracts import HoldReason, Phase
from exconn.ledger import Job, Outcome, State
from exconn.stream import Number
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.wipe_jobs import Wiping
from tests.support.machine.processes import wait_until

NATIVE = int(os.environ.get("NATIVE_WIPES", "10"))
OUTLOOK, OUTLOOK_SERVICE = 3, 2
DOMAINS = ("corp.example", "south.corp.example", "works.example")
ENDED = (State.SETTLED, State.HELD)
WITHIN = timedelta(seconds=60 + 5 * NATIVE)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * WITHIN.total_seconds())]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    place = tmp_path_factory.mktemp("old")
    running = start_simulator(place, devices=100 + 10 * NATIVE, phone_sync="0.7s", estate="real")
    yield running
    running.close()


def is_native(device: Mapping[str, Any]) -> bool:
    return not str(device["device_type"]).startswith("Outlook")


def is_outlook(device: Mapping[str, Any]) -> bool:
    return bool(device["device_type"] == "Outlook" and device["model"] == "Outlook for iOS and Android")


def is_outlook_service(device: Mapping[str, Any]) -> bool:
    return bool(device["device_type"] == "OutlookService")


class Choice:
    """Phones that answer and are let in, each of another owner, from all domains in turn."""

    def __init__(self, devices: Sequence[Mapping[str, Any]]) -> None:
        self._left = {str(each["user"]): each for each in devices if each["online"] and each["state"] == "Allowed"}

    def take(self, count: int, wanted: Callable[[Mapping[str, Any]], bool]) -> list[str]:
        """The GUIDs of so many."""
        taken: list[str] = []
        for domain in cycle(DOMAINS):
            if len(taken) == count:
                return taken
            user = next(user for user, each in self._left.items() if each["domain"] == domain and wanted(each))
            taken.append(str(self._left.pop(user)["guid"]))
        return taken


def worked(wiping: Wiping, actions: Sequence[str]) -> dict[str, Job]:
    """Claim all of them in turn, without waiting for their times, until each has ended or waits for a person."""

    def all_ended() -> bool:
        for action in actions:
            if (job := wiping.job(action)).state not in ENDED:
                wiping.hurry(job)
        return all(wiping.job(action).state in ENDED for action in actions)

    wait_until(all_ended, WITHIN, "the end of every wipe")
    return {action: wiping.job(action) for action in actions}


def struck(simulator: RunningSimulator) -> int:
    """How many cmdlets have met an error that was ordered."""
    return sum(fault["struck"] for fault in simulator.control("GET", "/faults")["faults"])


def test_wipes_amid_passing_errors_end_by_what_the_client_can_do_and_no_person_is_asked(wiping: Wiping) -> None:
    choice = Choice(wiping.simulator.devices(limit=10_000))
    phones = choice.take(NATIVE, is_native)
    outlooks = choice.take(OUTLOOK, is_outlook)
    services = choice.take(OUTLOOK_SERVICE, is_outlook_service)
    wiping.simulator.one_in_ten_fails()

    actions = {guid: wiping.request(guid) for guid in (*phones, *outlooks, *services)}
    held = [wiping.work(actions[guid], until=lambda job: job.state in ENDED or job.begun > 0) for guid in services]
    assert [(job.state, job.reason) for job in held] == [(State.HELD, HoldReason.USE_INTUNE)] * OUTLOOK_SERVICE
    reached = [*phones, *outlooks]
    jobs = worked(wiping, [actions[guid] for guid in reached])

    def ended(guids: Sequence[str]) -> Counter[tuple[object, object]]:
        return Counter((jobs[actions[guid]].outcome, jobs[actions[guid]].phase) for guid in guids)

    assert ended(phones) == {(Outcome.SUCCEEDED, Phase.ACKNOWLEDGED): NATIVE}
    assert ended(outlooks) == {(Outcome.UNREPORTED, Phase.UNREPORTED): OUTLOOK}
    assert [guid for guid in reached if wiping.told(actions[guid], Number.JOB_HELD)] == []
    assert Counter(wiping.clears(guid) for guid in reached) == {1: len(reached)}
    assert struck(wiping.simulator) >= NATIVE // 2
