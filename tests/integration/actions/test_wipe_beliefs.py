"""What a wipe promises, under each belief about Exchange that cannot be looked up.

A dozen stories are played together, claim by claim, under what is thought likeliest and under the other forms.
"""

from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from exconn.contracts import HoldReason, Kind, WaitReason
from exconn.exchange import ListChange
from exconn.ledger import Job, Outcome, State
from exconn.simulator.phones.beliefs import USUAL, CatalogNames, RequestTime
from tests.support.exchange.shown_devices import shown as as_shown
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, fingerprint_of, settled
from tests.support.machine.processes import comes_true

#: Each belief in its other form once, a few at a time: those that touch the same stories are apart.
FORMS: dict[str, dict[str, object]] = {
    "as thought likeliest": {},
    "whole seconds": {
        "request_time": "whole_seconds",
        "calls_outlive_shells": False,
        "blocked_phones_connect": False,
        "outlook_reports": True,
        "catalog_names": "holder",
    },
    "what was first stays": {
        "request_time": "kept_while_pending",
        "acknowledgement_kept": True,
        "outlook_shows_sent": False,
        "catalog_names": "nothing",
    },
    "what has ended stays": {"cancel_keeps_request_time": True, "success_repeats": True},
}
WITHIN = timedelta(seconds=90)
CLEAR = "Clear-MobileDevice"

#: Beliefs that are about no wipe; the tests of policy try them.
OF_POLICY = frozenset({"truncation_sizes"})

#: A story waits for an action to be as wanted, and goes on with the job as it is then.
Wanted = tuple[str, Callable[[Job], bool]]
Story = Callable[[Wiping, dict[str, object]], Generator[Wanted, Job, None]]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """An organization of three domains, whose devices a global catalog shows."""
    running = start_simulator(tmp_path_factory.mktemp("simulator"), devices=60, seed=11, estate="real")
    yield running
    running.close()


@pytest.fixture(autouse=True)
def untouched_phones(wiping: Wiping) -> Iterator[None]:
    wiping.simulator.start_anew(60, 11, sync_seconds=0.5)
    yield
    wiping.simulator.control("DELETE", "/beliefs")


@pytest.mark.requirement("MS-ASPROV_R702", "MS-ASPROV_R1041")
@pytest.mark.parametrize("believed", FORMS.values(), ids=FORMS)
def test_the_promises_of_a_wipe_hold_whatever_is_true_of_exchange(wiping: Wiping, believed: dict[str, object]) -> None:
    wiping.simulator.control("POST", "/beliefs", believed)

    assert play(wiping, believed) == {}


def test_every_belief_about_wipes_is_tried_in_another_form_than_that_of_the_start() -> None:
    tried = [(name, value) for believed in FORMS.values() for name, value in believed.items()]

    usual = (RequestTime.EXACT, CatalogNames.ITSELF)
    others = {type(value): {*type(value)} - {value} for value in usual}
    wanted = {name: others.get(type(value), {not value}) for name, value in USUAL if name not in OF_POLICY}
    assert {name: {value for known, value in tried if known == name} for name, _ in tried} == wanted


def play(wiping: Wiping, believed: dict[str, object]) -> dict[str, str]:
    """Play all stories in turns; what went wrong in which."""
    told = {story.__name__: story(wiping, believed) for story in STORIES}
    waiting = {name: next(story) for name, story in told.items()}
    wrong: dict[str, str] = {}

    def all_told() -> bool:
        for name, (action, until) in list(waiting.items()):
            job = wiping.job(action)
            if not until(job):
                wiping.hurry(job)
                continue
            del waiting[name]
            try:
                waiting[name] = told[name].send(job)
            except StopIteration:
                continue
            except AssertionError as exc:
                wrong[name] = str(exc)
        return not waiting

    comes_true(all_told, WITHIN)
    return wrong | {name: f"waits for {wiping.job(action)}" for name, (action, _) in waiting.items()}


def held_for_a_person(job: Job) -> bool:
    return job.state is State.HELD


def in_phase(phase: str) -> Callable[[Job], bool]:
    return lambda job: job.phase == phase


def shown(wiping: Wiping, guid: str) -> dict[str, Any]:
    return wiping.simulator.device(guid)


