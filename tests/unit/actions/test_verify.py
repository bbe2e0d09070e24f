"""The worker's own check of a wipe: each thing that job and signed request must agree on is compared by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exconn.actions.verify import verified
from exconn.contracts import Checks, Request, Service
from exconn.contracts.request import Audience, RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.contracts.work import Wipe
from exconn.ledger import Job, State
from exconn.signing import NotAsSignedError, Registry, new_signing_key, parse_registry, registry_text, sign
from tests.support.requests.signed import SHOWN, audience_of, organization_of, registry_of
from tests.support.requests.ssh_signatures import SshKey

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
A_MOMENT = timedelta(milliseconds=1)
PHONE, ANOTHER_PHONE = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
KEY = new_signing_key()
REGISTRY = registry_of(operator=KEY)
REQUEST = Request(
    kind=RequestKind.WIPE,
    audience=audience_of("hq"),
    connector="hq",
    target=Target(device=PHONE, seen=seen_of_shown("0123456789abcdef", SHOWN)),
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
    organization=organization_of("hq"),
    created=NOON,
    valid_until=REQUEST.valid_until,
)


def work_of(request: Request, **changes: object) -> Wipe:
    """The payload of a wipe that was accepted at the last moment, or with these changes."""
    agreed = {"device": PHONE, "envelope": sign(request, KEY).model_dump_json(), "accepted_at": NOON}
    return Wipe.model_validate(agreed | changes)


def test_a_key_that_expired_before_the_request_was_accepted_does_not_count() -> None:
    def until(expires: datetime) -> Registry:
        return replace(REGISTRY, keys={KEY.id: replace(REGISTRY.keys[KEY.id], expires=expires)})

    with pytest.raises(NotAsSignedError) as found:
        verified(JOB, work_of(REQUEST), until(NOON))

    assert found.value.part == "key_expired"
    assert verified(JOB, work_of(REQUEST), until(NOON + A_MOMENT)) == REQUEST


def test_a_job_that_is_what_was_signed_is_answered_with_its_request() -> None:
    assert verified(JOB, work_of(REQUEST), REGISTRY) == REQUEST


@pytest.mark.parametrize(
    ("word", "signed", "job", "work"),
    [
        ("kind", {"kind": RequestKind.JOB_CANCEL}, {}, {}),
        ("service", {}, {"service": Service.POLICY}, {}),
        ("connector", {}, {"connector": "branch"}, {}),
        ("requester", {}, {"requester": "somebody"}, {}),
        ("device", {"target": Target(device=ANOTHER_PHONE)}, {}, {}),
        ("device", {}, {"device": ANOTHER_PHONE}, {}),
        ("device", {}, {}, {"device": ANOTHER_PHONE}),
        ("audience", {"audience": None}, {}, {}),
        ("audience", {"audience": Audience(deployment="another", organization=organization_of("hq"))}, {}, {}),
        ("audience", {"audience": audience_of("another")}, {}, {}),
        ("seen", {"target": Target(device=PHONE)}, {}, {}),
        ("present_by", {}, {}, {"accepted_at": NOON + A_MOMENT}),
        ("valid_until", {}, {"valid_until": REQUEST.valid_until + A_MOMENT}, {}),
        ("valid_until", {}, {"valid_until": None}, {}),
    ],
    ids=[
        "a request of another kind",
        "a job of another service",
        "a job of another connector",
        "a job of another requester",
        "a request for another device",
        "a job for another device",
        "a payload for another device",
        "a request that does not say for whom it is",
        "a request for another deployment",
        "a request for another organization",
        "a request that does not say what was seen",
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


def test_a_worker_takes_the_signature_of_a_hardware_key_only_when_it_was_touched() -> None:
    key = SshKey()
    registry = parse_registry(registry_text({"operator": key.line}, deployment="tests"))
    touched, untouched = (
        work_of(REQUEST, envelope=key.envelope(REQUEST, flags=flags).model_dump_json()) for flags in (1, 0)
    )

    assert verified(JOB, touched, registry) == REQUEST
    with pytest.raises(NotAsSignedError, match="not_touched"):
        verified(JOB, untouched, registry)


def test_a_worker_takes_no_plain_key_where_a_hardware_key_is_demanded() -> None:
    text = 'hardware_keys_for = ["wipe"]\n' + registry_text({"operator": KEY.public_text}, deployment="tests")

    with pytest.raises(NotAsSignedError, match="hardware_key"):
        verified(JOB, work_of(REQUEST), parse_registry(text))


@pytest.mark.parametrize("envelope", ["", "{}", "no JSON"])
def test_what_is_no_envelope_counts_as_not_signed(envelope: str) -> None:
    with pytest.raises(NotAsSignedError, match="malformed"):
        verified(JOB, work_of(REQUEST, envelope=envelope), REGISTRY)
