"""Who can write the registry does not loosen what protects the deployment in the same night: it counts a day later."""

from dataclasses import replace
from datetime import timedelta

import pytest
import redis

from exconn.connector import sample_definition
from exconn.contracts import Checks
from exconn.contracts.request import RequestKind, Target
from exconn.keyspace import keys
from exconn.ledger.limits_in_force import limits_in_force
from exconn.signing import Registry, parse_registry
from exconn.signing.registry_text import WIDE_OPEN
from tests.support.requests.receiving import ANNA, BERT, OTHER_DEVICE, IntakeScene
from tests.support.requests.registries import give, time_passes
from tests.support.requests.signed import registry_text

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
STRICT = '[bounds.erase]\nshort = { count = 1, within = "20m" }\n'


def registry_of(**fields: object) -> Registry:
    return parse_registry(registry_text({"anna": ANNA, "bert": BERT}, **fields))  # type: ignore[arg-type]


@pytest.fixture
def scene(scene: IntakeScene) -> IntakeScene:
    scene.know(OTHER_DEVICE)
    return scene


def held_wipe(scene: IntakeScene) -> str:
    job = scene.ask().job or ""
    scene.hold(job)
    return job


def an_hour_ago(scene: IntakeScene, job: str) -> None:
    """That job was made more than an hour ago."""
    made = int(scene.client.hget(keys.job(job), "created") or 0)
    scene.client.hset(keys.job(job), "created", made - 61 * 60 * 1000)


def own_release(scene: IntakeScene, job: str) -> str:
    answer = scene.ask(RequestKind.RELEASE, target=scene.brake_target(job))
    return answer.error or answer.status


def places(scene: IntakeScene) -> int:
    """How many wipes a request of now lets through in a short time."""
    registry = scene.context.registry()
    known = scene.context.trace.counted(registry, ANNA.id, "anna", by="intake")
    counting = known.in_force(registry, scene.ledger.time())
    definition = scene.store.definition("north")
    return limits_in_force(definition, Checks.ERASE, bounds=counting.all_bounds).breaker[0].limit


def test_a_single_administrator_that_a_thief_writes_releases_none_of_his_wipes_in_the_same_night(
    scene: IntakeScene,
) -> None:
    job = held_wipe(scene)
    an_hour_ago(scene, job)

    give(scene, registry_of(single=True))

    assert own_release(scene, job) == "second_person"
    time_passes(scene, DAY - HOUR)
    assert own_release(scene, job) == "second_person"
    time_passes(scene, HOUR)
    assert own_release(scene, job) == "accepted"


def test_nor_does_it_resume_what_somebody_else_paused(scene: IntakeScene) -> None:
    assert scene.ask(RequestKind.PAUSE, requester="bert").state == "paused"
    since = int(scene.client.hget(keys.paused_by("north"), "since") or 0)
    scene.client.hset(keys.paused_by("north"), "since", since - 60 * 60 * 1000)

    give(scene, registry_of(single=True))

    assert scene.ask(RequestKind.RESUME).state == "pending"


def test_two_persons_are_needed_at_once_where_one_was_enough(scene: IntakeScene) -> None:
    give(scene, registry_of(single=True))
    time_passes(scene, 7 * DAY)
    job = held_wipe(scene)
    an_hour_ago(scene, job)

    give(scene, registry_of())

    assert own_release(scene, job) == "second_person"


def test_bounds_that_a_thief_widens_let_no_more_wipes_through_in_the_same_night(scene: IntakeScene) -> None:
    give(scene, registry_of(bounds=STRICT))
    assert scene.ask().state == "queued"

    give(scene, registry_of(bounds=WIDE_OPEN))

    assert scene.ask(target=Target(device=OTHER_DEVICE)).state == "held"
    assert places(scene) == 1
    time_passes(scene, DAY)
    assert places(scene) > 1


def test_nor_is_a_definition_taken_that_only_the_wider_bounds_allow(scene: IntakeScene) -> None:
    give(scene, registry_of(bounds='[bounds.erase]\nshort = { count = 100000, within = "20m" }\n'))

    text = sample_definition("north").replace("{ count = 10,", "{ count = 100000,")
    answer = scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=text))

    assert answer.error == "definition"
    assert "goes beyond the deployment's bound 10" in (answer.text or "")


def test_bounds_that_are_tightened_hold_at_once_also_while_wider_ones_wait(scene: IntakeScene) -> None:
    give(scene, registry_of(bounds=WIDE_OPEN))
    assert places(scene) == 10

    give(scene, registry_of(bounds=STRICT))

    assert places(scene) == 1


def test_a_second_widening_does_not_shorten_the_wait_of_the_first_nor_its_own(scene: IntakeScene) -> None:
    give(scene, registry_of(bounds=STRICT))
    give(scene, registry_of(bounds=STRICT.replace("1,", "5,")))
    time_passes(scene, DAY - HOUR)

    give(scene, registry_of(bounds=WIDE_OPEN))

    assert places(scene) == 1
    time_passes(scene, HOUR)
    assert places(scene) == 5
    time_passes(scene, DAY)
    assert places(scene) == 10


def test_a_kind_that_no_longer_needs_a_hardware_key_still_does_for_a_day(scene: IntakeScene) -> None:
    give(scene, replace(registry_of(), hardware_for=frozenset({RequestKind.PAUSE})))
    assert scene.ask(RequestKind.PAUSE).error == "hardware_key"

    give(scene, registry_of())

    assert scene.ask(RequestKind.PAUSE).error == "hardware_key"
    time_passes(scene, DAY)
    assert scene.ask(RequestKind.PAUSE).status == "accepted"


def test_the_first_registry_of_a_deployment_counts_as_it_is(scene: IntakeScene, redis_client: redis.Redis) -> None:
    redis_client.delete(keys.REGISTRY)
    scene.start_anew()

    give(scene, registry_of(single=True))
    job = held_wipe(scene)
    an_hour_ago(scene, job)

    assert own_release(scene, job) == "accepted"


def test_the_wait_is_that_of_a_single_administrator_also_where_the_same_edit_ends_it(scene: IntakeScene) -> None:
    """Or else a thief with the file has a week made a day."""
    give(scene, registry_of(single=True))
    time_passes(scene, 7 * DAY)

    give(scene, registry_of(bounds=WIDE_OPEN))

    time_passes(scene, 6 * DAY)
    assert scene.context.trace.counted(scene.registry, ANNA.id, "anna", by="intake").held_back
    assert places(scene) == 10