def issued_once(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    job = yield wiping.request(guid), settled
    assert (job.outcome, wiping.clears(guid), shown(wiping, guid)["erased"]) == (Outcome.SUCCEEDED, 1, True)


def answer_lost(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    yield from _disturbed(wiping, "drop_answer")


def never_reached(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    yield from _disturbed(wiping, "shell_gone")


def call_runs_late(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    yield from _disturbed(wiping, "lost_call", seconds=0.3)


def _disturbed(wiping: Wiping, fault: str, **fields: object) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.simulator.fault(fault, cmdlet=CLEAR, times=1, **fields)
    wiping.task(action)  # nobody else's cmdlet comes between
    job = yield action, settled
    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)


def worker_lost_before_the_cmdlet(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    yield from _lost(wiping, send=False)


def worker_lost_after_the_cmdlet(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    yield from _lost(wiping, send=True)


def _lost(wiping: Wiping, *, send: bool) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=send)
    job = yield action, settled
    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)


def found_pending(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    wiping.by_somebody_else(guid)
    action = wiping.request(guid)
    yield action, in_phase("issued")
    wiping.simulator.phone(guid, "online")
    job = yield action, settled
    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)


def enrolled_anew(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    meant, seen = fingerprint_of(wiping, guid), as_shown(wiping.simulator, guid)
    (new,) = wiping.simulator.phone(guid, "enrol", form="new_object")
    job = yield wiping.request(guid, known=meant, seen=seen), settled
    assert job.outcome in {Outcome.GONE, Outcome.REFUSED}
    assert (wiping.clears(guid), wiping.clears(new["guid"])) == (0, 0)


def wiped_and_back(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid)
    yield wiping.request(guid), settled
    wiping.simulator.phone(guid, "enrol", form="same_object")
    job = yield wiping.request(guid, known=meant), held_for_a_person
    assert (job.reason, wiping.clears(guid)) == (HoldReason.PARTNERSHIP_DIFFERS, 1)


def wiped_again(wiping: Wiping, believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    yield wiping.request(guid), settled
    wiping.simulator.phone(guid, "enrol", form="same_object")
    if believed.get("success_repeats"):
        wiping.simulator.phone(guid, "sync")
        assert shown(wiping, guid)["erased"]  # Exchange has done it by itself
        return
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.simulator.fault("drop_answer", cmdlet=CLEAR, times=1)
    wiping.task(action)
    yield action, lambda job: job.reason == WaitReason.DEVICE_SILENT or settled(job)
    wiping.simulator.phone(guid, "online")
    job = yield action, settled
    assert (job.outcome, wiping.clears(guid), shown(wiping, guid)["erased"]) == (Outcome.SUCCEEDED, 2, True)


def cancelled_and_wiped_again(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    yield action, in_phase("issued")
    wiping.ledger.cancel(action, by="operator")
    job = yield action, settled
    assert (job.outcome, shown(wiping, guid)["status"]) == (Outcome.CANCELLED, "DeviceOk")
    again = wiping.request(guid)
    yield again, in_phase("issued")
    assert shown(wiping, guid)["status"] == "DeviceWipePending"
    wiping.simulator.phone(guid, "online")
    job = yield again, settled
    assert (job.outcome, shown(wiping, guid)["erased"]) == (Outcome.SUCCEEDED, True)


def refused_at_first(wiping: Wiping, _believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "refuse_wipe")
    action = wiping.request(guid)
    job = yield action, in_phase("sent")
    assert not shown(wiping, guid)["erased"]
    tries = job.tries + 2
    yield action, lambda job: job.tries >= tries and job.state is State.WAITING
    wiping.simulator.phone(guid, "take_wipe")
    job = yield action, settled
    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)


def blocked_and_wiped(wiping: Wiping, believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.fresh_device()
    yield wiping.request(guid, kind=Kind.BLOCK), settled
    action = wiping.request(guid)
    if not believed.get("blocked_phones_connect", True):
        yield action, in_phase("issued")
        wiping.simulator.phone(guid, "sync")
        assert shown(wiping, guid)["wipe"]["sent"] is None
        device = shown(wiping, guid)
        with wiping.sessions.open(CONNECTOR, "actions") as session:
            session.change_personal_lists(device["user"], blocked=ListChange(remove=(device["device_id"],)))
    job = yield action, settled
    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)


def outlook(wiping: Wiping, believed: dict[str, object]) -> Generator[Wanted, Job, None]:
    guid = wiping.add_client("Outlook")
    action = wiping.request(guid)
    if not believed.get("outlook_shows_sent", True):
        yield action, in_phase("issued")
        wiping.simulator.phone(guid, "sync")
        job = yield action, lambda job: job.tries > 3 and job.state is State.WAITING
        assert (job.phase, wiping.clears(guid)) == ("issued", 1)  # a person is asked at the deadline
        return
    job = yield action, settled
    wanted = Outcome.SUCCEEDED if believed.get("outlook_reports") else Outcome.UNREPORTED
    assert (job.outcome, wiping.clears(guid)) == (wanted, 1)


STORIES: tuple[Story, ...] = (
    issued_once,
    answer_lost,
    never_reached,
    call_runs_late,
    worker_lost_before_the_cmdlet,
    worker_lost_after_the_cmdlet,
    found_pending,
    enrolled_anew,
    wiped_and_back,
    wiped_again,
    cancelled_and_wiped_again,
    refused_at_first,
    blocked_and_wiped,
    outlook,
)
