"""What each kind of request does, on a real server with the real ledger."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from exconn.connector import parse_definition, sample_definition
from exconn.contracts.request import RequestKind, Target
from exconn.keyspace import keys
from exconn.ledger import Outcome, State
from tests.support.requests.receiving import Office


def test_new_connector_is_flagged_installed_by_a_job_and_runs(office: Office) -> None:
    answer = office.ask(
        RequestKind.CONNECTOR_APPLY, connector="south", target=Target(definition=sample_definition("south"))
    )

    assert (answer.status, answer.details) == ("accepted", {"revision": 1, "state": "flagged"})
    job = office.ledger.job(answer.job or "")
    assert job is not None
    assert (job.kind, job.connector, job.valid_until) == ("install", "south", None)
    assert office.ledger.switch("south") == "running"


def test_apply_makes_a_waiting_installation_due_at_once(office: Office) -> None:
    first = office.ask(
        RequestKind.CONNECTOR_APPLY, connector="south", target=Target(definition=sample_definition("south"))
    )
    claim = office.ledger.claim(first.job or "", "worker")
    assert claim is not None
    office.ledger.defer(claim.lease, timedelta(hours=1))

    again = office.ask(
        RequestKind.CONNECTOR_APPLY, connector="south", target=Target(definition=sample_definition("south", pace="9m"))
    )

    assert (again.job, again.details["revision"]) == (first.job, 2)
    job = office.ledger.job(first.job or "")
    assert job is not None
    assert job.state is State.QUEUED


def test_apply_does_not_lift_a_pause(office: Office) -> None:
    office.ask(RequestKind.PAUSE)

    answer = office.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=sample_definition("north", pace="9m")))

    assert answer.status == "accepted"
    assert office.ledger.switch("north") == "paused"


@pytest.mark.parametrize(
    ("definition", "error"),
    [(None, "bad_target"), ("name = 1", "definition"), (sample_definition("south"), "bad_target")],
)
def test_unusable_definition_is_refused(office: Office, definition: str | None, error: str) -> None:
    answer = office.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=definition))

    assert answer.error == error


def test_arming_inserts_the_preflight_and_arms_nothing_yet(office: Office) -> None:
    arming: list[tuple[Literal["policy", "actions"], str]] = [
        ("policy", "preflight-policy"),
        ("actions", "preflight-actions"),
    ]
    for feature, kind in arming:
        answer = office.ask(RequestKind.CONNECTOR_ARM, target=Target(feature=feature))
        job = office.ledger.job(answer.job or "")
        assert job is not None
        assert job.kind == kind

    assert office.store.get("north").armed == ("actions",)


def test_arming_needs_an_account_in_the_definition(office: Office) -> None:
    text = sample_definition("north")
    start, end = text.index("[accounts.policy]"), text.index("[accounts.actions]")
    office.store.apply(parse_definition(text[:start] + text[end:]), "anna")

    assert office.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="policy")).error == "no_account"
    assert office.ask(RequestKind.CONNECTOR_ARM).error == "bad_target"


def test_disarming_is_done_at_once(office: Office) -> None:
    answer = office.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))

    assert (answer.status, answer.job, answer.details) == ("accepted", None, {"armed": []})


def test_disarming_cancels_a_preflight_that_would_arm_it_later(office: Office) -> None:
    later = office.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="policy"))
    other = office.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="actions"))

    office.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="policy"))

    cancelled, kept = (office.ledger.job(answer.job or "") for answer in (later, other))
    assert cancelled is not None
    assert kept is not None
    assert (cancelled.outcome, kept.state) == (Outcome.CANCELLED, State.QUEUED)


def test_removal_is_refused_with_the_list_while_actions_are_open_then_cancels_the_rest(office: Office) -> None:
    wipe = office.ask()
    refused = office.ask(RequestKind.CONNECTOR_REMOVE)
    assert (refused.error, refused.details["actions"]) == ("open_actions", [wipe.job])

    office.ledger.cancel(wipe.job or "", by="anna")
    sweep = office.ask(RequestKind.SWEEP_START)
    assert office.ask(RequestKind.CONNECTOR_REMOVE).status == "accepted"

    job = office.ledger.job(sweep.job or "")
    assert job is not None
    assert job.outcome == Outcome.CANCELLED
    assert office.ask(RequestKind.SWEEP_START).error == "unknown_connector"
    assert office.ask(RequestKind.CONNECTOR_REMOVE, connector="west").error == "unknown_connector"


def test_one_discovery_at_a_time(office: Office) -> None:
    first = office.ask(RequestKind.SWEEP_START)

    second = office.ask(RequestKind.SWEEP_START)

    assert (second.error, second.job) == ("open_sweep", first.job)
    job = office.ledger.job(first.job or "")
    assert job is not None
    assert json.loads(job.payload)["number"] == 1


def test_policy_is_planned_unarmed_but_applied_only_armed_and_by_a_known_plan(office: Office) -> None:
    plan = office.ask(RequestKind.POLICY_PLAN)
    assert plan.status == "accepted"
    target = Target(plan=plan.job, digest="d" * 64)
    assert office.ask(RequestKind.POLICY_APPLY, target=target).error == "not_armed"

    office.store.arm("north", "policy", "policy")

    assert office.ask(RequestKind.POLICY_APPLY, target=target).status == "accepted"
    assert office.ask(RequestKind.POLICY_APPLY).error == "bad_target"
    unknown = Target(plan="policy-plan-aaaaaaaaaaaaaaaa", digest="d" * 64)
    assert office.ask(RequestKind.POLICY_APPLY, target=unknown).error == "unknown_job"


def test_policy_needs_a_settings_group(office: Office) -> None:
    text = sample_definition("north")
    start, end = text.index("[policy.password]"), text.index("[limits.erase]")
    office.store.apply(parse_definition(text[:start] + text[end:]), "anna")

    assert office.ask(RequestKind.POLICY_PLAN).error == "no_policy"


def test_jobs_are_cancelled_by_name_within_their_connector_only(office: Office) -> None:
    wipe = office.ask()
    office.store.apply(parse_definition(sample_definition("south")), "anna")
    target = Target(jobs=(wipe.job or "",))
    assert office.ask(RequestKind.JOB_CANCEL, connector="south", target=target).error == "unknown_job"

    answer = office.ask(RequestKind.JOB_CANCEL, target=target)

    assert answer.details == {"results": [f"{wipe.job} cancelled"]}
    assert not office.ledger.unsettled("north")


def test_retry_makes_a_waiting_job_due(office: Office) -> None:
    wipe = office.ask()
    claim = office.ledger.claim(wipe.job or "", "worker")
    assert claim is not None
    office.ledger.defer(claim.lease, timedelta(hours=1))

    answer = office.ask(RequestKind.JOB_RETRY, target=Target(jobs=(wipe.job or "",)))

    assert answer.details == {"results": [f"{wipe.job} due"]}


def test_held_action_is_released_by_another_person_only(office: Office) -> None:
    wipe = office.ask()
    target = Target(jobs=(wipe.job or "",))
    assert office.ask(RequestKind.RELEASE, requester="bert", target=target).error == "not_held"
    office.hold(wipe.job or "")
    assert office.ask(RequestKind.RELEASE, target=target).error == "second_person"

    answer = office.ask(RequestKind.RELEASE, requester="bert", target=target)

    assert answer.details == {"released": [wipe.job], "count": 1}


@pytest.mark.parametrize(
    ("minutes", "word"), [(0, "too_early"), (59, "too_early"), (61, None)], ids=["at once", "59 minutes", "61 minutes"]
)
def test_single_administrator_releases_an_own_request_only_after_an_hour(
    office: Office, minutes: int, word: str | None
) -> None:
    office.registry = replace(office.registry, single_administrator=True)
    wipe = office.ask()
    office.hold(wipe.job or "")
    earlier = int((datetime.now(UTC) - timedelta(minutes=minutes)).timestamp() * 1000)
    office.client.hset(keys.job(wipe.job or ""), "created", str(earlier))

    answer = office.ask(RequestKind.RELEASE, target=Target(jobs=(wipe.job or "",)))

    assert (answer.error, answer.status == "accepted") == (word, word is None)


def test_kill_switch_is_turned_by_requests(office: Office) -> None:
    assert office.ask(RequestKind.RESUME).state == "running"
    assert office.ledger.switch("north") == "running"
    assert office.ask(RequestKind.PAUSE).state == "paused"
    assert office.ledger.switch("north") == "paused"
