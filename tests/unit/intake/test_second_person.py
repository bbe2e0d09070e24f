"""Held actions are released by a second person, or after an hour by the only administrator."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exconn.contracts.request import RequestKind, Target
from exconn.keyspace import keys
from tests.support.requests.receiving import IntakeScene
from tests.support.requests.registries import give_long_ago


def test_held_action_is_released_by_another_person_only(scene: IntakeScene) -> None:
    wipe = scene.ask()
    target = Target(jobs=(wipe.job or "",))
    assert scene.ask(RequestKind.RELEASE, requester="bert", target=target).error == "not_held"
    scene.hold(wipe.job or "")
    assert scene.ask(RequestKind.RELEASE, target=target).error == "second_person"

    answer = scene.ask(RequestKind.RELEASE, requester="bert", target=target)

    assert answer.details == {"released": [wipe.job], "count": 1}


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

    answer = scene.ask(RequestKind.RELEASE, target=Target(jobs=(wipe.job or "",)))

    assert (answer.error, answer.status == "accepted") == (word, word is None)
