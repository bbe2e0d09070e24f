"""Job records expire only after the projector has them; what guards against doubling lives longer."""

from datetime import timedelta

from exconn.keyspace import keys
from exconn.ledger import State
from tests.conformance.ledger.scene import SOON, Scene, a_wipe
from tests.support.machine.processes import wait_until

KEEP = timedelta(minutes=1)


def settled(scene: Scene, key: str, **changes: object) -> str:
    job_id = scene.ledger.insert(a_wipe(key, **changes)).job_id
    scene.ledger.settle(scene.claim(job_id), "succeeded")
    return job_id


def expires(scene: Scene, job_id: str) -> bool:
    return bool(scene.client.pttl(keys.job(job_id)) > 0)


def test_only_what_the_projector_has_confirmed_expires(scene: Scene) -> None:
    confirmed = settled(scene, "first")
    until = scene.messages(confirmed)[-1].at
    wait_until(lambda: scene.ledger.time() > until + timedelta(milliseconds=2), SOON, "the clock to move")
    newer = settled(scene, "second")
    unsettled = scene.insert()

    retired = scene.ledger.retire(confirmed_before=until + timedelta(milliseconds=1), keep=KEEP)

    assert retired == 1
    assert [expires(scene, job_id) for job_id in (confirmed, newer, unsettled)] == [True, False, False]


def test_a_message_of_the_same_millisecond_may_still_be_under_way(scene: Scene) -> None:
    job_id = settled(scene, "first")

    scene.ledger.retire(confirmed_before=scene.messages(job_id)[-1].at, keep=KEEP)

    assert not expires(scene, job_id)


def test_nothing_expires_while_the_projector_stands_still(scene: Scene) -> None:
    job_id = settled(scene, "first")

    assert scene.ledger.retire(confirmed_before=scene.messages()[0].at, keep=KEEP) == 0

    assert scene.client.pttl(keys.job(job_id)) == -1
    assert scene.client.pttl(keys.idempotency("wipe", "hq", "first")) == -1


def test_an_idempotency_key_outlives_its_job_by_the_time_it_was_made_with(scene: Scene) -> None:
    job_id = settled(scene, "first", idempotency_kept=timedelta(days=7))

    scene.ledger.retire(confirmed_before=scene.ledger.time() + KEEP, keep=KEEP)

    job, key = scene.client.pttl(keys.job(job_id)), scene.client.pttl(keys.idempotency("wipe", "hq", "first"))
    assert 0 < job <= 60_000
    assert key - job > 7 * 86_400_000 - 1_000


def test_a_retired_job_still_answers_its_key(scene: Scene) -> None:
    job_id = settled(scene, "first", idempotency_digest="d1")
    scene.ledger.retire(confirmed_before=scene.ledger.time() + KEEP, keep=timedelta(milliseconds=1))
    wait_until(lambda: scene.ledger.job(job_id) is None, SOON, "the job to expire")

    again = scene.ledger.insert(a_wipe("first", idempotency_digest="d1"))

    assert (again.job_id, again.created, again.state) == (job_id, False, State.SETTLED)
    assert scene.client.pttl(keys.idempotency("wipe", "hq", "first")) > 0


def test_a_job_is_retired_once_and_no_more_at_a_time_than_asked(scene: Scene) -> None:
    for number in range(5):
        settled(scene, f"key-{number}")
    later = scene.ledger.time() + KEEP

    counts = [scene.ledger.retire(confirmed_before=later, keep=KEEP, limit=2) for _ in range(4)]

    assert counts == [2, 2, 1, 0]
