"""What each kind of request does, on a real server with the real ledger."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from exconn.connector import parse_definition, sample_definition
from exconn.contracts import ACTION_KINDS, KINDS, Kind, WaitReason, parse_work
from exconn.contracts.findings import FindingCode
from exconn.contracts.policy_towards import Goal, Towards
from exconn.contracts.request import RequestKind, Target, parse_envelope, parse_request
from exconn.contracts.work import ActionPayload, PolicyPlan
from exconn.intake.context import KnownDevice
from exconn.keyspace import keys
from exconn.ledger import AccountTrouble, AccountTroubles, Ledger, Outcome, State, UnconfirmedError
from tests.support.requests.receiving import OTHER_DEVICE, IntakeScene
from tests.support.requests.signed import DEVICE
from tests.support.streams.records import messages_of

FINDING = Target(problem=FindingCode.RECORDS_MISSING, finding="12-15")


def test_first_connector_is_flagged_installed_by_a_job_and_runs(scene: IntakeScene) -> None:
    scene.client.delete(keys.CONNECTORS)
    answer = scene.ask(
        RequestKind.CONNECTOR_APPLY, connector="south", target=Target(definition=sample_definition("south"))
    )

    assert (answer.status, answer.details) == ("accepted", {"revision": 1, "state": "flagged"})
    job = scene.ledger.job(answer.job or "")
    assert job is not None
    assert (job.kind, job.connector, job.valid_until) == ("install", "south", None)
    assert scene.ledger.switch("south") == "running"


def test_apply_makes_a_waiting_installation_due_at_once(scene: IntakeScene) -> None:
    scene.client.delete(keys.CONNECTORS)
    first = scene.ask(
        RequestKind.CONNECTOR_APPLY, connector="south", target=Target(definition=sample_definition("south"))
    )
    claim = scene.ledger.claim(first.job or "", "worker")
    assert claim is not None
    scene.ledger.defer(claim.lease, timedelta(hours=1))

    again = scene.ask(
        RequestKind.CONNECTOR_APPLY,
        connector="south",
        target=Target(definition=sample_definition("south", longest_pause="9m")),
    )

    assert (again.job, again.details["revision"]) == (first.job, 2)
    job = scene.ledger.job(first.job or "")
    assert job is not None
    assert job.state is State.QUEUED


def test_apply_has_what_is_in_trouble_tried_at_once_and_drops_accounts_that_it_does_not_name(
    scene: IntakeScene,
) -> None:
    definition = sample_definition("north", longest_pause="9m")
    account = parse_definition(definition).accounts.discovery.username
    troubles = AccountTroubles(scene.client)
    for name in (account, "an earlier one"):
        trouble = AccountTrouble(code=WaitReason.ACCOUNT_REFUSED, account=name)
        for failures in range(8):
            troubles.found("north", trouble, by="worker", seen=failures)

    scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=definition))

    (kept,) = troubles.known("north")
    assert kept.account == account
    assert troubles.may_try("north", [kept.name]).admitted


def test_apply_does_not_lift_a_pause(scene: IntakeScene) -> None:
    scene.ask(RequestKind.PAUSE)

    changed = sample_definition("north", longest_pause="9m")
    answer = scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=changed))

    assert answer.status == "accepted"
    assert scene.ledger.switch("north") == "paused"


@pytest.mark.parametrize(
    ("definition", "error"),
    [(None, "bad_target"), ("name = 1", "definition"), (sample_definition("south"), "bad_target")],
)
def test_unusable_definition_is_refused(scene: IntakeScene, definition: str | None, error: str) -> None:
    answer = scene.ask(RequestKind.CONNECTOR_APPLY, target=Target(definition=definition))

    assert answer.error == error


def test_arming_inserts_the_preflight_and_arms_nothing_yet(scene: IntakeScene) -> None:
    arming: list[tuple[Literal["policy", "actions"], str]] = [
        ("policy", "preflight-policy"),
        ("actions", "preflight-actions"),
    ]
    for feature, kind in arming:
        answer = scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature=feature))
        job = scene.ledger.job(answer.job or "")
        assert job is not None
        assert job.kind == kind

    assert scene.store.get("north").armed == ("actions",)


def test_arming_needs_an_account_in_the_definition(scene: IntakeScene) -> None:
    text = sample_definition("north")
    start, end = text.index("[accounts.policy]"), text.index("[accounts.actions]")
    scene.store.apply(parse_definition(text[:start] + text[end:]), "anna")

    assert scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="policy")).error == "no_account"
    assert scene.ask(RequestKind.CONNECTOR_ARM).error == "bad_target"


def test_disarming_is_done_at_once(scene: IntakeScene) -> None:
    answer = scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))

    assert (answer.status, answer.job, answer.details) == ("accepted", None, {"armed": []})


def test_disarming_cancels_a_preflight_that_would_arm_it_later(scene: IntakeScene) -> None:
    later = scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="policy"))
    other = scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="actions"))

    scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="policy"))

    cancelled, kept = (scene.ledger.job(answer.job or "") for answer in (later, other))
    assert cancelled is not None
    assert kept is not None
    assert (cancelled.outcome, kept.state) == (Outcome.CANCELLED, State.QUEUED)


@pytest.fixture
def unconfirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancellations are written, and no replica confirms them."""
    written = Ledger.cancel

    def cancel(ledger: Ledger, job_id: str, *, by: str) -> None:
        written(ledger, job_id, by=by)
        raise UnconfirmedError("cancel", job_id)

    monkeypatch.setattr(Ledger, "cancel", cancel)


