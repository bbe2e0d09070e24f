"""What another service could write into the ledger by its own user: a worker of actions takes nothing at its word."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from exconn.actions.verify import as_read
from exconn.contracts import HoldReason, RefuseReason
from exconn.contracts.hold_text import hold_text
from exconn.contracts.request import RequestKind
from exconn.keyspace import keys
from exconn.ledger import Job, LeaseLostError, Limits, Proven, State
from exconn.monitor.database import open_database
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.projector.action_records import problem_of
from exconn.monitor.projector.job_rows import fold
from exconn.monitor.tables import alarms, jobs
from exconn.signing import new_signing_key, sign
from exconn.signing.action_record import EXCHANGE_TIMES, read_record
from exconn.stream import Number
from tests.support.jobs.releases import release_of
from tests.support.jobs.wipe_jobs import CONNECTOR, NO_ROOM, WIDE, Wiping, fingerprint_of, settled, task_of
from tests.support.streams.records import messages_of
from tests.support.streams.status import StreamWriter


@pytest.fixture(autouse=True)
def legal_record() -> None:
    """What is written here is illegal by intention."""


def stopped(wiping: Wiping) -> tuple[str, str]:
    """A device and its wipe, which the brakes hold."""
    guid = wiping.fresh_device()
    action = wiping.request(guid, limits=NO_ROOM)
    assert wiping.job(action).state is State.HELD
    return guid, action


def held_for(wiping: Wiping, action: str) -> str:
    """What is shown to be the reason."""
    job = wiping.job(action)
    return hold_text(job.reason, job.subject)


def let_go(wiping: Wiping, action: str, grant: str) -> Job:
    """What a user of the ledger's server could do that may write jobs: the job goes on, with that grant; its end."""
    wiping.ledger.release(CONNECTOR, [action], release_id="r1", by="thief", grant=grant)
    return wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))


def test_a_release_that_a_second_person_signed_lets_a_held_wipe_through(wiping: Wiping) -> None:
    guid, action = stopped(wiping)
    envelope = sign(release_of(wiping.ledger, action, shown=held_for(wiping, action)), wiping.boss()).model_dump_json()

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
        "boss": wiping.boss(),
        "clerk": wiping.requester("clerk", 'kinds = ["wipe"]'),
        "stranger": new_signing_key(),
    }
    named, shown = action if names_it else "wipe-aaaaaaaaaaaaaaaa", held_for(wiping, action)
    envelope = sign(release_of(wiping.ledger, named, by=by, kind=kind, shown=shown), keys_of[by]).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)
    assert [each.data["part"] for each in wiping.told(action, Number.GRANT_NOT_SIGNED)] == [part]


def test_a_release_that_was_signed_for_another_deployment_lets_no_held_wipe_through(wiping: Wiping) -> None:
    guid, action = stopped(wiping)
    envelope = sign(
        release_of(wiping.ledger, action, deployment="another", shown=held_for(wiping, action)), wiping.boss()
    ).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)
    assert [each.data["part"] for each in wiping.told(action, Number.GRANT_NOT_SIGNED)] == ["audience"]


def test_a_release_that_was_signed_for_the_wipe_of_another_phone_lets_this_one_not_through(wiping: Wiping) -> None:
    """Who shows what is held, and who keeps it, may exchange the ids of two."""
    guid, action = stopped(wiping)
    _, other = stopped(wiping)
    envelope = sign(release_of(wiping.ledger, action, shown=held_for(wiping, other)), wiping.boss()).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)
    assert [each.data["part"] for each in wiping.told(action, Number.GRANT_NOT_SIGNED)] == ["held_for"]


def test_nor_does_one_for_what_somebody_wrote_into_the_job(wiping: Wiping) -> None:
    guid, action = stopped(wiping)
    _, other = stopped(wiping)
    told = wiping.job(other).subject
    write(wiping, action, {"asked": told, "subject": told})
    envelope = sign(release_of(wiping.ledger, action, shown=f"quota {told}".rstrip()), wiping.boss()).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, job.reason, wiping.clears(guid)) == (State.HELD, HoldReason.QUOTA, 0)


def test_a_held_wipe_whose_grant_was_no_release_can_still_be_released(wiping: Wiping) -> None:
    guid, action = stopped(wiping)
    let_go(wiping, action, "r1")
    envelope = sign(release_of(wiping.ledger, action, shown=held_for(wiping, action)), wiping.boss()).model_dump_json()

    job = let_go(wiping, action, envelope)

    assert (job.state, wiping.clears(guid)) == (State.SETTLED, 1)


