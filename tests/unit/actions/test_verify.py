"""The worker's own check of a wipe: each thing that job and signed request must agree on is compared by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exconn.actions.verify import NotAsSignedError, verified
from exconn.contracts import Checks, Request, Service
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.work import Wipe
from exconn.ledger import Job, State
from exconn.signing import new_signing_key, parse_registry, sign

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
A_MOMENT = timedelta(milliseconds=1)
PHONE, ANOTHER_PHONE = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
KEY = new_signing_key()
REGISTRY = parse_registry(f'[requesters.operator]\nkeys = ["{KEY.public_text}"]\nkinds = ["*"]\nconnectors = ["*"]\n')
REQUEST = Request(
    kind=RequestKind.WIPE,
    connector="hq",
    target=Target(device=PHONE),
    requester="operator",
    nonce="0123456789abcdef",
    present_by=NOON,
    valid_until=NOON + timedelta(hours=72),
)
JOB = Job(
    id="wipe-1",
    kind="wipe",
    connector="hq",
    service=Service.ACTIONS,
    state=State.CLAIMED,
    payload="{}",
    checks=Checks.ERASE,
    requester="operator",
    device=PHONE,
    created=NOON,
    valid_until=REQUEST.valid_until,
)


def work_of(request: Request, **changes: object) -> Wipe:
    """The payload of a wipe that was accepted at the last moment, or with these changes."""
    agreed = {"device": PHONE, "envelope": sign(request, KEY).model_dump_json(), "accepted_at": NOON}
    return Wipe.model_validate(agreed | changes)


def test_a_job_that_is_what_was_signed_is_answered_with_its_request() -> None:
    assert verified(JOB, work_of(REQUEST), REGISTRY) == REQUEST


@pytest.mark.parametrize(
    ("word", "signed", "job", "work"),
    [
        ("kind", {"kind": RequestKind.JOB_CANCEL}, {}, {}),
        ("connector", {}, {"connector": "branch"}, {}),
        ("requester", {}, {"requester": "somebody"}, {}),
        ("device", {"target": Target(device=ANOTHER_PHONE)}, {}, {}),
        ("device", {}, {"device": ANOTHER_PHONE}, {}),
        ("device", {}, {}, {"device": ANOTHER_PHONE}),
        ("present_by", {}, {}, {"accepted_at": NOON + A_MOMENT}),
        ("valid_until", {}, {"valid_until": REQUEST.valid_until + A_MOMENT}, {}),
        ("valid_until", {}, {"valid_until": None}, {}),
    ],
    ids=[
        "a request of another kind",
        "a job of another connector",
        "a job of another requester",
        "a request for another device",
        "a job for another device",
        "a payload for another device",
        "accepted after it was to be presented",
        "a job that is valid for longer",
        "a job that is valid for ever",
    ],
)
def test_a_job_that_differs_from_its_request_in_one_thing_alone_is_refused_by_its_name(
    word: str, signed: dict[str, Any], job: dict[str, Any], work: dict[str, Any]
) -> None:
    request = REQUEST.model_copy(update=signed)

    with pytest.raises(NotAsSignedError) as caught:
        verified(replace(JOB, **job), work_of(request, **work), REGISTRY)

    assert caught.value.part == word


def test_a_job_may_end_before_its_request_does() -> None:
    assert verified(replace(JOB, valid_until=NOON), work_of(REQUEST), REGISTRY) == REQUEST


def test_a_request_in_the_name_of_somebody_else_is_refused() -> None:
    request = REQUEST.model_copy(update={"requester": "somebody"})

    with pytest.raises(NotAsSignedError, match="requester_mismatch"):
        verified(replace(JOB, requester="somebody"), work_of(request), REGISTRY)


@pytest.mark.parametrize("envelope", ["", "{}", "no JSON"])
def test_what_is_no_envelope_counts_as_not_signed(envelope: str) -> None:
    with pytest.raises(NotAsSignedError, match="malformed"):
        verified(JOB, work_of(REQUEST, envelope=envelope), REGISTRY)
