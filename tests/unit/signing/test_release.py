"""Which releases count that stand with a job, and what they let pass."""

from datetime import UTC, datetime, timedelta

from exconn.contracts.request import RequestKind, Target
from exconn.signing import new_signing_key, sign
from exconn.signing.release import AskedFor, verified_releases
from tests.support.requests.signed import registry_of, release_target, request_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ANNA, BORIS = new_signing_key(), new_signing_key()
REGISTRY = registry_of(anna=ANNA, boris=BORIS)
WIPE, OTHER = "wipe-aaaaaaaaaaaaaaaa", "wipe-bbbbbbbbbbbbbbbb"
ASKED = AskedFor(job=WIPE, connector="north", by="anna", at=NOON)


def release(target: Target, *, by: str = "boris") -> str:
    request = request_of(RequestKind.RELEASE, target=target, requester=by, now=NOON)
    return sign(request, {"anna": ANNA, "boris": BORIS}[by]).model_dump_json()


def test_all_that_were_signed_for_this_job_count_and_each_lets_pass_what_was_shown() -> None:
    two = Target(jobs=(OTHER, WIPE), held_for=("breaker", "not_shown 1"))
    found = [release(release_target(WIPE, held_for="not_as_seen 0123456789ab")), release(two)]

    passed = verified_releases(found, ASKED, REGISTRY, NOON + timedelta(minutes=1))

    assert passed.held_for == {"not_as_seen 0123456789ab", "not_shown 1"}
    assert (passed.kept, passed.part) == (tuple(found), "")


def test_one_that_does_not_count_is_left_out_and_says_why() -> None:
    good = release(release_target(WIPE, held_for="no_mailbox 0123456789ab"))
    bad = {
        release(Target(jobs=(WIPE,))): "held_for",
        release(release_target(OTHER)): "jobs",
        release(release_target(WIPE), by="anna"): "second_person",
        "no_mailbox": "malformed",
    }

    for each, part in bad.items():
        passed = verified_releases([each, good], ASKED, REGISTRY, NOON)
        assert passed.held_for == {"no_mailbox 0123456789ab"}
        assert (passed.kept, passed.part) == ((good,), part)
