"""A plan is applied because somebody who may asked for exactly that: what else stands in the ledger is no request."""

import json
from typing import Any

import pytest

from exconn.contracts import HoldReason, RefuseReason
from exconn.contracts.request import Audience, RequestKind, Target
from exconn.keyspace import keys
from exconn.ledger import Job, Outcome
from exconn.signing import registry_text
from tests.support.jobs.policy_jobs import Governing
from tests.support.requests.signed import DEPLOYMENT

DANGEROUS = "password_enabled = true\nwipe_after_failed_attempt = 4"


def is_refused(governing: Governing, job: Job, part: str) -> bool:
    """Whether nothing was written, and that word says why."""
    said = {"reason": RefuseReason.NOT_AS_SIGNED, "part": part}
    return (job.outcome, job.data, governing.sets()) == (Outcome.REFUSED, said | {"outcome": "refused"}, 0)


def test_what_somebody_asked_for_is_applied(governing: Governing) -> None:
    assert governing.work(governing.apply(governing.plan())).outcome == Outcome.SUCCEEDED


def test_a_plan_that_nobody_asked_to_apply_is_not_applied(governing: Governing) -> None:
    """It changes nothing dangerous, so that nobody would have to release it."""
    job_id = governing.apply(governing.plan())
    payload = json.loads(str(governing.client.hget(keys.job(job_id), "payload")))
    governing.client.hset(keys.job(job_id), "payload", json.dumps({**payload, "envelope": ""}))

    assert is_refused(governing, governing.work(job_id), "malformed")


def test_who_asked_does_not_release_it_as_if_somebody_else_had_asked(governing: Governing) -> None:
    """Who has the policy's user on the ledger names the boss; the operator, who asked, releases."""
    governing.define(DANGEROUS)
    job_id = governing.apply(governing.plan(), requester="boss")

    job = governing.work(job_id)

    assert is_refused(governing, job, "requester")


def test_what_was_signed_for_the_organization_of_its_connector_is_applied(governing: Governing) -> None:
    audience = Audience(deployment=DEPLOYMENT, organization=governing.store.get("demo").organization)

    assert governing.work(governing.apply(governing.plan(), audience=audience)).outcome == Outcome.SUCCEEDED


ELSEWHERE = "99999999-3f5c-4f0e-9a53-0c6a2b1d7e11"
OTHER_PLAN = "policy-plan-aaaaaaaaaaaaaaaa"


@pytest.mark.parametrize(
    ("part", "signed"),
    [
        ("kind", {"kind": RequestKind.POLICY_PLAN}),
        ("connector", {"connector": "branch"}),
        ("audience", {"audience": Audience(deployment="elsewhere")}),
        ("audience", {"audience": Audience(deployment=DEPLOYMENT, organization=ELSEWHERE)}),
        ("plan", {"target": Target(plan=OTHER_PLAN, digest="0" * 64)}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_signed_for_something_else_is_no_request_for_this(
    governing: Governing, part: str, signed: dict[str, Any]
) -> None:
    job_id = governing.apply(governing.plan(), **signed)

    assert is_refused(governing, governing.work(job_id), part)


def test_nor_for_another_content_of_that_plan(governing: Governing) -> None:
    plan = governing.plan()
    job_id = governing.apply(plan, target=Target(plan=plan.id, digest="0" * 64))

    assert is_refused(governing, governing.work(job_id), "digest")


def test_it_is_not_applied_for_longer_than_was_signed(governing: Governing) -> None:
    """Who has the policy's user writes another end into the job."""
    job_id = governing.apply(governing.plan())
    governing.client.hset(keys.job(job_id), "valid_until", "9999999999999")

    assert is_refused(governing, governing.work(job_id), "valid_until")


@pytest.mark.parametrize("kinds", [("wipe",), ("policy-plan", "release")], ids=["wipes", "plans"])
def test_who_may_not_apply_has_nothing_applied(governing: Governing, kinds: tuple[str, ...]) -> None:
    job_id = governing.apply(governing.plan())
    named = {"operator": governing.key.public_text, "boss": governing.boss.public_text}
    text = registry_text(named, deployment=DEPLOYMENT, kinds=kinds)
    governing.registry.write_text(text, encoding="utf-8")

    assert is_refused(governing, governing.work(job_id), "not_allowed")


def test_a_key_that_was_taken_out_of_the_registry_has_it_held(governing: Governing) -> None:
    job_id = governing.apply(governing.plan())
    text = registry_text({"boss": governing.boss.public_text}, deployment=DEPLOYMENT)
    governing.registry.write_text(text, encoding="utf-8")

    assert (governing.work(job_id).reason, governing.sets()) == (HoldReason.UNKNOWN_KEY, 0)


def test_what_a_lost_worker_began_without_a_request_is_not_written_again(governing: Governing) -> None:
    job_id = governing.apply(governing.plan(), requester="boss")
    governing.lose_after_begin(job_id, values={})

    job = governing.work(job_id)

    assert (job.reason, job.data["cause"]) == (HoldReason.UNPROVEN, RefuseReason.NOT_AS_SIGNED)
    assert governing.sets() == 0
