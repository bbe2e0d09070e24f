"""Whether an action may go on is decided on two fingerprints of a partnership."""

from datetime import UTC, datetime, timedelta

import pytest

from exconn.actions.partnership_rules import judge, judge_first_look
from exconn.contracts import Fingerprint, HoldReason, RefuseReason

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LATER = LONG_AGO + timedelta(days=30)

MEANT = Fingerprint(
    guid="11111111-1111-1111-1111-111111111111",
    device="d1",
    mailbox="m1",
    created=LONG_AGO,
    first_sync=LONG_AGO,
    last_acknowledged=None,
)


def test_an_unchanged_partnership_may_be_wiped() -> None:
    assert judge(MEANT, MEANT).reason is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"created": LATER}, RefuseReason.ENROLLED_SINCE),  # the object is new
        ({"first_sync": LATER}, RefuseReason.ENROLLED_SINCE),  # the phone was added again
        ({"last_acknowledged": LATER}, RefuseReason.ACKNOWLEDGED_SINCE),  # it was wiped meanwhile
        ({"device": "d2"}, HoldReason.PARTNERSHIP_DIFFERS),
        ({"mailbox": "m2"}, HoldReason.PARTNERSHIP_DIFFERS),
        ({"created": None}, HoldReason.PARTNERSHIP_DIFFERS),  # Exchange shows less than before: proves nothing
        ({"first_sync": LONG_AGO - timedelta(days=1)}, HoldReason.PARTNERSHIP_DIFFERS),
    ],
)
def test_a_changed_partnership_is_refused_when_it_is_provably_new_and_held_otherwise(
    changed: dict[str, object], reason: RefuseReason | HoldReason
) -> None:
    found = MEANT.model_copy(update=changed)

    ruling = judge(MEANT, found)

    assert ruling.reason is reason
    assert set(ruling.differences) == (set(changed) if isinstance(reason, HoldReason) else set())


def test_a_hold_is_about_one_pair_of_fingerprints_and_no_other() -> None:
    moved = judge(MEANT, MEANT.model_copy(update={"mailbox": "m2"}))
    moved_again = judge(MEANT, MEANT.model_copy(update={"mailbox": "m3"}))

    assert moved.differences == ("mailbox",)
    assert moved.pair == judge(MEANT, MEANT.model_copy(update={"mailbox": "m2"})).pair
    assert moved.pair != moved_again.pair


def test_a_device_whose_mailbox_is_not_shown_is_held_and_not_refused() -> None:
    ruling = judge(MEANT, MEANT.model_copy(update={"mailbox": ""}))

    assert ruling.reason is HoldReason.NO_MAILBOX


def test_a_mailbox_that_was_not_known_at_the_request_proves_nothing() -> None:
    assert judge(MEANT.model_copy(update={"mailbox": ""}), MEANT).reason is None


@pytest.mark.parametrize(
    "changed", [{"created": LATER}, {"first_sync": LATER}, {"last_acknowledged": LATER}, {"mailbox": "m2"}]
)
def test_a_first_look_holds_whatever_differs_from_what_was_known(changed: dict[str, object]) -> None:
    ruling = judge_first_look(MEANT, MEANT.model_copy(update=changed))

    assert ruling.reason is HoldReason.PARTNERSHIP_DIFFERS
    assert ruling.differences == tuple(changed)


def test_a_first_look_passes_what_is_as_it_was_known_and_holds_what_was_not_known() -> None:
    assert judge_first_look(MEANT, MEANT).reason is None
    assert judge_first_look(None, MEANT).reason is HoldReason.UNKNOWN_BEFORE


def test_a_mailbox_that_is_not_shown_holds_the_first_look_and_no_later_one_that_was_let_pass_without_it() -> None:
    without = MEANT.model_copy(update={"mailbox": ""})

    assert judge_first_look(MEANT, without).reason is HoldReason.NO_MAILBOX
    assert judge_first_look(without, without).reason is HoldReason.NO_MAILBOX
    assert judge(without, without).reason is None


def test_an_acknowledgement_from_before_the_request_does_not_protect_a_stolen_phone() -> None:
    meant = MEANT.model_copy(update={"last_acknowledged": LONG_AGO})

    assert judge(meant, meant).reason is None
    assert judge(meant, meant.model_copy(update={"last_acknowledged": LATER})).reason is RefuseReason.ACKNOWLEDGED_SINCE


def test_a_phone_whose_earlier_acknowledgement_is_gone_is_held_as_it_may_have_been_added_again() -> None:
    meant = MEANT.model_copy(update={"last_acknowledged": LONG_AGO})

    assert judge(meant, meant).reason is None
    assert judge(meant, meant.model_copy(update={"last_acknowledged": None})).reason is HoldReason.PARTNERSHIP_DIFFERS
