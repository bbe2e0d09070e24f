"""A stolen key does not undo the kill switch: who paused resumes, or somebody whose actions do not wait for it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis

from exconn.connector import PendingChange, PendingChanges
from exconn.contracts import Answer
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import RequestKind, Target
from exconn.intake.context import KnownDevice
from exconn.keyspace import keys
from exconn.ledger import Lease, NotYoursToResumeError, Outcome, Stopped
from exconn.signing import parse_registry
from exconn.stream import Number, Severity
from tests.support.machine.processes import wait_until
from tests.support.requests.receiving import ANNA, BERT, IntakeScene
from tests.support.requests.registries import give_long_ago
from tests.support.requests.signed import organization_of, registry_text
from tests.support.streams.records import messages_of

#: Bert pauses because of what comes from the key of Anna, which was stolen.
THIEF, OWNER = "anna", "bert"
ASKED_LATELY = keys.asked_lately(organization_of("north"))


def wipe(scene: IntakeScene, number: int, requester: str) -> str:
    guid = f"22222222-2222-3333-4444-{number:012d}"
    scene.devices[guid] = KnownDevice()
    answer = scene.ask(requester=requester, target=Target(device=guid))
    assert answer.job is not None
    return answer.job


def stop(scene: IntakeScene, job_id: str) -> None:
    """A worker comes by, and the kill switch stops the job."""
    assert scene.ledger.claim(job_id, "worker") is None


def pause(scene: IntakeScene, requester: str) -> None:
    assert scene.ask(RequestKind.PAUSE, requester=requester).state == "paused"


def resume(scene: IntakeScene, requester: str) -> Answer:
    return scene.ask(RequestKind.RESUME, requester=requester)


@pytest.fixture
def paused(scene: IntakeScene) -> IntakeScene:
    """Bert paused, and a wipe of the thief waits."""
    pause(scene, OWNER)
    stop(scene, wipe(scene, 1, THIEF))
    return scene


def test_the_thief_whose_wipe_waits_does_not_resume_and_is_told_who_may(paused: IntakeScene) -> None:
    answer = resume(paused, THIEF)

    assert (answer.status, answer.state) == ("accepted", "pending")
    assert answer.text == "still paused: bert paused north, and you have asked for actions yourself"
    assert "have bert resume, or another person release this: exconn brakes release change-" in (answer.remedy or "")
    assert paused.ledger.switch("north") == "paused"


def test_that_the_thief_pauses_again_changes_nothing(paused: IntakeScene) -> None:
    pause(paused, THIEF)

    assert resume(paused, THIEF).state == "pending"
    assert resume(paused, OWNER).state == "running"


def test_a_thief_who_paused_first_does_not_resume_what_somebody_else_paused_too(scene: IntakeScene) -> None:
    job_id = wipe(scene, 1, THIEF)
    pause(scene, THIEF)
    pause(scene, OWNER)
    stop(scene, job_id)

    assert resume(scene, THIEF).state == "pending"
    assert resume(scene, OWNER).state == "running"


def test_a_wipe_that_no_worker_has_come_by_yet_counts_as_one_that_waits(scene: IntakeScene) -> None:
    pause(scene, OWNER)
    wipe(scene, 1, THIEF)
    stop(scene, wipe(scene, 2, OWNER))

    assert resume(scene, THIEF).state == "pending"


def test_so_does_one_that_has_begun_and_would_be_sent_anew(scene: IntakeScene) -> None:
    job_id = wipe(scene, 1, THIEF)
    claim = scene.ledger.claim(job_id, "worker")
    assert claim is not None
    scene.ledger.begin(claim.lease)
    pause(scene, OWNER)
    with pytest.raises(Stopped):
        scene.ledger.begin(claim.lease)

    assert resume(scene, THIEF).state == "pending"


def begin(scene: IntakeScene, job_id: str) -> Lease:
    """A worker lets it through."""
    claim = scene.ledger.claim(job_id, "worker")
    assert claim is not None
    scene.ledger.begin(claim.lease)
    return claim.lease


def send(scene: IntakeScene, job_id: str) -> None:
    """Exchange has it."""
    lease = begin(scene, job_id)
    scene.ledger.settle(lease, Outcome.SUCCEEDED)


def cancel(scene: IntakeScene, job_id: str) -> None:
    """The thief himself takes it back."""
    answer = scene.ask(RequestKind.JOB_CANCEL, requester=THIEF, target=Target(jobs=(job_id,)))
    assert (answer.details or {})["results"] == [f"{job_id} cancelled"]


@pytest.mark.parametrize("became", [begin, send, cancel, IntakeScene.hold])
def test_nor_does_a_thief_resume_for_others_whatever_became_of_his_own_actions(
    scene: IntakeScene, became: Callable[[IntakeScene, str], object]
) -> None:
    """A wipe of somebody else waits, and each of his own has begun, ended, was cancelled or is held."""
    became(scene, wipe(scene, 1, THIEF))
    pause(scene, OWNER)
    stop(scene, wipe(scene, 2, OWNER))

    assert resume(scene, THIEF).state == "pending"
    assert scene.ledger.switch("north") == "paused"


@pytest.mark.parametrize("became", [begin, send, cancel, IntakeScene.hold])
def test_nor_a_thief_who_paused_first_what_others_paused_too(
    scene: IntakeScene, became: Callable[[IntakeScene, str], object]
) -> None:
    became(scene, wipe(scene, 1, THIEF))
    pause(scene, THIEF)
    pause(scene, OWNER)

    assert resume(scene, THIEF).state == "pending"
    assert scene.ledger.switch("north") == "paused"


def test_whose_actions_are_a_day_old_and_ended_resumes_for_others(scene: IntakeScene) -> None:
    send(scene, wipe(scene, 1, THIEF))
    pause(scene, OWNER)
    stop(scene, wipe(scene, 2, OWNER))
    a_day_ago = scene.ledger.time() - timedelta(days=1, seconds=1)
    scene.client.zadd(ASKED_LATELY, {THIEF: a_day_ago.timestamp() * 1000})

    assert resume(scene, THIEF).state == "running"
    assert scene.client.zrange(ASKED_LATELY, 0, -1) == [OWNER]


def test_nobody_remembers_for_longer_than_that_who_asked(scene: IntakeScene) -> None:
    wipe(scene, 1, OWNER)
    scene.client.persist(ASKED_LATELY)
    wipe(scene, 2, OWNER)

    left = timedelta(milliseconds=scene.client.pttl(ASKED_LATELY))
    assert timedelta(hours=23) < left <= timedelta(days=1)


def test_whose_action_is_a_day_old_and_open_does_not(scene: IntakeScene) -> None:
    begin(scene, wipe(scene, 1, THIEF))
    pause(scene, OWNER)
    stop(scene, wipe(scene, 2, OWNER))
    scene.client.delete(ASKED_LATELY)

    assert resume(scene, THIEF).state == "pending"


def test_where_nothing_waits_another_one_than_who_paused_does_not_resume_alone(scene: IntakeScene) -> None:
    pause(scene, OWNER)

    assert resume(scene, THIEF).state == "pending"
    assert scene.ledger.switch("north") == "paused"


def test_who_paused_resumes_and_the_record_names_both(paused: IntakeScene) -> None:
    assert resume(paused, OWNER).state == "running"

    message = next(each for each in reversed(messages_of(paused.client)) if each.number == Number.BRAKE_RESUMED)
    assert (message.data["first_paused_by"], message.data["resumed_by"]) == (OWNER, OWNER)


def test_another_one_resumes_for_those_whose_actions_wait(scene: IntakeScene) -> None:
    pause(scene, OWNER)
    stop(scene, wipe(scene, 1, OWNER))

    assert resume(scene, THIEF).state == "running"


def test_who_paused_before_the_last_resume_has_no_say_any_more(scene: IntakeScene) -> None:
    pause(scene, THIEF)
    assert resume(scene, THIEF).state == "running"
    pause(scene, OWNER)

    assert resume(scene, THIEF).state == "pending"


def release(scene: IntakeScene, change: PendingChange, requester: str) -> Answer:
    target = Target(jobs=(change.id,), digest=change.shown)
    return scene.ask(RequestKind.RELEASE, requester=requester, target=target)


def asked_to_resume(scene: IntakeScene) -> PendingChange:
    """What the thief asked for, and waits."""
    answer = resume(scene, THIEF)
    (change,) = PendingChanges(scene.client).of("north")
    assert change.id == (answer.details or {})["change"]
    return change


def test_what_one_asked_for_another_one_releases_and_the_asker_does_not(paused: IntakeScene) -> None:
    change = asked_to_resume(paused)

    assert release(paused, change, THIEF).error == Refusal.SECOND_PERSON
    assert paused.ledger.switch("north") == "paused"
    assert release(paused, change, OWNER).state == "running"
    assert paused.ledger.switch("north") == "running"
    assert not PendingChanges(paused.client).of("north")
    message = next(each for each in reversed(messages_of(paused.client)) if each.number == Number.BRAKE_RESUMED)
    assert {name: message.data[name] for name in ("first_paused_by", "resumed_by", "asked_by")} == {
        "first_paused_by": OWNER,
        "resumed_by": OWNER,
        "asked_by": THIEF,
    }


def test_nobody_is_a_second_person_for_what_that_one_asked_for(paused: IntakeScene) -> None:
    """The ledger's own wall, behind that of intake."""
    change = asked_to_resume(paused)

    with pytest.raises(NotYoursToResumeError):
        paused.ledger.resume("north", by=THIEF, asked_by=THIEF, paused_at=change.base)


