"""The fence decides on two fingerprints of a partnership."""

from datetime import UTC, datetime, timedelta

import pytest

from exconn.actions.fence import Verdict, judge
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


def test_a_held_difference_passes_once_a_person_released_it() -> None:
    found = MEANT.model_copy(update={"mailbox": "m2"})

    assert judge(MEANT, found).differences == ("mailbox",)
    assert judge(MEANT, found, released=True).verdict is Verdict.GO


@pytest.mark.parametrize("changed", [{"created": LATER}, {"last_acknowledged": LATER}])
def test_a_release_never_passes_a_partnership_that_is_provably_new(changed: dict[str, object]) -> None:
    assert judge(MEANT, MEANT.model_copy(update=changed), released=True).verdict is Verdict.REFUSE


def test_an_acknowledgement_from_before_the_request_does_not_protect_a_stolen_phone() -> None:
    meant = MEANT.model_copy(update={"last_acknowledged": LONG_AGO})

    assert judge(meant, meant).verdict is Verdict.GO
    assert judge(meant, meant.model_copy(update={"last_acknowledged": LATER})).verdict is Verdict.REFUSE
