"""What another service could write into the ledger by its own user: a worker of actions takes nothing at its word."""

from datetime import timedelta

import pytest

from exconn.contracts import HoldReason
from exconn.contracts.request import Request, RequestKind, Target
from exconn.keyspace import keys
from exconn.ledger import Job, Limits, Proven, State, Window
from exconn.signing import SigningKey, new_signing_key, sign
from exconn.stream import Number
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, fingerprint_of

NO_ROOM = Limits(breaker=(Window(0, timedelta(hours=1)),), quota=(Window(0, timedelta(hours=1)),), fleet_floor=0)


def stopped(wiping: Wiping) -> tuple[str, str]:
    """A device and its wipe, which the brakes hold."""
    guid = wiping.fresh_device()
    action = wiping.request(guid, limits=NO_ROOM)
    assert wiping.job(action).state is State.HELD
    return guid, action


def second_key(wiping: Wiping, name: str = "boss", kinds: str = '"*"') -> SigningKey:
    """Another requester, in the registry."""
    key = new_signing_key()
    text = wiping.registry.read_text()
    told = f'\n[requesters.{name}]\nkeys = ["{key.public_text}"]\nkinds = [{kinds}]\nconnectors = ["*"]\n'
    wiping.registry.write_text(text + told)
    return key


def release_of(wiping: Wiping, *jobs: str, by: str = "boss", kind: RequestKind = RequestKind.RELEASE) -> Request:
    now = wiping.ledger.time()
    return Request(
        kind=kind,
        connector=CONNECTOR,
        target=Target(jobs=jobs),
        requester=by,
        nonce="a-release-of-a-test",
        present_by=now + timedelta(minutes=5),
        valid_until=now + timedelta(hours=1),
    )


def let_go(wiping: Wiping, action: str, grant: str) -> Job:
    """What a user of the ledger's server could do that may write jobs: the job goes on, with that grant; its end."""
    wiping.ledger.release(CONNECTOR, [action], release_id="r1", by="thief", grant=grant)
    return wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))


def test_a_release_that_a_second_person_signed_lets_a_held_wipe_through(wiping: Wiping) -> None:
    guid, action = stopped(wiping)
    envelope = sign(release_of(wiping, action), second_key(wiping)).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, wiping.clears(guid)) == (State.SETTLED, 1)
    assert wiping.told(action, Number.GRANT_NOT_SIGNED) == []


def test_a_grant_that_nobody_signed_lets_no_held_wipe_through_and_is_told(wiping: Wiping) -> None:
    guid, action = stopped(wiping)

    job = let_go(wiping, action, "r1")

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)
    (told,) = wiping.told(action, Number.GRANT_NOT_SIGNED)
    assert told.data["part"] == "malformed"


@pytest.mark.parametrize(
    ("part", "by", "kind", "names_it"),
    [
        ("second_person", "operator", RequestKind.RELEASE, True),
        ("kind", "boss", RequestKind.JOB_RETRY, True),
        ("jobs", "boss", RequestKind.RELEASE, False),
        ("not_allowed", "clerk", RequestKind.RELEASE, True),
        ("unknown_key", "stranger", RequestKind.RELEASE, True),
    ],
)
def test_a_signed_request_that_is_no_release_of_this_wipe_by_another_person_lets_it_not_through(
    wiping: Wiping, part: str, by: str, kind: RequestKind, names_it: bool
) -> None:
    guid, action = stopped(wiping)
    keys_of = {
        "operator": wiping.key,
        "boss": second_key(wiping),
        "clerk": second_key(wiping, "clerk", '"wipe"'),
        "stranger": new_signing_key(),
    }
    named = action if names_it else "wipe-aaaaaaaaaaaaaaaa"
    envelope = sign(release_of(wiping, named, by=by, kind=kind), keys_of[by]).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)
    assert [each.data["part"] for each in wiping.told(action, Number.GRANT_NOT_SIGNED)] == [part]


def test_a_held_wipe_whose_grant_was_no_release_can_still_be_released(wiping: Wiping) -> None:
    guid, action = stopped(wiping)
    let_go(wiping, action, "r1")
    envelope = sign(release_of(wiping, action), second_key(wiping)).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, wiping.clears(guid)) == (State.SETTLED, 1)


def test_a_single_administrators_own_release_counts_an_hour_after_the_request(wiping: Wiping) -> None:
    wiping.registry.write_text("single_administrator = true\n" + wiping.registry.read_text())
    guid = wiping.fresh_device()
    early = wiping.request(guid, limits=NO_ROOM)
    envelope = sign(release_of(wiping, early, by="operator"), wiping.key).model_dump_json()
    assert let_go(wiping, early, envelope).state is State.HELD
    assert [each.data["part"] for each in wiping.told(early, Number.GRANT_NOT_SIGNED)] == ["too_early"]

    other = wiping.fresh_device()
    known = fingerprint_of(wiping, other)
    late = wiping.request(other, limits=NO_ROOM, accepted_ago=timedelta(minutes=61), fingerprint=known)
    envelope = sign(release_of(wiping, late, by="operator"), wiping.key).model_dump_json()
    let_go(wiping, late, envelope)

    assert (wiping.clears(guid), wiping.clears(other)) == (0, 1)


def test_a_grant_that_is_exchanged_for_another_after_the_worker_has_read_it_does_not_count(wiping: Wiping) -> None:
    _, action = stopped(wiping)
    wiping.ledger.release(CONNECTOR, [action], release_id="r1", by="thief", grant="read by the worker")
    claim = wiping.claim_elsewhere(action)
    wiping.client.hset(keys.job(action), "grant", "another")

    with pytest.raises(Exception, match="quota"):
        wiping.ledger.begin(claim.lease, proven=Proven(grant=claim.job.grant))

    assert wiping.job(action).state is State.HELD
