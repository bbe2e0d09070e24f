"""An acknowledgement of an earlier wipe is none of this one, whatever somebody wrote into the job since `begin`."""

import json
from datetime import timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Job, Outcome, State
from exconn.stream import Number
from tests.support.jobs.wipe_jobs import Wiping, fingerprint_of, settled


@pytest.fixture(autouse=True)
def legal_record() -> None:
    """What is written here is illegal by intention."""


def wiped_before(wiping: Wiping) -> str:
    """A phone that has acknowledged a wipe and is in use again, off now, on an Exchange that keeps showing that."""
    wiping.simulator.control("POST", "/beliefs", {"acknowledgement_kept": True})
    guid = wiping.fresh_device()
    wiping.work(wiping.request(guid), until=settled)
    wiping.simulator.phone(guid, "enrol", form="same_object")
    wiping.simulator.phone(guid, "offline")
    return guid


def forget(wiping: Wiping, action: str, **fields: str) -> None:
    """HSET is all that it takes for whoever may write jobs."""
    for name, value in ({"pre_image": "{}", "notes": "{}"} | fields).items():
        wiping.client.hset(keys.job(action), name, value)


def acknowledgements(wiping: Wiping, action: str) -> int:
    return len(wiping.told(action, Number.WIPE_ACKNOWLEDGED))


def in_exchange(job: Job) -> bool:
    return job.phase == "issued"


def test_of_a_pending_wipe_whose_pre_image_somebody_emptied_only_its_own_acknowledgement_counts(
    wiping: Wiping,
) -> None:
    guid = wiped_before(wiping)
    action = wiping.request(guid)
    wiping.work(action, until=in_exchange)
    forget(wiping, action)

    assert wiping.look(action).state is State.WAITING
    assert acknowledgements(wiping, action) == 0
    wiping.simulator.phone(guid, "online")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


def test_nor_does_an_older_one_count_where_the_wipe_is_not_shown(wiping: Wiping) -> None:
    guid = wiped_before(wiping)
    action = wiping.request(guid)
    wiping.work(action, until=in_exchange)
    wiping.by_somebody_else(guid, cancel=True)
    forget(wiping, action)

    wiping.look(action, times=2)

    assert acknowledgements(wiping, action) == 0


def test_nor_for_a_wipe_that_was_found_pending(wiping: Wiping) -> None:
    guid = wiped_before(wiping)
    wiping.by_somebody_else(guid)
    action = wiping.request(guid)
    job = wiping.work(action, until=in_exchange)
    assert job.begun == 0
    wiping.by_somebody_else(guid, cancel=True)
    payload = json.loads(wiping.job(action).payload)
    payload["known"]["last_acknowledged"] = None
    forget(wiping, action, payload=json.dumps(payload))

    wiping.look(action, times=2)

    assert acknowledgements(wiping, action) == 0


def test_nor_for_one_that_somebody_says_has_begun(wiping: Wiping) -> None:
    guid = wiped_before(wiping)
    action = wiping.request(guid, known=fingerprint_of(wiping, guid))
    forget(wiping, action, phase="issued", begun="1", state="queued")

    wiping.look(action, times=2)

    assert (acknowledgements(wiping, action), wiping.clears(guid)) == (0, 1)


def test_nor_is_a_lost_call_found_by_the_request_before_it(wiping: Wiping) -> None:
    guid = wiped_before(wiping)
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=False)
    forget(wiping, action)

    wiping.work(action, until=lambda job: job.begun == 2)

    assert wiping.clears(guid) == 2
    assert wiping.job(action).reason != HoldReason.TAKEN_BACK


def test_an_acknowledgement_does_not_count_while_a_wipe_that_was_asked_for_since_is_pending(wiping: Wiping) -> None:
    wiping.simulator.control("POST", "/beliefs", {"acknowledgement_kept": True})
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.work(action, until=in_exchange)
    wiping.simulator.wait_for_device(guid, "acknowledged", timedelta(seconds=20), status="DeviceWipeSucceeded")
    wiping.simulator.phone(guid, "enrol", form="same_object")
    wiping.simulator.phone(guid, "offline")
    wiping.by_somebody_else(guid)

    assert wiping.look(action).state is State.WAITING
    assert acknowledgements(wiping, action) == 0


def test_nor_after_a_cancellation_that_went_by_what_somebody_wrote(wiping: Wiping) -> None:
    """A cancellation is sent by what the job says; what is kept of it would be the worker's own word otherwise."""
    guid = wiped_before(wiping)
    action = wiping.request(guid, known=fingerprint_of(wiping, guid))
    wiping.by_somebody_else(guid)
    forget(wiping, action, phase="issued", begun="1", state="queued")
    wiping.ledger.cancel(action, by="operator")
    wiping.work(action, until=lambda job: job.phase == "cancelling" and job.state is State.WAITING)

    wiping.work(action, until=settled)

    assert (acknowledgements(wiping, action), wiping.job(action).outcome) == (0, Outcome.CANCELLED)
