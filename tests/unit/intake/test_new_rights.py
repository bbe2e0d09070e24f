"""Nobody gets a second person, or wider rights, by an edit of the registry in the night: what is new counts later."""

from dataclasses import replace
from datetime import timedelta

import pytest
import redis

from exconn.connector import Quota, parse_definition, sample_definition
from exconn.contracts.request import RequestKind, Target
from exconn.intake.context import KnownDevice
from exconn.keyspace import keys
from exconn.signing import Registry, SigningKey, new_signing_key, parse_registry
from tests.support.requests.receiving import ANNA, BERT, OTHER_DEVICE, IntakeScene
from tests.support.requests.registries import give, time_passes
from tests.support.requests.signed import DEVICE, organization_of, registry_text

DAY = timedelta(days=1)


def registry_of(known: dict[str, SigningKey], **fields: object) -> Registry:
    return parse_registry(registry_text(known, **fields))  # type: ignore[arg-type]


@pytest.fixture
def alone(redis_client: redis.Redis) -> IntakeScene:
    """A deployment whose registry knows anna only."""
    scene = IntakeScene(redis_client, registry_of({"anna": ANNA}))
    scene.devices |= {DEVICE: KnownDevice(), OTHER_DEVICE: KnownDevice()}
    scene.store.apply(parse_definition(sample_definition("north")), "anna")
    scene.store.set_installed("north", organization_of("north"), "discovery")
    scene.store.arm("north", "actions", "actions")
    scene.ledger.resume("north", by="anna")
    return scene


def held_wipe(scene: IntakeScene) -> str:
    job = scene.ask().job or ""
    scene.hold(job)
    return job


def released(scene: IntakeScene, job: str, *, by: str = "bert") -> str | None:
    answer = scene.ask(RequestKind.RELEASE, target=scene.brake_target(job), requester=by)
    return answer.error if answer.status == "refused" else answer.status


def test_an_insider_who_enters_himself_as_second_person_does_not_release_at_once(alone: IntakeScene) -> None:
    job = held_wipe(alone)

    give(alone, registry_of({"anna": ANNA, "bert": BERT}))

    assert released(alone, job) == "new_key"
    time_passes(alone, DAY - timedelta(minutes=1))
    assert released(alone, job) == "new_key"
    time_passes(alone, timedelta(minutes=1))
    assert released(alone, job) == "accepted"


def test_a_key_of_the_first_registry_releases_at_once(alone: IntakeScene, redis_client: redis.Redis) -> None:
    redis_client.delete(keys.REGISTRY)
    alone.start_anew()
    give(alone, registry_of({"anna": ANNA, "bert": BERT}))

    assert released(alone, held_wipe(alone)) == "accepted"


def test_a_new_key_asks_and_stops_as_any_other(alone: IntakeScene) -> None:
    give(alone, registry_of({"anna": ANNA, "bert": BERT}))

    assert alone.ask(requester="bert").status == "accepted"
    assert alone.ask(RequestKind.PAUSE, requester="bert").status == "accepted"


def test_with_a_single_administrator_a_new_key_waits_a_week(alone: IntakeScene) -> None:
    job = held_wipe(alone)
    give(alone, registry_of({"anna": new_signing_key(), "bert": BERT}, single=True))

    time_passes(alone, 6 * DAY)
    assert released(alone, job) == "new_key"
    time_passes(alone, DAY)
    assert released(alone, job) != "new_key"


def test_a_known_key_that_goes_to_another_requester_is_new_there(alone: IntakeScene) -> None:
    """Or else somebody with one key and the file asks under one name and releases under the other."""
    job = held_wipe(alone)

    give(alone, registry_of({"bert": ANNA, "anna": new_signing_key()}))

    assert (
        alone.answer_of(RequestKind.RELEASE, ANNA, target=alone.brake_target(job), requester="bert").error == "new_key"
    )


def test_kinds_that_are_added_count_a_day_later(alone: IntakeScene) -> None:
    give(alone, registry_of({"anna": ANNA}, kinds=["wipe"]))
    assert alone.ask(RequestKind.PAUSE).error == "not_allowed"

    give(alone, registry_of({"anna": ANNA}))

    assert alone.ask(RequestKind.PAUSE).error == "new_right"
    assert alone.ask().status == "accepted"
    time_passes(alone, DAY)
    assert alone.ask(RequestKind.PAUSE).status == "accepted"


def test_connectors_that_are_added_count_a_day_later(alone: IntakeScene) -> None:
    give(alone, registry_of({"anna": ANNA}, connectors=["south"]))
    assert alone.ask().error == "not_allowed"

    give(alone, registry_of({"anna": ANNA}, connectors=["*"]))

    assert alone.ask().error == "new_right"
    time_passes(alone, DAY)
    assert alone.ask().status == "accepted"


def test_a_quota_that_is_raised_counts_a_day_later(alone: IntakeScene) -> None:
    give(alone, registry_of({"anna": ANNA}, quota=Quota(per_hour=1, per_day=1)))
    assert alone.ask().state == "queued"

    give(alone, registry_of({"anna": ANNA}))

    assert alone.ask(target=Target(device=OTHER_DEVICE)).state == "held"


def test_what_is_taken_away_counts_at_once_and_a_later_revision_does_not_shorten_the_wait(alone: IntakeScene) -> None:
    give(alone, registry_of({"anna": ANNA}, kinds=["wipe", "block"]))
    give(alone, registry_of({"anna": ANNA}, kinds=["wipe", "pause"]))
    assert alone.ask(RequestKind.BLOCK).error == "not_allowed"
    time_passes(alone, timedelta(hours=23))

    give(alone, registry_of({"anna": ANNA}, kinds=["wipe", "pause", "release"]))

    assert alone.ask(RequestKind.PAUSE).error == "new_right"
    time_passes(alone, timedelta(hours=23))
    assert alone.ask(RequestKind.PAUSE).error == "new_right"
    time_passes(alone, timedelta(hours=1))
    assert alone.ask(RequestKind.PAUSE).status == "accepted"


def test_a_revision_that_adds_nothing_leaves_the_wait_as_it_is(alone: IntakeScene) -> None:
    give(alone, registry_of({"anna": ANNA}, kinds=["wipe"]))
    give(alone, registry_of({"anna": ANNA}, kinds=["wipe", "pause"]))
    time_passes(alone, timedelta(hours=23))

    give(alone, replace(alone.registry, single_administrator=False))
    assert alone.ask(RequestKind.PAUSE).error == "new_right"
    time_passes(alone, timedelta(hours=1))

    assert alone.ask(RequestKind.PAUSE).status == "accepted"
