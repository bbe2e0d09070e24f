"""Right before the cmdlet Exchange is asked whether the device is the one that its requester saw and signed for."""

import pytest

from exconn.contracts import HoldReason, Kind
from exconn.ledger import Outcome, State
from tests.support.exchange.shown_devices import shown
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, settled


@pytest.mark.parametrize("kind", [Kind.WIPE, Kind.BLOCK])
def test_a_phone_whose_owner_was_shown_as_somebody_else_is_not_acted_on(wiping: Wiping, kind: Kind) -> None:
    guid = wiping.fresh_device()
    as_another = {**shown(wiping.simulator, guid), "owner_address": "somebody.else@corp.example"}

    held = wiping.held(wiping.request(guid, kind=kind, seen=as_another))

    assert (held.reason, held.data["differences"]) == (HoldReason.NOT_AS_SEEN, ["address"])
    assert (held.begun, wiping.clears(guid), wiping.edits(guid)) == (0, 0, [])


def test_a_phone_that_was_shown_as_another_one_is_wiped_only_after_a_release_of_what_is_found(wiping: Wiping) -> None:
    guid, another = wiping.fresh_device(), wiping.fresh_device()
    action = wiping.request(guid, seen=shown(wiping.simulator, another))

    held = wiping.held(action)
    wiping.ledger.retry(action, by="boss")
    again = wiping.held(action)

    assert (held.reason, again.subject) == (HoldReason.NOT_AS_SEEN, held.subject)
    assert {"owner", "address", "device_id"} <= set(held.data["differences"])  # type: ignore[call-overload]
    assert (wiping.clears(guid), wiping.clears(another)) == (0, 0)

    wiping.release(action)
    wiping.stopped_by_begin(action)
    wiping.ledger.resume(CONNECTOR, by="boss")
    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))
    assert (job.outcome, wiping.clears(guid), wiping.clears(another)) == (Outcome.SUCCEEDED, 1, 0)


def test_a_client_that_is_of_another_class_than_was_seen_is_held(wiping: Wiping) -> None:
    guid = wiping.add_client("Outlook")
    as_phone = {**shown(wiping.simulator, guid), "client": "native"}

    held = wiping.held(wiping.request(guid, seen=as_phone))

    assert (held.reason, held.data["differences"]) == (HoldReason.NOT_AS_SEEN, ["client_class"])


def test_a_mailbox_that_is_not_shown_is_asked_about_as_such_and_not_compared(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("not_found", cmdlet="Get-CASMailbox", times=-1)
    action = wiping.request(guid)
    assert wiping.held(action).reason == HoldReason.NO_MAILBOX

    wiping.release(action)

    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