def test_it_is_about_that_pause_and_about_no_later_one(paused: IntakeScene) -> None:
    """Bert resumed and paused anew: what was asked for before does not end that."""
    change = asked_to_resume(paused)
    kept = str(paused.client.hget(keys.CHANGES, change.id))
    assert resume(paused, OWNER).state == "running"
    assert not PendingChanges(paused.client).of("north")
    wait_until(lambda: paused.ledger.time() > change.at, timedelta(seconds=5), "another millisecond")
    pause(paused, OWNER)
    stop(paused, wipe(paused, 2, "bert"))
    paused.client.hset(keys.CHANGES, change.id, kept)

    paused.ledger.pause("north", by="carol")
    assert release(paused, change, OWNER).error == Refusal.UNKNOWN_JOB
    assert paused.ledger.switch("north") == "paused"


@pytest.fixture
def alone(redis_client: redis.Redis, scene: IntakeScene) -> IntakeScene:
    """A deployment with a single administrator, and another one that may pause."""
    give_long_ago(scene, parse_registry(registry_text({"anna": ANNA, "bert": BERT}, single=True)))
    pause(scene, OWNER)
    return scene


def test_with_a_single_administrator_it_takes_an_hour_and_is_announced(alone: IntakeScene) -> None:
    refused = resume(alone, THIEF)

    assert refused.error == Refusal.TOO_EARLY
    assert (refused.remedy or "").startswith("resume from ")
    an_hour_passes(alone)
    assert resume(alone, THIEF).state == "running"
    warning = messages_of(alone.client)[-1]
    assert (warning.number, warning.severity) == (Number.BRAKE_RESUMED_ALONE, Severity.WARNING)
    assert warning.text == "Kill switch: anna alone resumed what bert had paused"


