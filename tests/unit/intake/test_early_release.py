"""What is new in the registry counts at once when another requester, who was known before, releases it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from exconn.connector import ChangeKind, PendingChange, PendingChanges
from exconn.contracts import Answer
from exconn.contracts.request import RequestKind, Target
from exconn.keyspace import keys
from exconn.signing import Registry, SigningKey, new_signing_key, parse_registry
from exconn.signing.registry_text import WIDE_OPEN
from exconn.stream import Number
from tests.support.requests.receiving import ANNA, BERT, OTHER_DEVICE, IntakeScene
from tests.support.requests.registries import give, time_passes
from tests.support.requests.signed import registry_text
from tests.support.streams.records import messages_of

CARL, TWIN = new_signing_key(), new_signing_key()
DAY = timedelta(days=1)


def registry_of(known: dict[str, SigningKey], **fields: object) -> Registry:
    return parse_registry(registry_text({"anna": ANNA, "bert": BERT, **known}, **fields))  # type: ignore[arg-type]


def waiting(scene: IntakeScene) -> PendingChange:
    """The one change of the registry that waits."""
    (change,) = [one for one in PendingChanges(scene.client).all() if one.kind is ChangeKind.REGISTRY]
    return change


def nothing_waits(scene: IntakeScene) -> bool:
    return PendingChanges(scene.client).all() == []


def released(scene: IntakeScene, change: PendingChange, key: SigningKey, by: str) -> Answer:
    target = Target(jobs=(change.id,), digest=change.shown)
    return scene.answer_of(RequestKind.RELEASE, key, target=target, requester=by)


def held_wipe(scene: IntakeScene) -> str:
    job = scene.ask().job or ""
    scene.hold(job)
    return job


def release_of(scene: IntakeScene, job: str, key: SigningKey, by: str) -> str | None:
    answer = scene.answer_of(RequestKind.RELEASE, key, target=scene.brake_target(job), requester=by)
    return answer.error or answer.status


def test_a_new_key_waits_as_a_change_with_its_difference_which_is_told(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))

    change = waiting(scene)
    assert [(one.field, one.old, one.new, one.why) for one in change.differences] == [
        ("requesters.carl.keys", "", CARL.id, "new_key")
    ]
    assert (change.connector, change.by) == ("", "intake")
    told = messages_of(scene.client)[-1]
    assert (told.number, told.data["change"], told.data["what"]) == (Number.CHANGE_PENDING, change.id, "registry")


def test_a_new_key_releases_at_once_after_another_requester_released_it(scene: IntakeScene) -> None:
    job = held_wipe(scene)
    give(scene, registry_of({"carl": CARL}))
    assert release_of(scene, job, CARL, "carl") == "new_key"

    answer = released(scene, waiting(scene), BERT, "bert")

    assert (answer.status, answer.state) == ("accepted", "counts")
    assert nothing_waits(scene)
    assert release_of(scene, job, CARL, "carl") == "accepted"
    numbers = [message.number for message in messages_of(scene.client)]
    assert Number.CHANGE_RELEASED in numbers


def test_a_new_key_releases_neither_itself_nor_its_twin(scene: IntakeScene) -> None:
    job = held_wipe(scene)
    give(scene, registry_of({"carl": CARL, "twin": TWIN}))
    change = waiting(scene)

    assert released(scene, change, CARL, "carl").error == "new_key"
    assert released(scene, change, TWIN, "twin").error == "new_key"

    assert release_of(scene, job, CARL, "carl") == "new_key"
    assert release_of(scene, job, TWIN, "twin") == "new_key"


def test_nor_does_a_twin_that_comes_with_a_later_revision(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))
    time_passes(scene, DAY - timedelta(hours=1))
    give(scene, registry_of({"carl": CARL, "twin": TWIN}))

    assert released(scene, waiting(scene), CARL, "carl").error == "new_key"
    time_passes(scene, timedelta(hours=1))
    assert released(scene, waiting(scene), CARL, "carl").status == "accepted", "carl is known for a day by now"


def test_a_known_requester_does_not_release_a_further_key_of_the_same_name(scene: IntakeScene) -> None:
    """A thief with one key and the file gives that requester a key of his own, and keeps it."""
    text = registry_text({"anna": ANNA, "bert": BERT}).replace(
        f'keys = ["{ANNA.public_text}"]', f'keys = ["{ANNA.public_text}", "{TWIN.public_text}"]'
    )
    give(scene, parse_registry(text))
    change = waiting(scene)

    assert released(scene, change, ANNA, "anna").error == "second_person"
    assert released(scene, change, BERT, "bert").status == "accepted"


def test_who_gets_more_rights_does_not_release_that(scene: IntakeScene) -> None:
    text = registry_text({"anna": ANNA, "bert": BERT})
    narrow = text.replace('role = "admin"', 'kinds = ["wipe", "release"]', 1)
    give(scene, parse_registry(narrow))
    give(scene, parse_registry(text))
    change = waiting(scene)
    assert {one.field for one in change.differences} == {"requesters.anna.kinds"}
    assert scene.ask(RequestKind.PAUSE).error == "new_right"

    assert released(scene, change, ANNA, "anna").error == "second_person"
    assert released(scene, change, BERT, "bert").status == "accepted"

    assert scene.ask(RequestKind.PAUSE).status == "accepted"


def test_who_may_not_use_every_connector_does_not_release_it(scene: IntakeScene) -> None:
    registry = registry_of({"carl": CARL})
    narrow = registry.requesters["bert"].model_copy(update={"connectors": ("south",)})
    give(scene, replace(registry, requesters={**registry.requesters, "bert": narrow}))
    change = waiting(scene)

    target = Target(jobs=(change.id,), digest=change.shown)
    answer = scene.ask(RequestKind.RELEASE, requester="bert", connector="south", target=target)

    assert answer.error == "not_allowed"


def test_wider_bounds_and_a_single_administrator_count_at_once_when_somebody_known_releases_them(
    scene: IntakeScene,
) -> None:
    scene.know(OTHER_DEVICE)
    give(scene, registry_of({}, bounds="[bounds.quota]\nper_hour = 1\nper_day = 1\n"))
    assert scene.ask().state == "queued"
    give(scene, registry_of({}, bounds=WIDE_OPEN, single=True))
    change = waiting(scene)
    shown = {one.field: (one.old, one.new, one.why) for one in change.differences}
    assert shown["bounds.quota.per_hour"] == ("1", "100000", "widens_limit")
    assert shown["single_administrator"] == ("false", "true", "single_administrator")
    assert scene.ask(target=Target(device=OTHER_DEVICE)).state == "held"

    assert released(scene, change, BERT, "bert").status == "accepted"

    assert nothing_waits(scene)
    known = scene.context.trace.counted(scene.registry, ANNA.id, "anna", by="intake")
    assert known.in_force(scene.registry, scene.ledger.time()).single_administrator


def test_a_later_revision_takes_the_place_of_the_change_and_lists_all_that_waits(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))
    old = waiting(scene)

    give(scene, registry_of({"carl": CARL, "twin": TWIN}))

    assert {one.new for one in waiting(scene).differences} == {CARL.id, TWIN.id}
    assert released(scene, old, BERT, "bert").error == "unknown_job"
    dropped = [m.data for m in messages_of(scene.client) if m.number == Number.CHANGE_DROPPED]
    assert [(one["change"], one["why"]) for one in dropped] == [(old.id, "superseded")]


def test_a_key_that_is_taken_out_again_waits_no_longer(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))

    give(scene, registry_of({}))

    assert nothing_waits(scene)


def test_what_was_released_counts_on_when_a_later_revision_adds_more(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))
    released(scene, waiting(scene), BERT, "bert")

    give(scene, registry_of({"carl": CARL, "twin": TWIN}))

    assert {one.new for one in waiting(scene).differences} == {TWIN.id}
    assert released(scene, waiting(scene), CARL, "carl").status == "accepted"


@pytest.mark.parametrize("part", ["differences", "content"])
def test_a_change_that_was_written_anew_is_not_released(scene: IntakeScene, part: str) -> None:
    """As who may write the ledger's changes could, to have somebody agree to less than there is."""
    give(scene, registry_of({"carl": CARL, "twin": TWIN}))
    change = waiting(scene)
    less = change.differences[:1] if part == "differences" else change.content.replace("revision", "edition")
    other = change.model_copy(update={part: less})
    scene.client.hset(keys.CHANGES, change.id, other.model_dump_json())

    assert released(scene, other, BERT, "bert").error in ("connector", "bad_target")
    assert release_of(scene, held_wipe(scene), TWIN, "twin") == "new_key"