def test_a_single_administrators_own_release_counts_an_hour_after_the_request(wiping: Wiping) -> None:
    text = wiping.registry.read_text()
    wiping.registry.write_text(text.replace("single_administrator = false", "single_administrator = true"))
    guid = wiping.fresh_device()
    early = wiping.request(guid, limits=NO_ROOM)
    shown = held_for(wiping, early)
    envelope = sign(release_of(wiping.ledger, early, by="operator", shown=shown), wiping.key).model_dump_json()
    assert let_go(wiping, early, envelope).state is State.HELD
    assert [each.data["part"] for each in wiping.told(early, Number.GRANT_NOT_SIGNED)] == ["too_early"]

    other = wiping.fresh_device()
    known = fingerprint_of(wiping, other)
    late = wiping.request(other, limits=NO_ROOM, accepted_ago=timedelta(minutes=61), known=known)
    shown = held_for(wiping, late)
    envelope = sign(release_of(wiping.ledger, late, by="operator", shown=shown), wiping.key).model_dump_json()
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


def write(wiping: Wiping, action: str, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        wiping.client.hset(keys.job(action), name, value)


def put_back(wiping: Wiping, action: str, **fields: str) -> None:
    """A settled action as its ledger's server has it, due again: HSET, ZADD and SADD are all that it takes."""
    changed = {"state": "queued", "wait": "", "outcome": "", "settled": "", "phase": "accepted", "due": "1"}
    write(wiping, action, changed | fields)
    wiping.client.zadd(keys.due("actions", CONNECTOR), {action: 1})
    wiping.client.sadd(keys.open_jobs("actions", CONNECTOR), action)
    wiping.client.zrem(keys.settled("actions"), action)


def known_as_now(wiping: Wiping, action: str, guid: str) -> str:
    """The payload of an action, as if the phone had been known at acceptance as it is after its wipe."""
    payload = json.loads(wiping.job(action).payload)
    return json.dumps(payload | {"known": fingerprint_of(wiping, guid).model_dump(mode="json")})


def done(wiping: Wiping) -> tuple[str, str]:
    """A device and its wipe, which it has acknowledged."""
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.work(action, until=settled)
    assert (wiping.job(action).outcome, wiping.clears(guid)) == ("succeeded", 1)
    return guid, action


def test_a_twin_of_a_settled_wipe_whose_request_is_still_valid_is_not_issued(wiping: Wiping) -> None:
    guid, action = done(wiping)
    twin = "wipe-aaaaaaaaaaaaaaaa"
    copied = {str(name): str(value) for name, value in wiping.client.hgetall(keys.job(action)).items()}
    write(wiping, twin, copied | {"begun": "0", "epoch": "0", "pre_image": "", "notes": ""})
    put_back(wiping, twin, payload=known_as_now(wiping, action, guid))

    job = wiping.work(twin, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.outcome, job.data["part"], job.data["job"]) == ("refused", "nonce", action)
    assert wiping.clears(guid) == 1


@pytest.mark.parametrize("begun", ["0", "1"])
def test_a_settled_wipe_that_is_put_back_under_its_own_name_is_not_issued_again(wiping: Wiping, begun: str) -> None:
    guid, action = done(wiping)
    put_back(wiping, action, begun=begun, pre_image="", notes="", payload=known_as_now(wiping, action, guid))

    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.state, job.reason or job.data["reason"]) == (
        (State.SETTLED, RefuseReason.NOT_AS_SIGNED) if begun == "0" else (State.HELD, HoldReason.UNPROVEN)
    )
    assert wiping.clears(guid) == 1


def test_a_wipe_that_was_cancelled_before_it_began_and_is_put_back_is_not_issued(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    assert wiping.ledger.cancel(action, by="operator") == "cancelled"
    put_back(wiping, action, begun="0")

    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.outcome, job.data["part"], wiping.clears(guid)) == ("refused", "nonce", 0)


