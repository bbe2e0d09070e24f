"""A stolen key does not undo the kill switch: who paused resumes, or somebody whose actions do not wait for it."""

import pytest

from exconn.contracts import Answer
from exconn.contracts.refusals import Refusal
from exconn.contracts.request import RequestKind, Target
from exconn.intake.context import KnownDevice
from exconn.stream import Number
from tests.support.requests.receiving import IntakeScene
from tests.support.streams.records import messages_of

#: Bert pauses because of what comes from the key of Anna, which was stolen.
THIEF, OWNER = "anna", "bert"


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

    assert (answer.status, answer.error) == ("refused", Refusal.SECOND_PERSON)
    assert "bert" in (answer.remedy or "")
    assert paused.ledger.switch("north") == "paused"


def test_that_the_thief_pauses_again_changes_nothing(paused: IntakeScene) -> None:
    pause(paused, THIEF)

    assert resume(paused, THIEF).error == Refusal.SECOND_PERSON
    assert resume(paused, OWNER).state == "running"


def test_a_thief_who_paused_first_does_not_resume_what_somebody_else_paused_too(scene: IntakeScene) -> None:
    job_id = wipe(scene, 1, THIEF)
    pause(scene, THIEF)
    pause(scene, OWNER)
    stop(scene, job_id)

    assert resume(scene, THIEF).error == Refusal.SECOND_PERSON
    assert resume(scene, OWNER).state == "running"


def test_a_wipe_that_no_worker_has_come_by_yet_counts_as_one_that_waits(scene: IntakeScene) -> None:
    pause(scene, OWNER)
    wipe(scene, 1, THIEF)
    stop(scene, wipe(scene, 2, OWNER))

    assert resume(scene, THIEF).error == Refusal.SECOND_PERSON


def test_where_nothing_waits_another_one_than_who_paused_does_not_resume_alone(scene: IntakeScene) -> None:
    pause(scene, OWNER)

    assert resume(scene, THIEF).error == Refusal.SECOND_PERSON
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

    assert resume(scene, THIEF).error == Refusal.SECOND_PERSON