def test_it_expires_when_all_counts_anyway_and_after_three_days_at_last(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))
    change = waiting(scene)
    assert change.expires_at - change.at == DAY

    give(scene, registry_of({"carl": CARL, "twin": TWIN}, single=True))
    assert waiting(scene).expires_at - waiting(scene).at == timedelta(hours=72)


def test_with_a_single_administrator_another_requester_still_releases_a_new_key_at_once(scene: IntakeScene) -> None:
    give(scene, registry_of({}, single=True))
    time_passes(scene, 7 * DAY)
    give(scene, registry_of({"carl": CARL}, single=True))

    assert released(scene, waiting(scene), BERT, "bert").status == "accepted"


def test_anybody_with_the_right_gives_it_up_which_makes_nothing_count(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))
    change = waiting(scene)

    assert scene.ask(RequestKind.JOB_CANCEL, target=Target(jobs=(change.id,))).status == "accepted"

    assert nothing_waits(scene)
    assert release_of(scene, held_wipe(scene), CARL, "carl") == "new_key"


def test_a_new_key_does_not_resume_either(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))
    assert scene.ask(RequestKind.PAUSE).state == "paused"

    assert scene.answer_of(RequestKind.RESUME, CARL, requester="carl").error == "new_key"


def test_two_releases_at_once_are_one(scene: IntakeScene) -> None:
    give(scene, registry_of({"carl": CARL}))
    change = waiting(scene)
    trace, found = scene.context.trace, scene.context.trace.waiting(scene.registry)
    assert found is not None

    assert trace.count_now(change, found, by="bert")
    assert not trace.count_now(change, found, by="anna")