@pytest.mark.usefixtures("unconfirmed")
def test_a_cancellation_that_is_not_confirmed_keeps_no_other_from_being_done(scene: IntakeScene) -> None:
    scene.devices[OTHER_DEVICE] = KnownDevice()
    first, second = (scene.ask(target=Target(device=device)).job or "" for device in (DEVICE, OTHER_DEVICE))

    answer = scene.ask(RequestKind.JOB_CANCEL, target=Target(jobs=(first, second)))

    assert (answer.error, answer.job) == ("unconfirmed", first)
    assert not scene.ledger.unsettled("north")


@pytest.mark.usefixtures("unconfirmed")
def test_a_preflight_whose_end_is_not_confirmed_keeps_nobody_from_disarming(scene: IntakeScene) -> None:
    scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="actions"))

    answer = scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))

    assert (answer.error, scene.store.get("north").armed) == ("unconfirmed", ())


def test_removal_is_refused_with_the_list_while_actions_are_open_then_cancels_the_rest(scene: IntakeScene) -> None:
    wipe = scene.ask()
    AccountTroubles(scene.client).found("north", AccountTrouble(code=WaitReason.WRONG_ENDPOINT), by="worker")
    refused = scene.ask(RequestKind.CONNECTOR_REMOVE)
    assert (refused.error, refused.details["actions"]) == ("open_actions", [wipe.job])

    scene.ledger.cancel(wipe.job or "", by="anna")
    sweep = scene.ask(RequestKind.SWEEP_START)
    assert scene.ask(RequestKind.CONNECTOR_REMOVE).status == "accepted"

    job = scene.ledger.job(sweep.job or "")
    assert job is not None
    assert job.outcome == Outcome.CANCELLED
    assert AccountTroubles(scene.client).known("north") == []
    assert scene.ask(RequestKind.SWEEP_START).error == "unknown_connector"
    assert scene.ask(RequestKind.CONNECTOR_REMOVE, connector="west").error == "unknown_connector"


def test_one_discovery_at_a_time(scene: IntakeScene) -> None:
    first = scene.ask(RequestKind.SWEEP_START)

    second = scene.ask(RequestKind.SWEEP_START)

    assert (second.error, second.job) == ("open_sweep", first.job)
    job = scene.ledger.job(first.job or "")
    assert job is not None
    assert json.loads(job.payload)["number"] == 1


def test_policy_is_planned_unarmed_but_applied_only_armed_and_by_a_known_plan(scene: IntakeScene) -> None:
    plan = scene.ask(RequestKind.POLICY_PLAN)
    assert plan.status == "accepted"
    target = Target(plan=plan.job, digest="d" * 64)
    assert scene.ask(RequestKind.POLICY_APPLY, target=target).error == "not_armed"

    scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="policy"))
    scene.store.arm("north", "policy", "policy")

    answer = scene.ask(RequestKind.POLICY_APPLY, target=target)
    assert answer.status == "accepted"
    job = scene.ledger.job(answer.job or "")
    assert job is not None
    assert parse_request(parse_envelope(json.loads(job.payload)["envelope"])).target == target
    assert scene.ask(RequestKind.POLICY_APPLY).error == "bad_target"
    unknown = Target(plan="policy-plan-aaaaaaaaaaaaaaaa", digest="d" * 64)
    assert scene.ask(RequestKind.POLICY_APPLY, target=unknown).error == "unknown_job"


def test_policy_needs_a_settings_group(scene: IntakeScene) -> None:
    text = sample_definition("north")
    start, end = text.index("[policy.password]"), text.index("[limits.erase]")
    scene.store.apply(parse_definition(text[:start] + text[end:]), "anna")

    assert scene.ask(RequestKind.POLICY_PLAN).error == "no_policy"


def test_policy_goes_back_also_where_no_group_is_guarded_any_more(scene: IntakeScene) -> None:
    text = sample_definition("north")
    start, end = text.index("[policy.password]"), text.index("[limits.erase]")
    scene.store.apply(parse_definition(text[:start] + text[end:]), "anna")
    scene.ask(RequestKind.CONNECTOR_ARM, target=Target(feature="policy"))
    scene.store.arm("north", "policy", "policy")
    towards = Towards(goal=Goal.BEFORE, group="password")

    plan = scene.ask(RequestKind.POLICY_PLAN, target=Target(towards=towards))
    apply = scene.ask(RequestKind.POLICY_APPLY, target=Target(plan=plan.job, digest="d" * 64))

    job = scene.ledger.job(plan.job or "")
    assert job is not None
    assert parse_work(job.kind, job.payload) == PolicyPlan(towards=towards)
    assert apply.status == "accepted"


