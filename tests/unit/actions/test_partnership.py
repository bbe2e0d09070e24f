"""The fence decides on two fingerprints of a partnership."""

from datetime import UTC, datetime, timedelta

import pytest

from exconn.actions.partnership import NO_MAILBOX, Verdict, judge, judge_late
from exconn.contracts import Fingerprint

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
    assert judge(MEANT, MEANT).verdict is Verdict.GO


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"created": LATER}, Verdict.REFUSE),  # the object is new
        ({"first_sync": LATER}, Verdict.REFUSE),  # the phone was added again
        ({"last_acknowledged": LATER}, Verdict.REFUSE),  # it was wiped meanwhile
        ({"device": "d2"}, Verdict.HOLD),
        ({"mailbox": "m2"}, Verdict.HOLD),
        ({"created": None}, Verdict.HOLD),  # Exchange shows less than before: proves nothing
        ({"first_sync": LONG_AGO - timedelta(days=1)}, Verdict.HOLD),
    ],
)
def test_a_changed_partnership_is_refused_when_it_is_provably_new_and_held_otherwise(
    changed: dict[str, object], verdict: Verdict
) -> None:
    found = MEANT.model_copy(update=changed)

    ruling = judge(MEANT, found)

    assert ruling.verdict is verdict
    assert ruling.reason


def test_the_reason_of_a_hold_names_what_differs_and_is_another_for_another_difference() -> None:
    moved = judge(MEANT, MEANT.model_copy(update={"mailbox": "m2"}))
    moved_again = judge(MEANT, MEANT.model_copy(update={"mailbox": "m3"}))

    assert moved.differences == ("mailbox",)
    assert moved.reason.endswith("differs in mailbox")
    assert moved.reason == judge(MEANT, MEANT.model_copy(update={"mailbox": "m2"})).reason
    assert moved.reason != moved_again.reason


def test_a_device_whose_mailbox_is_not_shown_is_held_and_not_refused() -> None:
    ruling = judge(MEANT, MEANT.model_copy(update={"mailbox": ""}))

    assert ruling.verdict is Verdict.HOLD
    assert NO_MAILBOX in ruling.reason


def test_a_mailbox_that_was_not_known_at_the_request_proves_nothing() -> None:
    assert judge(MEANT.model_copy(update={"mailbox": ""}), MEANT).verdict is Verdict.GO


@pytest.mark.parametrize(
    "changed", [{"created": LATER}, {"first_sync": LATER}, {"last_acknowledged": LATER}, {"mailbox": "m2"}]
)
def test_a_late_first_look_holds_whatever_differs_from_what_was_known(changed: dict[str, object]) -> None:
    ruling = judge_late(MEANT, MEANT.model_copy(update=changed))

    assert ruling.verdict is Verdict.HOLD
    assert ruling.differences == tuple(changed)


def test_a_late_first_look_passes_what_is_as_it_was_known_and_holds_what_was_not_known() -> None:
    assert judge_late(MEANT, MEANT).verdict is Verdict.GO
    assert judge_late(None, MEANT).verdict is Verdict.HOLD


def test_an_acknowledgement_from_before_the_request_does_not_protect_a_stolen_phone() -> None:
    meant = MEANT.model_copy(update={"last_acknowledged": LONG_AGO})

    assert judge(meant, meant).verdict is Verdict.GO
    assert judge(meant, meant.model_copy(update={"last_acknowledged": LATER})).verdict is Verdict.REFUSE
