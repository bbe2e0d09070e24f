"""Right before the cmdlet the partnership is read again: what is not the one that was meant is not wiped."""

from datetime import timedelta

import pytest

from exconn.contracts import Fingerprint, HoldReason
from exconn.ledger import Outcome, State
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, fingerprint_of, settled

AN_HOUR = timedelta(hours=1)


def test_a_device_whose_mailbox_is_not_shown_is_held_and_wiped_after_a_release(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("not_found", cmdlet="Get-CASMailbox", times=-1)
    action = wiping.request(guid)

    assert wiping.held(action).reason == HoldReason.NO_MAILBOX
    assert wiping.clears(guid) == 0

    wiping.release(action)
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_a_release_is_for_the_fingerprint_that_was_shown_and_no_other(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid).model_copy(update={"mailbox": "another"})
    action = wiping.request(guid, known=meant)
    first = wiping.held(action)
    wiping.simulator.fault("not_found", cmdlet="Get-CASMailbox", times=1)

    wiping.release(action)
    second = wiping.held(action)

    assert (first.reason, second.reason) == (HoldReason.PARTNERSHIP_DIFFERS, HoldReason.NO_MAILBOX)
    assert wiping.clears(guid) == 0
    wiping.release(action)  # it looks as at first again, which was released, too
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED


def test_a_release_of_another_pair_that_was_held_for_the_same_reason_lets_nothing_pass(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid).model_copy(update={"mailbox": "another"})
    action = wiping.request(guid, known=meant)
    first = wiping.held(action)
    wiping.release(action, shown="partnership_differs 0123456789ab")

    second = wiping.held(action)

    assert (second.reason, second.subject) == (HoldReason.PARTNERSHIP_DIFFERS, first.subject)
    assert (second.begun, wiping.clears(guid)) == (0, 0)


def test_a_phone_moved_to_another_mailbox_is_held(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid)
    moved = Fingerprint.model_validate({**meant.model_dump(), "mailbox": "99999999-9999-4999-8999-999999999999"})

    assert wiping.held(wiping.request(guid, known=moved)).reason == HoldReason.PARTNERSHIP_DIFFERS
    assert wiping.clears(guid) == 0


def test_a_late_first_look_wipes_what_is_as_it_was_known_when_it_was_asked_for(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, accepted_ago=AN_HOUR, known=fingerprint_of(wiping, guid))

    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


@pytest.mark.parametrize("is_known", [True, False])
def test_a_late_first_look_holds_what_has_changed_or_was_never_known(wiping: Wiping, is_known: bool) -> None:
    guid = wiping.fresh_device()
    now = fingerprint_of(wiping, guid)
    assert now.created is not None
    before = now.model_copy(update={"created": now.created - timedelta(days=30)})

    known = before if is_known else None
    action = wiping.request(guid, accepted_ago=AN_HOUR, known=known, is_known=is_known)

    reason = HoldReason.PARTNERSHIP_DIFFERS if is_known else HoldReason.UNKNOWN_BEFORE
    assert wiping.held(action).reason == reason
    assert wiping.clears(guid) == 0


def test_a_phone_that_others_wiped_and_that_is_in_use_again_before_the_first_look_is_held(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, known=fingerprint_of(wiping, guid))
    wiping.by_somebody_else(guid)
    wiping.simulator.wait_for_device(guid, "wiped by others", timedelta(seconds=20), status="DeviceWipeSucceeded")
    wiping.simulator.phone(guid, "enrol", form="same_object")

    held = wiping.held(action)

    assert (held.reason, held.data["differences"]) == (HoldReason.PARTNERSHIP_DIFFERS, ["last_acknowledged"])
    assert (held.begun, wiping.clears(guid)) == (0, 1)  # that of somebody else


def test_a_wipe_after_an_acknowledged_one_is_done_as_the_register_knows_of_the_acknowledgement(
    wiping: Wiping,
) -> None:
    guid = wiping.fresh_device()
    wiping.discover(guid)
    first = wiping.work(wiping.request(guid, known=wiping.known(guid)), until=settled)
    wiping.simulator.phone(guid, "enrol", form="same_object")

    second = wiping.work(
        wiping.request(guid, known=wiping.known(guid)), until=lambda job: job.state in (State.HELD, State.SETTLED)
    )

    assert (first.phase, second.phase) == ("acknowledged", "acknowledged")
    assert wiping.clears(guid) == 2


def test_a_first_look_that_is_taken_soon_is_what_later_looks_are_compared_with(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.stopped_by_begin(action)
    wiping.by_somebody_else(guid)
    wiping.simulator.wait_for_device(guid, "wiped by others", timedelta(seconds=20), status="DeviceWipeSucceeded")
    wiping.simulator.phone(guid, "enrol", form="same_object")

    wiping.ledger.resume(CONNECTOR, by="boss")
    job = wiping.work(action, until=settled)

    assert job.outcome == Outcome.REFUSED
    assert wiping.clears(guid) == 1  # that of somebody else


def test_a_wipe_held_by_a_brake_after_its_release_is_not_asked_about_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    meant = fingerprint_of(wiping, guid).model_copy(update={"mailbox": "another"})
    action = wiping.request(guid, known=meant)
    wiping.held(action)
    wiping.release(action)
    wiping.stopped_by_begin(action)
    wiping.ledger.resume(CONNECTOR, by="boss")

    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert job.outcome == Outcome.SUCCEEDED
