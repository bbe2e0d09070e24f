"""Undo and restore: plans towards what was before, applied as every plan is."""

import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from multiprocessing import get_context

import pytest

from exconn.contracts import HoldReason, RefuseReason
from exconn.contracts.policy_towards import Goal, Leaves
from exconn.failpoints import points
from exconn.failpoints.spec import VARIABLE
from exconn.ledger import Outcome, State
from exconn.policy.applied import MOST_KEPT, AppliedPlans
from exconn.policy.drift import Change
from tests.support.jobs.policy_jobs import CONNECTOR, Governing, at_rest, changes_of

FIRST = "password_enabled = true\nminimum_password_length = 6"
SECOND = "password_enabled = true\nminimum_password_length = 8\npassword_history = 3"
#: What the first definition sets, and what the second sets then.
ONE: dict[str, object] = {"PasswordEnabled": True, "MinPasswordLength": 6}


def values(governing: Governing) -> dict[str, object]:
    return dict(governing.in_exchange().values)


def apply_definition(governing: Governing, password: str, **groups: str) -> str:
    governing.define(password, **groups)
    job = governing.applied(governing.plan())
    if job.state is State.HELD:
        governing.release(job)
        job = governing.work(job.id)
    assert job.outcome == Outcome.SUCCEEDED
    return job.id


def left_of(data: Mapping[str, object]) -> dict[str, str]:
    left = data.get("left", [])
    assert isinstance(left, list)
    return {each["parameter"]: each["why"] for each in left}


def kill_before_it_settles(governing: Governing, job_id: str) -> None:
    """A worker dies when its cmdlet was executed and read back, and nothing of that was written down."""
    governing.sessions.close()
    worker = get_context("fork").Process(target=_claim_and_die, args=(governing, job_id))
    worker.start()
    worker.join(timeout=30)
    assert worker.exitcode == -signal.SIGKILL


def _claim_and_die(governing: Governing, job_id: str) -> None:
    os.environ[VARIABLE] = "action.before_settle=kill"
    points._table = None
    governing.claim(job_id)


def test_an_undo_brings_back_exactly_what_the_apply_found(governing: Governing) -> None:
    before = values(governing)
    applied = apply_definition(governing, FIRST)
    assert values(governing) != before

    plan = governing.plan_back(Goal.UNDO)
    job = governing.applied(plan)

    assert plan.data["towards"] == {"goal": "undo", "job": applied}
    assert (left_of(plan.data), plan.data["guarded"]) == ({}, ["password"])
    assert job.outcome == Outcome.SUCCEEDED
    assert values(governing) == before


def test_an_undo_of_one_apply_leaves_what_a_later_one_set(governing: Governing) -> None:
    first = apply_definition(governing, FIRST)
    apply_definition(governing, SECOND)

    plan = governing.plan_back(Goal.UNDO, job=first)
    governing.applied(plan)

    assert changes_of(plan) == {"PasswordEnabled": "False"}
    assert left_of(plan.data) == {"MinPasswordLength": Leaves.CHANGED_SINCE}
    assert values(governing)["MinPasswordLength"] == 8


def test_the_newest_apply_alone_is_undone(governing: Governing) -> None:
    apply_definition(governing, FIRST)
    between = values(governing)
    apply_definition(governing, SECOND)

    governing.applied(governing.plan_back(Goal.UNDO))

    assert values(governing) == between


def test_an_undo_that_was_applied_can_be_undone(governing: Governing) -> None:
    apply_definition(governing, FIRST)
    after = values(governing)
    governing.applied(governing.plan_back(Goal.UNDO))

    governing.applied(governing.plan_back(Goal.UNDO))

    assert values(governing) == after


def test_a_restore_after_two_applies_brings_back_what_was_before_the_first(governing: Governing) -> None:
    before = values(governing)
    apply_definition(governing, FIRST)
    apply_definition(governing, SECOND)

    plan = governing.plan_back(Goal.BEFORE)
    job = governing.applied(plan)

    assert left_of(plan.data) == {}
    assert job.outcome == Outcome.SUCCEEDED
    assert values(governing) == before


def test_a_restore_after_the_group_was_given_up(governing: Governing) -> None:
    before = values(governing)
    apply_definition(governing, FIRST)
    governing.define("")

    plan = governing.plan_back(Goal.BEFORE)
    governing.applied(plan)

    assert "guarded" not in plan.data
    assert values(governing) == before


def test_a_restore_of_one_group_leaves_the_others(governing: Governing) -> None:
    apply_definition(governing, FIRST, extended="allow_pop_imap_email = false")

    plan = governing.plan_back(Goal.BEFORE, group="extended")
    governing.applied(plan)

    assert changes_of(plan) == {"AllowPOPIMAPEmail": "True"}
    assert values(governing)["MinPasswordLength"] == 6


def test_what_was_set_later_in_a_group_that_is_not_guarded_as_a_whole_goes_back_to_what_it_was_then(
    governing: Governing,
) -> None:
    apply_definition(governing, FIRST, extended="allow_pop_imap_email = false")
    governing.change_in_exchange(AllowSMIMESoftCerts=False)
    apply_definition(governing, FIRST, extended="allow_pop_imap_email = false\nallow_smime_soft_certs = true")

    plan = governing.plan_back(Goal.BEFORE, group="extended")
    governing.applied(plan)

    assert changes_of(plan) == {"AllowPOPIMAPEmail": "True", "AllowSMIMESoftCerts": "False"}