def test_a_token_that_somebody_else_took_for_a_wipe_lets_it_not_through(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.client.hset(keys.job(action), "limits", NO_ROOM.encoded())
    now = wiping.ledger.time().timestamp() * 1000
    for tokens in (keys.quota(CONNECTOR, "operator"), keys.brake(CONNECTOR, "erase")):
        wiping.client.zadd(tokens, {action: now})

    job = wiping.work(action, until=lambda job: job.state in (State.HELD, State.SETTLED))

    assert (job.reason, wiping.clears(guid)) == (HoldReason.QUOTA, 0)


@pytest.fixture
def sealed(wiping: Wiping) -> Wiping:
    """Intake signs what it adds, and the worker checks it."""
    wiping.intake_key = new_signing_key()
    handler = replace(wiping.handler, intake_key=wiping.intake_key.private.public_key())
    wiping.task = task_of(wiping.ledger, handler)
    return wiping


def test_a_wipe_that_intake_sealed_is_issued(sealed: Wiping) -> None:
    guid = sealed.fresh_device()
    action = sealed.request(guid, known=fingerprint_of(sealed, guid))

    sealed.work(action, until=settled)

    assert sealed.clears(guid) == 1


@pytest.mark.parametrize("field", ["limits", "organization", "accepted_at", "known", "seal", "no seal"])
def test_a_wipe_of_which_somebody_changed_what_intake_added_asks_a_person(sealed: Wiping, field: str) -> None:
    guid = sealed.fresh_device()
    other = fingerprint_of(sealed, sealed.fresh_device())
    action = sealed.request(guid, known=other)
    payload = json.loads(sealed.job(action).payload)
    changed: dict[str, dict[str, str]] = {
        "limits": {"limits": Limits().encoded()},
        "organization": {"organization": "another one"},
        "accepted_at": {"payload": json.dumps(payload | {"accepted_at": "2020-01-01T00:00:00Z"})},
        "known": {"payload": json.dumps(payload | {"known": None})},
        "seal": {"seal": sealed.job(sealed.request(sealed.fresh_device())).seal},
        "no seal": {"seal": ""},
    }
    write(sealed, action, changed[field])

    job = sealed.held(action)

    assert (job.reason, job.data["part"], sealed.clears(guid)) == (HoldReason.NOT_SEALED, "seal", 0)


@pytest.mark.parametrize(
    ("part", "value"), [("requester", "somebody else"), ("checks", "none"), ("valid_until", "4000000000000")]
)
def test_a_wipe_whose_job_somebody_made_unlike_its_request_asks_a_person_and_is_not_refused(
    sealed: Wiping, part: str, value: str
) -> None:
    guid = sealed.fresh_device()
    action = sealed.request(guid)
    write(sealed, action, {part: value})

    job = sealed.held(action)

    assert (job.reason, job.data["part"], sealed.clears(guid)) == (HoldReason.NOT_SEALED, part, 0)


def test_a_job_whose_brakes_were_changed_behind_the_workers_check_does_not_begin(sealed: Wiping) -> None:
    action = sealed.request(sealed.fresh_device(), limits=WIDE)
    claim = sealed.claim_elsewhere(action)
    write(sealed, action, {"checks": "none"})

    with pytest.raises(LeaseLostError):
        sealed.ledger.begin(claim.lease, proven=Proven(read=as_read(claim.job)))

    assert sealed.job(action).begun == 0


def test_a_worker_signs_what_it_did_and_saw_of_a_wipe_and_the_monitor_can_check_each_message(wiping: Wiping) -> None:
    key = new_signing_key()
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, key=key))
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.work(action, until=settled)

    row, signed = None, {}
    for message in messages_of(wiping.client):
        if message.job == action:
            assert problem_of(message, row, key.private.public_key()) == ""
            row = fold(row, message)
            if "record" in message.data:
                signed[message.number] = read_record(key.private.public_key(), message.data)
    assert row is not None
    assert (row["outcome"], row["data"].get("record")) == ("succeeded", None)
    assert {Number.ISSUING, Number.WIPE_ISSUED, Number.WIPE_ACKNOWLEDGED} <= signed.keys()
    end = signed[Number.WIPE_ACKNOWLEDGED]
    assert (end.job, end.device, end.attempt, end.outcome) == (action, guid, 1, "succeeded")
    wipe = wiping.simulator.device(guid)["wipe"]
    dates = [datetime.fromisoformat(str(end.said[name])) for name in EXCHANGE_TIMES]
    assert dates == [datetime.fromisoformat(wipe[name]) for name in ("requested", "sent", "acknowledged")]
    assert row["data"]["exchange_sent"] == end.said["exchange_sent"]


@pytest.mark.parametrize(
    ("is_checked", "shown"),
    [(False, ("settled", [])), (True, ("held", ["record-not-signed"]))],
    ids=["nobody checks", "the monitor checks"],
)
def test_a_forged_acknowledgement_is_a_problem_and_no_end_where_the_monitor_checks(
    wiping: Wiping, tmp_path: Path, is_checked: bool, shown: tuple[str, list[str]]
) -> None:
    """XADD and INCR are all that it takes to write it."""
    _, action = stopped(wiping)
    StreamWriter(wiping.client, CONNECTOR).message(
        Number.WIPE_ACKNOWLEDGED,
        job=action,
        kind="wipe",
        state="settled",
        phase="acknowledged",
        data={"outcome": "succeeded"},
    )
    public = new_signing_key().private.public_key() if is_checked else None
    engine = open_database(f"sqlite:///{tmp_path / 'read model.db'}")

    projector = Projector(engine, wiping.client, ProjectorLease(wiping.client, "test"), public)
    projector.open()
    projector.step(idle_wait=timedelta(milliseconds=1))

    with engine.connect() as connection:
        state = connection.execute(select(jobs.c.state).where(jobs.c.id == action)).scalar()
        raised = list(connection.execute(select(alarms.c.name)).scalars())
    engine.dispose()
    assert (state, raised) == shown
