"""The pre-image tells whether a wipe took effect, by Exchange's own fields alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exconn.actions.wipe.already_pending import is_pending
from exconn.actions.wipe.pre_image import PreImage
from exconn.exchange import WipeTimes

EARLIER = datetime(2026, 5, 1, tzinfo=UTC)
NOW = EARLIER + timedelta(days=1)
NOTHING = WipeTimes(requested=None, sent=None, acknowledged=None, requestor=None)


def times(**fields: Any) -> WipeTimes:
    return WipeTimes(**{"requested": None, "sent": None, "acknowledged": None, "requestor": None, **fields})


def test_a_request_time_that_appeared_shows_that_the_wipe_was_issued() -> None:
    assert PreImage().shows_issue(times(requested=NOW), "")


def test_an_old_request_time_does_not_show_a_new_wipe() -> None:
    before = PreImage(requested=EARLIER, requestor="r")

    assert not before.shows_issue(times(requested=EARLIER), "r")
    assert before.shows_issue(times(requested=NOW), "r")


def test_the_same_minute_by_another_requestor_is_another_wipe() -> None:
    assert PreImage(requested=EARLIER, requestor="r1").shows_issue(times(requested=EARLIER), "r2")


def test_nothing_shown_is_nothing_issued() -> None:
    assert not PreImage().shows_issue(NOTHING, "")


def test_only_a_new_acknowledgement_counts() -> None:
    before = PreImage(acknowledged=EARLIER)

    assert not before.shows_acknowledgement(times(acknowledged=EARLIER))
    assert before.shows_acknowledgement(times(acknowledged=NOW))


@pytest.mark.parametrize(
    ("shown", "pending"),
    [
        (NOTHING, False),
        (times(requested=NOW), True),
        (times(requested=NOW, sent=NOW), True),
        (times(requested=EARLIER, acknowledged=NOW), False),
        (times(requested=NOW, acknowledged=EARLIER), True),  # asked for again after the last one ended
    ],
)
def test_a_wipe_is_pending_until_it_is_acknowledged(shown: WipeTimes, pending: bool) -> None:
    assert is_pending(shown) is pending


def test_a_pre_image_survives_the_ledger() -> None:
    before = PreImage(requested=NOW, requestor="r", server="s", session_id="x", domain_controller="dc")

    assert PreImage.of(before.model_dump(mode="json")) == before