def test_policy_goes_back_of_known_groups_only(scene: IntakeScene) -> None:
    towards = Towards(goal=Goal.BEFORE, group="passwords")

    assert scene.ask(RequestKind.POLICY_PLAN, target=Target(towards=towards)).error == "bad_target"


def test_jobs_are_cancelled_by_name_within_their_connector_only(scene: IntakeScene) -> None:
    wipe = scene.ask()
    scene.store.apply(parse_definition(sample_definition("south")), "anna")
    target = Target(jobs=(wipe.job or "",))
    assert scene.ask(RequestKind.JOB_CANCEL, connector="south", target=target).error == "unknown_job"

    answer = scene.ask(RequestKind.JOB_CANCEL, target=target)

    assert answer.details == {"results": [f"{wipe.job} cancelled"]}
    assert not scene.ledger.unsettled("north")


def test_retry_makes_a_waiting_job_due(scene: IntakeScene) -> None:
    wipe = scene.ask()
    claim = scene.ledger.claim(wipe.job or "", "worker")
    assert claim is not None
    scene.ledger.defer(claim.lease, timedelta(hours=1))

    answer = scene.ask(RequestKind.JOB_RETRY, target=Target(jobs=(wipe.job or "",)))

    assert answer.details == {"results": [f"{wipe.job} due"]}


def test_kill_switch_is_turned_by_requests(scene: IntakeScene) -> None:
    assert scene.ask(RequestKind.RESUME).state == "running"
    assert scene.ledger.switch("north") == "running"
    assert scene.ask(RequestKind.PAUSE).state == "paused"
    assert scene.ledger.switch("north") == "paused"


def test_a_finding_is_acknowledged_by_a_message_that_says_who_and_why(scene: IntakeScene) -> None:
    answer = scene.ask(RequestKind.PROBLEM_ACKNOWLEDGE, target=FINDING, reason="trimmed by hand")

    message = messages_of(scene.client)[-1]
    assert (answer.status, answer.state) == ("accepted", "acknowledged")
    assert (message.by, message.connector) == ("anna", "")
    assert message.text == "Problem records_missing 12-15 acknowledged: trimmed by hand"


@pytest.mark.parametrize(
    ("target", "reason"), [(FINDING, "  "), (Target(), "why"), (Target(problem=FindingCode.RECORDS_MISSING), "why")]
)
def test_nothing_is_acknowledged_without_a_finding_and_a_reason(
    scene: IntakeScene, target: Target, reason: str
) -> None:
    before = scene.client.xlen(keys.STATUS)

    assert scene.ask(RequestKind.PROBLEM_ACKNOWLEDGE, target=target, reason=reason).error == "bad_target"
    assert scene.client.xlen(keys.STATUS) == before


def test_who_may_not_use_every_connector_does_not_acknowledge_for_all(scene: IntakeScene) -> None:
    anna = scene.registry.requesters["anna"].model_copy(update={"connectors": ("north",)})
    scene.registry = replace(scene.registry, requesters={**scene.registry.requesters, "anna": anna})
    alone = scene.ask(RequestKind.PROBLEM_ACKNOWLEDGE, target=FINDING, reason="why")
    scene.store.apply(parse_definition(sample_definition("south")), "bert")

    assert alone.status == "accepted"
    assert scene.ask(RequestKind.PROBLEM_ACKNOWLEDGE, target=FINDING, reason="why").error == "not_allowed"


@pytest.mark.parametrize("kind", ACTION_KINDS)
def test_each_kind_of_action_is_asked_for_alike_and_makes_a_job_of_its_kind(scene: IntakeScene, kind: Kind) -> None:
    answer = scene.ask(RequestKind(kind.value), target=Target(device=DEVICE))

    job = scene.ledger.job(answer.job or "")
    assert job is not None
    assert (job.kind, job.device, job.checks, job.phase) == (kind, DEVICE, KINDS[kind].checks, KINDS[kind].life.first)
    work = parse_work(job.kind, job.payload)
    assert isinstance(work, ActionPayload)
    assert (work.kind, work.device) == (kind, DEVICE)


@pytest.mark.parametrize("kind", ACTION_KINDS)
def test_no_action_is_taken_without_a_device_or_unarmed(scene: IntakeScene, kind: Kind) -> None:
    assert scene.ask(RequestKind(kind.value), target=Target()).error == "bad_target"
    scene.ask(RequestKind.CONNECTOR_DISARM, target=Target(feature="actions"))

    assert scene.ask(RequestKind(kind.value), target=Target(device=DEVICE)).error == "not_armed"


def test_a_block_is_refused_while_a_wipe_is_open(scene: IntakeScene) -> None:
    wipe = scene.ask()

    refused = scene.ask(RequestKind.BLOCK, target=Target(device=DEVICE))

    assert (refused.error, refused.job) == ("open_action", wipe.job)
    assert f"exconn actions follow {wipe.job}" in (refused.remedy or "")