@pytest.mark.parametrize("goal", [Goal.UNDO, Goal.BEFORE])
def test_what_an_administrator_changed_in_between_is_left_and_named(governing: Governing, goal: Goal) -> None:
    before = values(governing)
    apply_definition(governing, FIRST)
    governing.change_in_exchange(MinPasswordLength=9)

    plan = governing.plan_back(goal)
    governing.applied(plan)

    assert left_of(plan.data) == {"MinPasswordLength": Leaves.CHANGED_SINCE}
    assert values(governing) == before | {"MinPasswordLength": 9}


def test_what_was_never_set_from_here_is_left_and_named(governing: Governing) -> None:
    apply_definition(governing, FIRST)
    governing.change_in_exchange(PasswordHistory=7)

    plan = governing.plan_back(Goal.BEFORE)

    assert left_of(plan.data) == {"PasswordHistory": Leaves.NOT_SET_HERE}


@pytest.mark.parametrize("goal", [Goal.UNDO, Goal.BEFORE])
def test_what_exchange_changed_by_itself_is_put_back_too(governing: Governing, goal: Goal) -> None:
    before = values(governing)
    apply_definition(governing, "", security="storage_card_encrypt = true")
    assert values(governing)["DeviceEncryptionEnabled"] is True

    plan = governing.plan_back(goal)
    governing.applied(plan)

    assert changes_of(plan) == {"RequireStorageCardEncryption": "False", "DeviceEncryptionEnabled": "False"}
    assert values(governing) == before


def test_a_dangerous_way_back_waits_for_the_second_person(governing: Governing) -> None:
    governing.change_in_exchange(MaxPasswordFailedAttempts=4)
    before = values(governing)
    apply_definition(governing, "password_enabled = true\nwipe_after_failed_attempt = 8")
    sets = governing.sets()

    job = governing.applied(governing.plan_back(Goal.BEFORE))

    assert (job.state, job.reason, governing.sets()) == (State.HELD, HoldReason.SECOND_PERSON, sets)
    governing.release(job)
    assert governing.work(job.id).outcome == Outcome.SUCCEEDED
    assert values(governing) == before


def test_a_way_back_is_refused_where_exchange_has_changed_since_it_was_planned(governing: Governing) -> None:
    apply_definition(governing, FIRST)
    plan = governing.plan_back(Goal.UNDO)
    governing.change_in_exchange(MinPasswordLength=9)

    job = governing.applied(plan)

    assert (job.outcome, job.data["reason"]) == (Outcome.REFUSED, RefuseReason.EXCHANGE_CHANGED)


def test_where_another_policy_became_the_default_nothing_is_undone(governing: Governing) -> None:
    apply_definition(governing, FIRST)
    governing.make_default("Executives", **ONE)

    plan = governing.plan_back(Goal.UNDO)

    assert (plan.data["drift"], set(left_of(plan.data).values())) == (0, {Leaves.OTHER_POLICY})


def test_an_undo_of_what_is_not_kept_is_refused(governing: Governing) -> None:
    plan = governing.plan_back(Goal.UNDO)

    assert (plan.outcome, plan.data["reason"]) == (Outcome.REFUSED, RefuseReason.NO_APPLY_KEPT)


@pytest.mark.parametrize("goal", [Goal.UNDO, Goal.BEFORE])
def test_an_apply_whose_worker_was_killed_after_its_cmdlet_can_be_undone(governing: Governing, goal: Goal) -> None:
    before = values(governing)
    governing.define(FIRST)
    job_id = governing.apply(governing.plan())
    kill_before_it_settles(governing, job_id)
    assert values(governing)["MinPasswordLength"] == 6

    plan = governing.plan_back(goal)
    governing.applied(plan)

    assert values(governing) == before


def test_a_way_back_whose_worker_was_killed_after_its_cmdlet_ends_the_same(governing: Governing) -> None:
    before = values(governing)
    apply_definition(governing, FIRST)
    job_id = governing.apply(governing.plan_back(Goal.BEFORE))
    kill_before_it_settles(governing, job_id)
    sets = governing.sets()

    assert governing.work(job_id, until=at_rest).outcome == Outcome.SUCCEEDED
    assert (values(governing), governing.sets()) == (before, sets)


def test_applies_are_kept_by_count_and_what_older_ones_set_is_still_known(governing: Governing) -> None:
    applied, began = AppliedPlans(governing.client), governing.ledger.time()
    for number in range(MOST_KEPT + 2):
        name = "Oldest" if number == 0 else "Later"
        change = Change(parameter=name, found=number, wanted=number + 1)
        at = began + timedelta(milliseconds=number)
        applied.begin(CONNECTOR, f"policy-apply-{number}", at=at, policy="p", changes=[change])

    assert applied.find(CONNECTOR, "policy-apply-1") is None
    assert applied.find(CONNECTOR, "policy-apply-2") is not None
    assert applied.last_set(CONNECTOR, "p") == {"Oldest": 1, "Later": MOST_KEPT + 2}
    assert applied.last_set(CONNECTOR, "another") == {}
