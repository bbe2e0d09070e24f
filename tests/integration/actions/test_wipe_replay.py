"""Whoever writes into the ledger, past intake, makes no wipe of one that has ended: the worker compares and refuses."""

from datetime import timedelta

from exconn.contracts.work import Wipe
from exconn.ledger import Job, Outcome
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, settled

ANOTHER = "branch"


def wiped_and_back(wiping: Wiping) -> tuple[str, Job]:
    """A phone that was wiped and set up again as the same object, and the settled wipe."""
    guid = wiping.fresh_device()
    done = wiping.work(wiping.request(guid), until=settled)
    assert done.outcome == Outcome.SUCCEEDED
    wiping.simulator.phone(guid, "enrol", form="same_object")
    return guid, done


def add_another_connector(wiping: Wiping) -> None:
    """One more connector to the same Exchange, armed and running."""
    definition = wiping.store.definition(CONNECTOR)
    wiping.store.apply(definition.model_copy(update={"name": ANOTHER}), "operator")
    wiping.store.set_installed(ANOTHER, "0ddba11d-0000-4000-8000-000000000000", "test")
    wiping.store.arm(ANOTHER, "actions", "test")
    wiping.ledger.resume(ANOTHER, by="operator")


def test_a_settled_wipe_that_is_inserted_anew_with_a_later_validity_is_refused(wiping: Wiping) -> None:
    guid, done = wiped_and_back(wiping)
    assert done.valid_until is not None
    payload = Wipe.model_validate_json(done.payload)

    again = wiping.insert(payload, nonce="another", valid_until=done.valid_until + timedelta(days=30))
    job = wiping.work(again, until=settled)

    assert (job.outcome, job.data["part"], job.begun) == (Outcome.REFUSED, "valid_until", 0)
    assert wiping.clears(guid) == 1


def test_a_settled_wipe_that_is_inserted_anew_under_another_connector_is_refused(wiping: Wiping) -> None:
    guid, done = wiped_and_back(wiping)
    assert done.valid_until is not None
    add_another_connector(wiping)
    payload = Wipe.model_validate_json(done.payload)

    again = wiping.insert(payload, nonce="another", valid_until=done.valid_until, connector=ANOTHER)
    job = wiping.work(again, until=settled)

    assert (job.outcome, job.data["part"], job.begun) == (Outcome.REFUSED, "connector", 0)
    assert wiping.clears(guid) == 1


def test_a_payload_that_says_it_was_accepted_only_now_is_refused(wiping: Wiping) -> None:
    guid, done = wiped_and_back(wiping)
    assert done.valid_until is not None
    payload = Wipe.model_validate_json(done.payload)
    later = payload.model_copy(update={"accepted_at": payload.accepted_at + timedelta(minutes=6)})

    again = wiping.insert(later, nonce="another", valid_until=done.valid_until)
    job = wiping.work(again, until=settled)

    assert (job.outcome, job.data["part"], job.begun) == (Outcome.REFUSED, "present_by", 0)
    assert wiping.clears(guid) == 1