def an_hour_passes(scene: IntakeScene) -> None:
    """Since the pause."""
    since = int(scene.client.hget(keys.paused_by("north"), "since") or 0)
    scene.client.hset(keys.paused_by("north"), "since", since - 60 * 60 * 1000)


@pytest.mark.parametrize("whose", [None, THIEF, OWNER], ids=["nothing waits", "an own wipe", "a wipe of another"])
def test_the_key_of_a_single_administrator_who_paused_does_not_resume_at_once(
    alone: IntakeScene, whose: str | None
) -> None:
    """It is the key that was stolen: who has it would go on as if nobody had paused."""
    assert resume(alone, OWNER).error == Refusal.TOO_EARLY
    an_hour_passes(alone)
    assert resume(alone, OWNER).state == "running"
    pause(alone, THIEF)
    if whose:
        stop(alone, wipe(alone, 1, whose))

    refused = resume(alone, THIEF)

    assert refused.error == Refusal.TOO_EARLY
    assert refused.text == "you paused north yourself, and a single administrator has nobody who agrees"
    assert (refused.remedy or "").startswith("resume from ")
    an_hour_passes(alone)
    assert resume(alone, THIEF).state == "running"
    assert messages_of(alone.client)[-1].text == "Kill switch: anna alone resumed what anna had paused"


def test_with_a_single_administrator_another_one_still_resumes_for_those_whose_actions_wait(alone: IntakeScene) -> None:
    stop(alone, wipe(alone, 1, OWNER))

    assert resume(alone, THIEF).state == "running"


def test_who_may_release_and_not_resume_does_not_agree_that_actions_go_on(paused: IntakeScene) -> None:
    change = asked_to_resume(paused)
    narrow = registry_text({"anna": ANNA, "bert": BERT}).replace('role = "admin"', 'kinds = ["wipe", "release"]')
    give_long_ago(paused, parse_registry(narrow))

    answer = release(paused, change, OWNER)

    assert answer.error == Refusal.NOT_ALLOWED
    assert paused.ledger.switch("north") == "paused"


def test_a_switch_that_nobody_turned_on_is_resumed_by_whoever_may(scene: IntakeScene) -> None:
    """As after the ledger was set back; who had paused before is no matter."""
    pause(scene, OWNER)
    resume(scene, OWNER)
    scene.client.delete(keys.switch("north"))

    assert resume(scene, THIEF).state == "running"
