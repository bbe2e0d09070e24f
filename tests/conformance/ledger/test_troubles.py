"""What keeps an account from working is kept once: jobs wait for its end, one tries at a time, and all are due then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis

from exconn.contracts import Checks, WaitReason
from exconn.keyspace import keys
from exconn.ledger import AccountTrouble, AccountTroubles, State, Stopped
from exconn.ledger.account_troubles import FIRST_IN_LINE, MOST_WOKEN
from exconn.stream import Number
from tests.conformance.ledger.scene import CONNECTOR, Scene
from tests.support.machine.processes import wait_until
from tests.support.streams.written import WRITTEN

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
SOON = timedelta(seconds=10)
REFUSED = AccountTrouble(code=WaitReason.ACCOUNT_REFUSED, account="svc", said="401")
NO_CLEAR = AccountTrouble(code=WaitReason.CMDLET_MISSING, account="svc", cmdlet="Clear-MobileDevice")
NO_CANCEL = AccountTrouble(
    code=WaitReason.PARAMETER_MISSING, account="svc", cmdlet="Clear-MobileDevice", parameter="Cancel"
)
DISTRUSTED = AccountTrouble(code=WaitReason.UNTRUSTED_CERTIFICATE, said="self-signed")
ALARMS = (Number.ACCOUNT_REFUSED, Number.RIGHT_MISSING, Number.CONNECTION_REFUSED)
NEWS = (*ALARMS, Number.TROUBLE_OVER, Number.TROUBLE_DROPPED)


@pytest.fixture
def troubles(redis_client: redis.Redis) -> AccountTroubles:
    """With pauses as they are in service."""
    return AccountTroubles(redis_client)


@pytest.fixture
def hasty(redis_client: redis.Redis) -> AccountTroubles:
    """With a next try that is due at once."""
    none = timedelta(0)
    return AccountTroubles(redis_client, first_pause=none, longest_pause=none)


def told(scene: Scene) -> list[Number]:
    return [Number(message.number) for message in scene.messages() if message.number in NEWS]


def waiting_for(scene: Scene, trouble: AccountTrouble, *, count: int = 1) -> list[str]:
    """Jobs that were put off until a trouble ends."""
    jobs = []
    for _ in range(count):
        lease = scene.inserted_and_claimed()
        scene.ledger.defer(lease, MINUTE, reason=WaitReason(trouble.code), awaits=trouble.name)
        jobs.append(lease.job_id)
    return jobs


def let_a_moment_pass(scene: Scene) -> None:
    """Jobs that were made in one millisecond have no order."""
    now = scene.ledger.time()
    wait_until(lambda: scene.ledger.time() > now, SECOND, "the next millisecond")


def due_now(scene: Scene, jobs: list[str]) -> int:
    now = scene.ledger.time() + SECOND
    return sum(1 for job in jobs if (scene.job(job).due or datetime.max.replace(tzinfo=UTC)) <= now)


@pytest.mark.parametrize(
    ("trouble", "number"),
    [
        (REFUSED, Number.ACCOUNT_REFUSED),
        (NO_CLEAR, Number.RIGHT_MISSING),
        (NO_CANCEL, Number.RIGHT_MISSING),
        (DISTRUSTED, Number.CONNECTION_REFUSED),
    ],
    ids=lambda each: each.name if isinstance(each, AccountTrouble) else "",
)
def test_a_trouble_is_told_when_it_is_new_counted_after_that_and_told_when_it_is_over(
    scene: Scene, hasty: AccountTroubles, trouble: AccountTrouble, number: Number
) -> None:
    for failures in range(5):
        hasty.found(CONNECTOR, trouble, by="worker", seen=failures)

    (present,) = hasty.present(CONNECTOR)
    assert (present.name, present.code, present.failures) == (trouble.name, trouble.code, 5)
    assert told(scene) == [number]

    hasty.over(CONNECTOR, trouble, by="worker")
    hasty.over(CONNECTOR, trouble, by="worker")

    assert told(scene) == [number, Number.TROUBLE_OVER]
    assert hasty.known(CONNECTOR) == []
    assert scene.messages()[-1].data["failures"] == 5


def test_another_code_of_the_same_account_is_told_anew(scene: Scene, troubles: AccountTroubles) -> None:
    unreadable = AccountTrouble(code=WaitReason.ENDPOINT_REFUSED, account="svc", said="no such file")

    for each in (REFUSED, unreadable, unreadable):
        troubles.found(CONNECTOR, each, by="worker", seen=9)

    assert told(scene) == [Number.ACCOUNT_REFUSED, Number.ACCOUNT_REFUSED]
    assert [each.code for each in troubles.present(CONNECTOR)] == [WaitReason.ENDPOINT_REFUSED]


def test_pauses_between_tries_double_up_to_a_quarter_of_an_hour(troubles: AccountTroubles) -> None:
    pauses = [troubles.found(CONNECTOR, REFUSED, by="worker", seen=failures) for failures in range(12)]

    for failures, pause in enumerate(pauses):
        full = min(15 * 2**failures, 900)
        assert timedelta(seconds=full * 0.75) <= pause <= timedelta(seconds=full)


def test_refusals_of_many_workers_at_the_same_time_count_as_one(troubles: AccountTroubles) -> None:
    for _ in range(8):
        wait = troubles.found(CONNECTOR, REFUSED, by="worker")

    assert troubles.present(CONNECTOR)[0].failures == 1
    assert wait <= timedelta(seconds=15)


def test_tries_that_are_used_up_are_waited_for_and_no_longer(troubles: AccountTroubles) -> None:
    for failures in range(8):
        troubles.found(CONNECTOR, REFUSED, by="worker", seen=failures)

    used_up = replace(REFUSED, said="not tried again for 40 seconds")
    wait = troubles.found(CONNECTOR, used_up, by="worker", seen=8, wait=timedelta(seconds=40))

    assert timedelta(seconds=35) < wait <= timedelta(seconds=40)
    (present,) = troubles.present(CONNECTOR)
    assert (present.failures, present.said) == (8, REFUSED.said)


def test_nobody_tries_before_the_next_try_is_due_and_then_one_at_a_time(redis_client: redis.Redis) -> None:
    troubles = AccountTroubles(redis_client, first_pause=timedelta(milliseconds=200))
    troubles.found(CONNECTOR, REFUSED, by="worker")

    too_early = troubles.may_try(CONNECTOR, [REFUSED.name])
    assert (too_early.admitted, too_early.trouble) == (False, REFUSED.name)

    wait_until(lambda: troubles.may_try(CONNECTOR, [REFUSED.name]).admitted, SOON, "the next try")
    others = [troubles.may_try(CONNECTOR, [REFUSED.name]) for _ in range(5)]
    assert not any(each.admitted for each in others)
    assert all(timedelta(seconds=20) < each.wait <= timedelta(seconds=30) for each in others)


def test_a_try_of_a_worker_that_died_is_made_by_another_one(redis_client: redis.Redis) -> None:
    troubles = AccountTroubles(redis_client, first_pause=timedelta(0), try_within=timedelta(milliseconds=200))
    troubles.found(CONNECTOR, REFUSED, by="worker")
    assert troubles.may_try(CONNECTOR, [REFUSED.name]).admitted
    assert not troubles.may_try(CONNECTOR, [REFUSED.name]).admitted

    wait_until(lambda: troubles.may_try(CONNECTOR, [REFUSED.name]).admitted, SOON, "another try")


def test_a_job_that_needs_two_things_tries_only_when_both_may_be_tried(
    troubles: AccountTroubles, hasty: AccountTroubles
) -> None:
    hasty.found(CONNECTOR, REFUSED, by="worker")
    troubles.found(CONNECTOR, NO_CLEAR, by="worker")

    both = troubles.may_try(CONNECTOR, [REFUSED.name, NO_CLEAR.name])

    assert (both.admitted, both.trouble) == (False, NO_CLEAR.name)
    assert troubles.may_try(CONNECTOR, [REFUSED.name]).seen == {REFUSED.name: 1}


def test_a_missing_right_concerns_the_jobs_that_met_it_and_a_refused_account_all_of_its_jobs(
    troubles: AccountTroubles,
) -> None:
    for need in ("wipe/accepted", "wipe/issuing"):
        troubles.found(CONNECTOR, NO_CLEAR, by="worker", need=need)
    (right,) = troubles.present(CONNECTOR)

    assert right.concerns("svc", "wipe/accepted")
    assert right.concerns("svc", "wipe/issuing")
    assert not right.concerns("svc", "wipe/sent")
    assert not right.concerns("other", "wipe/accepted")
    assert REFUSED.concerns("svc", "wipe/sent")
    assert not REFUSED.concerns("other", "wipe/sent")
    assert DISTRUSTED.concerns("other", "sweep")


def test_a_job_that_meets_a_trouble_waits_without_failures_of_its_own_and_says_so_once(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    (job,) = waiting_for(scene, REFUSED)
    for _ in range(20):
        scene.client.zadd(keys.due("actions", CONNECTOR), {job: 0})
        scene.client.hset(keys.job(job), "due", 0)
        scene.ledger.defer(scene.claim(job), MINUTE, reason=WaitReason.ACCOUNT_REFUSED, awaits=REFUSED.name)

    assert (scene.job(job).failures, scene.job(job).reason) == (0, WaitReason.ACCOUNT_REFUSED)
    assert [each.number for each in scene.messages(job)].count(Number.JOB_WAITING) == 1
    assert troubles.present(CONNECTOR)[0].waiting == 1


def test_all_that_waited_is_due_when_it_works_again_and_what_ended_meanwhile_is_left_alone(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    troubles.found(CONNECTOR, NO_CLEAR, by="worker")
    waiting, of_another = waiting_for(scene, REFUSED, count=12), waiting_for(scene, NO_CLEAR)
    scene.ledger.cancel(waiting[0], by="boss")
    assert troubles.present(CONNECTOR)[0].waiting == 11

    assert troubles.over(CONNECTOR, REFUSED, by="worker") == 0

    assert due_now(scene, waiting[1:]) == 11
    assert scene.state(waiting[0]) is State.SETTLED
    assert due_now(scene, of_another) == 0


def test_a_refused_password_is_not_tried_by_hundreds_of_jobs_at_once_when_its_time_has_come(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")

    jobs = []
    for _ in range(FIRST_IN_LINE + 7):
        jobs += waiting_for(scene, REFUSED)
        let_a_moment_pass(scene)

    soon = scene.ledger.time() + 2 * MINUTE
    assert [job for job in jobs if (scene.job(job).due or soon) < soon] == jobs[:FIRST_IN_LINE]


@pytest.mark.slow
def test_nothing_is_stranded_when_the_worker_dies_while_it_wakes_those_that_waited(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    jobs = waiting_for(scene, REFUSED, count=MOST_WOKEN + 20)

    left = troubles.over(CONNECTOR, REFUSED, by="worker")  # and is never heard of again

    assert left == 20
    assert troubles.present(CONNECTOR) == []
    troubles.wake(CONNECTOR, by="coordinator")
    assert due_now(scene, jobs) == len(jobs)
    assert troubles.known(CONNECTOR) == []
    assert told(scene) == [Number.ACCOUNT_REFUSED, Number.TROUBLE_OVER]


@pytest.mark.slow
def test_what_fails_again_while_the_last_ones_are_woken_is_a_new_trouble(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    waiting_for(scene, REFUSED, count=MOST_WOKEN + 3)
    troubles.over(CONNECTOR, REFUSED, by="worker")

    troubles.found(CONNECTOR, REFUSED, by="worker")

    troubles.wake(CONNECTOR, by="coordinator")
    (present,) = troubles.present(CONNECTOR)
    assert (present.failures, present.waiting) == (1, 3)
    assert told(scene) == [Number.ACCOUNT_REFUSED, Number.TROUBLE_OVER, Number.ACCOUNT_REFUSED]


def test_a_job_that_is_put_off_after_the_trouble_was_over_is_due_at_once(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    troubles.over(CONNECTOR, REFUSED, by="other worker")

    jobs = waiting_for(scene, REFUSED)

    assert due_now(scene, jobs) == 1
    assert scene.client.keys("exconn:awaiting:*") == []


def test_a_job_that_waits_for_something_else_now_is_not_woken(scene: Scene, troubles: AccountTroubles) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    (job,) = waiting_for(scene, REFUSED)
    scene.ledger.retry(job, by="boss")
    scene.ledger.defer(scene.claim(job), timedelta(hours=3), reason=WaitReason.DEVICE_SILENT)

    assert troubles.present(CONNECTOR)[0].waiting == 0
    troubles.over(CONNECTOR, REFUSED, by="worker")

    assert due_now(scene, [job]) == 0


def test_a_job_that_a_worker_has_or_that_the_kill_switch_stopped_is_left_as_it_is_when_others_are_woken(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    tried, stopped = waiting_for(scene, REFUSED, count=2)
    for job in (tried, stopped):
        scene.ledger.retry(job, by="boss")
    leases = [scene.claim(job) for job in (tried, stopped)]
    scene.ledger.pause(CONNECTOR, by="boss")
    with pytest.raises(Stopped):
        scene.ledger.begin(leases[1])
    before = [scene.fields(job)["due"] for job in (tried, stopped)]

    troubles.over(CONNECTOR, REFUSED, by="worker")

    assert [scene.fields(job)["due"] for job in (tried, stopped)] == before
    assert [scene.state(job) for job in (tried, stopped)] == [State.CLAIMED, State.WAITING]


def test_jobs_that_the_kill_switch_stops_leave_their_try_to_the_next_one_in_line(
    scene: Scene, troubles: AccountTroubles
) -> None:
    troubles.found(CONNECTOR, REFUSED, by="worker")
    waiting_for(scene, REFUSED, count=FIRST_IN_LINE + 1)
    let_a_moment_pass(scene)
    allow = scene.inserted_and_claimed(checks=Checks.ALLOW)
    scene.ledger.defer(allow, MINUTE, reason=WaitReason(REFUSED.code), awaits=REFUSED.name)
    scene.ledger.pause(CONNECTOR, by="boss")
    *wipes, last = map(str, scene.client.zrange(keys.awaiting(CONNECTOR, REFUSED.name), 0, -1))
    scene.client.hset(keys.job(wipes[0]), "due", 1)

    for wipe in wipes:
        scene.wait_past(wipe)
        assert scene.ledger.claim(wipe, "one") is None

    assert (last, troubles.present(CONNECTOR)[0].waiting) == (allow.job_id, 1)
    scene.wait_past(last)
    scene.claim(last)


def test_a_retry_of_a_job_that_waits_makes_the_next_try_due_now(scene: Scene, troubles: AccountTroubles) -> None:
    for failures in range(8):
        troubles.found(CONNECTOR, REFUSED, by="worker", seen=failures)
    (job,) = waiting_for(scene, REFUSED)

    scene.ledger.retry(job, by="boss")

    assert scene.state(job) is State.QUEUED
    assert troubles.may_try(CONNECTOR, [REFUSED.name]).admitted
    assert not troubles.may_try(CONNECTOR, [REFUSED.name]).admitted


def test_a_new_definition_tries_at_once_what_it_names_and_drops_what_it_does_not(
    scene: Scene, troubles: AccountTroubles
) -> None:
    old = AccountTrouble(code=WaitReason.ACCOUNT_REFUSED, account="old", said="401")
    jobs = {}
    for each in (REFUSED, old, DISTRUSTED):
        troubles.found(CONNECTOR, each, by="worker")
        jobs[each.name] = waiting_for(scene, each)
    with_others = waiting_for(scene, REFUSED, count=FIRST_IN_LINE + 3)

    troubles.try_now(CONNECTOR, ["svc", "new"], by="boss")

    assert {each.name for each in troubles.present(CONNECTOR)} == {REFUSED.name, DISTRUSTED.name}
    assert all(due_now(scene, each) == 1 for each in jobs.values())
    assert due_now(scene, with_others) == FIRST_IN_LINE - 1
    assert troubles.may_try(CONNECTOR, [REFUSED.name, DISTRUSTED.name]).admitted
    assert told(scene)[-1] == Number.TROUBLE_DROPPED


def test_a_removed_connector_leaves_no_trouble_behind(scene: Scene, troubles: AccountTroubles) -> None:
    for each in (REFUSED, NO_CLEAR):
        troubles.found(CONNECTOR, each, by="worker")
        for job in waiting_for(scene, each, count=2):
            scene.ledger.cancel(job, by="boss")

    troubles.forget(CONNECTOR, by="boss")

    assert scene.client.keys("exconn:troubles:*") == scene.client.keys("exconn:awaiting:*") == []


def test_a_job_that_was_held_for_a_trouble_by_an_earlier_version_goes_on(scene: Scene) -> None:
    job = scene.insert()
    scene.client.hset(keys.job(job), mapping={"state": "held", "reason": WaitReason.ACCOUNT_REFUSED, "wait": ""})
    scene.client.zrem(keys.due("actions", CONNECTOR), job)

    assert scene.ledger.carry_over(scene.job(job), {}, goes_on=True, by="carry-over")

    assert scene.state(job) is State.QUEUED
    assert due_now(scene, [job]) == 1
    assert scene.messages(job)[-1].number == Number.JOB_RELEASED


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_no_trouble_keeps_no_job_from_anything(scene: Scene, troubles: AccountTroubles, text: str) -> None:
    lease = scene.inserted_and_claimed()
    (waiting,) = waiting_for(scene, REFUSED) if troubles.found(CONNECTOR, REFUSED, by="actions") else ("",)
    scene.client.hset(keys.troubles(CONNECTOR), REFUSED.name, text)

    admission = troubles.may_try(CONNECTOR, [REFUSED.name])
    scene.ledger.defer(lease, MINUTE, reason=WaitReason.ACCOUNT_REFUSED, awaits=REFUSED.name)
    troubles.try_now(CONNECTOR, [REFUSED.account], by="intake")
    scene.ledger.retry(waiting, by="anna")

    assert (troubles.known(CONNECTOR), troubles.has_unreadable(CONNECTOR)) == ([], True)
    assert admission.admitted
    assert due_now(scene, [lease.job_id, waiting]) == 2


@pytest.mark.parametrize("text", WRITTEN)
def test_a_trouble_is_told_and_ends_whatever_stood_in_its_place(
    scene: Scene, troubles: AccountTroubles, text: str
) -> None:
    scene.client.hset(keys.troubles(CONNECTOR), REFUSED.name, text)

    troubles.found(CONNECTOR, REFUSED, by="actions")
    (known,) = troubles.known(CONNECTOR)
    scene.client.hset(keys.troubles(CONNECTOR), REFUSED.name, text)
    troubles.over(CONNECTOR, REFUSED, by="actions")

    assert (known.code, known.failures) == (REFUSED.code, 1)
    assert troubles.known(CONNECTOR) == []
    assert not troubles.has_unreadable(CONNECTOR)
