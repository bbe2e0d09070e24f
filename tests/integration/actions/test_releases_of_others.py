"""A release that somebody wrote into the ledger, or signed for something else, lets no held wipe through."""

import json

import pytest

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Job, State
from exconn.signing import sign
from exconn.stream import Number
from tests.support.exchange.shown_devices import shown
from tests.support.jobs.releases import release_of
from tests.support.jobs.wipe_jobs import CONNECTOR, NO_ROOM, Wiping, fingerprint_of


@pytest.fixture(autouse=True)
def legal_record() -> None:
    """What is written here is illegal by intention."""


def differing(wiping: Wiping) -> tuple[str, str]:
    """A device and its wipe, held because the phone is not the one that was known at acceptance."""
    guid = wiping.fresh_device()
    known = fingerprint_of(wiping, guid).model_copy(update={"mailbox": "another"})
    action = wiping.request(guid, known=known)
    assert wiping.held(action).reason == HoldReason.PARTNERSHIP_DIFFERS
    return guid, action


def go_on(wiping: Wiping, action: str, **fields: str) -> Job:
    """HSET and ZADD have a held action go on, with those fields; its end."""
    changed = {"state": "queued", "wait": "", "reason": "", "subject": "", "due": "1"}
    for name, value in (changed | fields).items():
        wiping.client.hset(keys.job(action), name, value)
    wiping.client.zadd(keys.due("actions", CONNECTOR), {action: 1})
    return wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))


def test_a_release_that_is_only_a_field_of_the_job_lets_no_differing_phone_be_wiped(wiping: Wiping) -> None:
    guid, action = differing(wiping)
    held = wiping.job(action)
    bare = {"released_reason": held.reason, "released_subject": held.subject}

    job = go_on(wiping, action, releases=json.dumps([held.subject, f"{held.reason} {held.subject}"]), **bare)

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.PARTNERSHIP_DIFFERS, 0)


def test_a_note_that_the_phone_was_let_pass_before_lets_no_differing_phone_be_wiped(wiping: Wiping) -> None:
    guid, action = differing(wiping)
    noted = {"fingerprint": fingerprint_of(wiping, guid).model_dump(mode="json")}

    job = go_on(wiping, action, notes=json.dumps(noted))

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.PARTNERSHIP_DIFFERS, 0)


def test_a_note_that_another_phone_than_the_seen_one_was_let_pass_lets_it_not_be_wiped(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, seen={**shown(wiping.simulator, guid), "device_type": "AnotherPhone"})
    held = wiping.held(action)
    assert held.reason == HoldReason.NOT_AS_SEEN

    job = go_on(wiping, action, notes=json.dumps({**held.notes, "unlike_seen": held.subject}))

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.NOT_AS_SEEN, 0)


def test_a_release_of_another_person_for_what_was_shown_lets_it_be_wiped(wiping: Wiping) -> None:
    guid, action = differing(wiping)

    wiping.release(action)
    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.state, wiping.clears(guid)) == (State.SETTLED, 1)
    assert wiping.told(action, Number.GRANT_NOT_SIGNED) == []


@pytest.mark.parametrize("shown_as", ["breaker", "not_as_seen", "not_as_seen 0123456789ab", "partnership_differs"])
def test_a_release_for_another_reason_lets_no_differing_phone_be_wiped(wiping: Wiping, shown_as: str) -> None:
    guid, action = differing(wiping)

    wiping.release(action, shown=shown_as)
    job = wiping.held(action)

    assert (job.reason, wiping.clears(guid)) == (HoldReason.PARTNERSHIP_DIFFERS, 0)


def test_a_release_that_its_own_requester_signed_does_not_count_and_is_told(wiping: Wiping) -> None:
    guid, action = differing(wiping)
    held = wiping.job(action)
    own = release_of(wiping.ledger, action, shown=f"{held.reason} {held.subject}", by="operator")
    envelope = sign(own, wiping.key).model_dump_json()

    for _ in range(2):
        wiping.ledger.release(CONNECTOR, [action], release_id="r1", by="thief", grant=envelope)
        wiping.held(action)
        go_on(wiping, action)

    assert wiping.clears(guid) == 0
    assert [each.data["part"] for each in wiping.told(action, Number.GRANT_NOT_SIGNED)] == ["second_person"] * 2


def test_a_release_for_a_differing_phone_lets_the_wipe_not_pass_a_brake(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid, limits=NO_ROOM)
    assert wiping.job(action).reason == HoldReason.QUOTA
    signed = release_of(wiping.ledger, action, shown="partnership_differs 0123456789ab")
    envelope = sign(signed, wiping.boss()).model_dump_json()

    job = go_on(wiping, action, grant=envelope)

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)
    assert [each.data["part"] for each in wiping.told(action, Number.GRANT_NOT_SIGNED)] == ["held_for"]
