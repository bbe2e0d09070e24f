"""The worker's own check of a release that stands with a held action."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from exconn.actions.grant import check_grant
from exconn.contracts import Checks, Service
from exconn.contracts.hold_text import brake_text
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.work import Wipe
from exconn.ledger import Job, State
from exconn.signing import NotAsSignedError, Registry, new_signing_key, sign
from tests.support.requests.signed import DEVICE, registry_of, request_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ANNA, BORIS = new_signing_key(), new_signing_key()
REGISTRY = registry_of(anna=ANNA, boris=BORIS)
ASKED = request_of(now=NOON)
SIGNED = sign(ASKED, ANNA)
RELEASE = request_of(
    RequestKind.RELEASE,
    target=Target(jobs=("wipe-aaaaaaaaaaaaaaaa",), held_for=(brake_text("breaker", SIGNED),)),
    requester="boris",
    now=NOON,
)
WORK = Wipe(device=DEVICE, envelope=SIGNED.model_dump_json(), accepted_at=NOON)
JOB = Job(
    id="wipe-aaaaaaaaaaaaaaaa",
    kind="wipe",
    connector="north",
    service=Service.ACTIONS,
    state=State.CLAIMED,
    payload="{}",
    checks=Checks.ERASE,
    requester="anna",
    device=DEVICE,
    created=NOON,
    grant=sign(RELEASE, BORIS).model_dump_json(),
)


def until(expires: datetime) -> Registry:
    """The registry, in which the key of who released counts until then."""
    return replace(REGISTRY, keys={**REGISTRY.keys, BORIS.id: replace(REGISTRY.keys[BORIS.id], expires=expires)})


def test_a_release_counts_while_the_key_that_signed_it_does() -> None:
    check_grant(JOB, WORK, until(NOON + timedelta(seconds=1)), NOON)


def test_a_release_that_an_expired_key_signed_does_not_count() -> None:
    with pytest.raises(NotAsSignedError) as found:
        check_grant(JOB, WORK, until(NOON), NOON)

    assert found.value.part == "key_expired"
