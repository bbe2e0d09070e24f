"""Sign-ins on a real Redis: at most two tries a minute that were not accepted, over all workers of an account."""

from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.keyspace import keys
from exconn.sessions.sign_in import SignIns
from tests.support.machine.processes import wait_until

if TYPE_CHECKING:
    from redis import Redis

SOON = timedelta(seconds=10)


def test_two_may_sign_in_at_the_same_time_and_the_third_is_told_that_others_do(redis_client: "Redis") -> None:
    workers = [SignIns(redis_client, "demo", "svc") for _ in range(3)]

    first, second, third = (worker.begin() for worker in workers)

    assert first.token
    assert second.token
    assert (third.token, third.refused) == ("", 0)
    assert third.wait > timedelta(0)


def test_an_accepted_password_makes_room_at_once(redis_client: "Redis") -> None:
    sign_ins = SignIns(redis_client, "demo", "svc")

    for _ in range(20):
        leave = sign_ins.begin()
        assert leave.token
        sign_ins.give_back(leave.token)


def test_after_two_refusals_nobody_tries_until_the_minute_is_over(redis_client: "Redis") -> None:
    here, there = SignIns(redis_client, "demo", "svc"), SignIns(redis_client, "demo", "svc")
    for sign_ins in (here, there):
        sign_ins.refused(sign_ins.begin().token)

    refused = [sign_ins.begin() for sign_ins in (here, there)]

    assert [(leave.token, leave.refused) for leave in refused] == [("", 2), ("", 2)]
    assert all(timedelta(seconds=30) < leave.wait <= timedelta(minutes=1) for leave in refused)
    assert SignIns(redis_client, "demo", "other").begin().token


def test_the_minute_counts_from_when_a_try_began(redis_client: "Redis") -> None:
    sign_ins = SignIns(redis_client, "demo", "svc", window=timedelta(milliseconds=300))
    for _ in range(2):
        sign_ins.refused(sign_ins.begin().token)
    assert not sign_ins.begin().token

    wait_until(lambda: sign_ins.begin().token, SOON, "the next try")


def test_a_refusal_in_the_middle_of_a_session_counts_too(redis_client: "Redis") -> None:
    sign_ins = SignIns(redis_client, "demo", "svc")

    sign_ins.refused()
    sign_ins.refused()

    assert sign_ins.begin().refused == 2


def test_another_account_s_success_does_not_lift_the_limit(redis_client: "Redis") -> None:
    """Two workers with two passwords of the same account: the right one must not let the wrong one try for ever."""
    sign_ins = SignIns(redis_client, "demo", "svc")
    sign_ins.refused(sign_ins.begin().token)

    sign_ins.give_back(sign_ins.begin().token)
    sign_ins.refused(sign_ins.begin().token)

    assert not sign_ins.begin().token


def test_tries_that_nobody_ended_are_forgotten(redis_client: "Redis") -> None:
    SignIns(redis_client, "demo", "svc").begin()

    assert redis_client.pttl(keys.sign_ins("demo", "svc")) > 0
