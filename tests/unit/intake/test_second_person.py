"""Held actions are released by a second person, or after an hour by the only administrator."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.contracts.request import RequestKind, Target
from exconn.keyspace import keys
from tests.support.requests.receiving import OTHER_DEVICE, IntakeScene
from tests.support.requests.registries import give_long_ago
from tests.support.requests.signed import DEVICE, release_target


def test_held_action_is_released_by_another_person_only(scene: IntakeScene) -> None:
    wipe = scene.ask()
    target = scene.brake_target(wipe.job or "")
    assert scene.ask(RequestKind.RELEASE, requester="bert", target=target).error == "not_held"
    scene.hold(wipe.job or "")
    assert scene.ask(RequestKind.RELEASE, target=target).error == "second_person"

    answer = scene.ask(RequestKind.RELEASE, requester="bert", target=target)

    assert answer.details == {"released": [wipe.job], "count": 1}


@pytest.mark.parametrize(
    ("shown", "word"),
    [((), "bad_target"), (("quota",), "not_held"), (("no_mailbox", "breaker"), "not_held")],
    ids=["nothing", "another reason", "the reason of another job"],
)
def test_a_release_is_for_what_its_requester_was_shown(scene: IntakeScene, shown: tuple[str, ...], word: str) -> None:
    wipe = scene.ask()
    scene.hold(wipe.job or "")

    answer = scene.ask(RequestKind.RELEASE, requester="bert", target=Target(jobs=(wipe.job or "",), held_for=shown))

    assert (answer.error, answer.job) == (word, wipe.job)


def test_a_release_past_a_brake_is_for_the_very_request_that_the_brake_holds(scene: IntakeScene) -> None:
    """Whoever exchanges the ids of two held wipes, on a page or in the ledger, has neither released."""
    scene.know(OTHER_DEVICE)
    wipe, other = (scene.ask(target=Target(device=guid)).job or "" for guid in (DEVICE, OTHER_DEVICE))
    for job in (wipe, other):
        scene.hold(job)
    shown = scene.brake_target(other).held_for
    scene.client.hset(keys.job(wipe), mapping={"subject": shown[0].split()[1], "asked": shown[0].split()[1]})

    answer = scene.ask(RequestKind.RELEASE, requester="bert", target=Target(jobs=(wipe,), held_for=shown))

    assert (answer.error, answer.job) == ("not_held", wipe)


def test_a_release_is_for_exactly_what_was_compared(scene: IntakeScene) -> None:
    wipe = scene.ask().job or ""
    scene.hold(wipe, HoldReason.PARTNERSHIP_DIFFERS, subject="0123456789ab")

    for shown in ("partnership_differs", "partnership_differs ba9876543210"):
        other = release_target(wipe, held_for=shown)
        assert scene.ask(RequestKind.RELEASE, requester="bert", target=other).error == "not_held"
    target = release_target(wipe, held_for="partnership_differs 0123456789ab")
    assert scene.ask(RequestKind.RELEASE, requester="bert", target=target).status == "accepted"


@pytest.mark.parametrize(
    ("minutes", "word"), [(0, "too_early"), (59, "too_early"), (61, None)], ids=["at once", "59 minutes", "61 minutes"]
)
def test_single_administrator_releases_an_own_request_only_after_an_hour(
    scene: IntakeScene, minutes: int, word: str | None
) -> None:
    give_long_ago(scene, replace(scene.registry, single_administrator=True))
    wipe = scene.ask()
    scene.hold(wipe.job or "")
    earlier = int((datetime.now(UTC) - timedelta(minutes=minutes)).timestamp() * 1000)
    scene.client.hset(keys.job(wipe.job or ""), "created", str(earlier))

    answer = scene.ask(RequestKind.RELEASE, target=scene.brake_target(wipe.job or ""))

    assert (answer.error, answer.status == "accepted") == (word, word is None)
