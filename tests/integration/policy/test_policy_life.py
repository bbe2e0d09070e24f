"""From a plan to what Exchange has: exactly the plan, once, and not when anything moved meanwhile."""

import json
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from exconn.contracts import HoldReason, RefuseReason, WaitReason
from exconn.keyspace import keys
from exconn.ledger import Outcome, State
from exconn.policy.plan_store import Plans
from exconn.stream import Number
from tests.support.jobs.policy_jobs import CONNECTOR, Governing, changes_of
from tests.support.machine.processes import wait_until
from tests.support.system.frozen_worker import FrozenAfterBegin

SET = "Set-MobileDeviceMailboxPolicy"
WANTED: dict[str, object] = {
    "AllowSimplePassword": False,
    "MinPasswordLength": 6,
    "PasswordEnabled": True,
    "PasswordHistory": 5,
}
#: What the default policy has of these before a plan is applied.
FOUND: dict[str, object] = {
    "AllowSimplePassword": True,
    "MinPasswordLength": 4,
    "PasswordEnabled": False,
    "PasswordHistory": 0,
}
STRICTER = "password_enabled = true\nwipe_after_failed_attempt = 4"


def test_a_plan_is_applied_exactly_and_read_back(governing: Governing) -> None:
    before = governing.in_exchange().values

    plan = governing.plan()
    job = governing.applied(plan)

    assert changes_of(plan) == {
        "AllowSimplePassword": "False",
        "MinPasswordLength": "6",
        "PasswordEnabled": "True",
        "PasswordHistory": "5",
    }
    assert plan.data["policy_name"] == governing.in_exchange().name
    assert (job.outcome, job.data["drift_after"]) == (Outcome.SUCCEEDED, 0)
    after = governing.in_exchange().values
    assert {name for name in after if after[name] != before[name]} == changes_of(plan).keys()
    assert governing.sets() == 1
    assert governing.plan().data["drift"] == 0


def test_a_plan_is_refused_when_exchange_has_changed_since(governing: Governing) -> None:
    plan = governing.plan()
    governing.change_in_exchange(MinPasswordLength=9)

    job = governing.applied(plan)

    assert job.outcome == Outcome.REFUSED
    assert job.data["reason"] == RefuseReason.EXCHANGE_CHANGED
    assert governing.in_exchange().values["MinPasswordLength"] == 9


def test_a_plan_that_exchange_has_already_is_applied_without_a_cmdlet(governing: Governing) -> None:
    plan = governing.plan()
    governing.applied(plan)

    job = governing.applied(plan)

    assert job.outcome == Outcome.SUCCEEDED
    assert governing.sets() == 1


def test_a_plan_that_was_changed_under_its_id_is_not_the_one_that_was_approved(governing: Governing) -> None:
    plans, approved = Plans(governing.client), governing.plan()
    kept = plans.find(CONNECTOR, approved.id)
    assert kept is not None
    harmful = tuple(replace(change, wanted=change.found or change.wanted) for change in kept.changes)
    plans.save(CONNECTOR, approved.id, replace(kept, changes=harmful))

    job = governing.applied(approved)

    assert job.outcome == Outcome.REFUSED
    assert job.data["reason"] == RefuseReason.PLAN_UNKNOWN
    assert (governing.sets(), governing.simulator.oracle(cmdlet="Set-*MailboxPolicy")) == (0, [])


def test_a_plan_that_is_no_longer_kept_is_refused(governing: Governing) -> None:
    plan = governing.plan()
    governing.client.delete(keys.plan(CONNECTOR, plan.id))

    job = governing.applied(plan)

    assert (job.outcome, governing.sets()) == (Outcome.REFUSED, 0)


@pytest.mark.parametrize("values", [FOUND, WANTED], ids=["as the plan found", "as the plan wants"])
def test_a_plan_for_one_policy_is_not_applied_to_another_that_became_the_default(
    governing: Governing, values: dict[str, object]
) -> None:
    plan = governing.plan()
    governing.make_default("Executives", **values)
    before, sets = governing.in_exchange(), governing.sets()

    job = governing.applied(plan)

    assert job.outcome == Outcome.REFUSED
    assert job.data["reason"] == RefuseReason.EXCHANGE_CHANGED
    assert (governing.in_exchange(), governing.sets()) == (before, sets)
    assert before.name == "Executives"


def test_a_plan_that_a_lost_worker_began_is_not_applied_to_another_policy_that_became_the_default(
    governing: Governing,
) -> None:
    job_id = governing.apply(governing.plan())
    governing.lose_after_begin(job_id, values={})
    governing.make_default("Executives", **FOUND)
    sets = governing.sets()

    job = governing.work(job_id)

    assert (job.reason, job.data["cause"]) == (HoldReason.UNPROVEN, RefuseReason.EXCHANGE_CHANGED)
    assert governing.sets() == sets


def test_a_dangerous_change_waits_for_its_release(governing: Governing) -> None:
    governing.define(STRICTER)

    job = governing.applied(governing.plan())

    assert (job.state, job.reason) == (State.HELD, HoldReason.SECOND_PERSON)
    assert governing.sets() == 0
    governing.ledger.retry(job.id, by="operator")
    assert governing.work(job.id).reason == HoldReason.SECOND_PERSON
    governing.release(governing.work(job.id))
    assert governing.work(job.id).outcome == Outcome.SUCCEEDED
    assert governing.in_exchange().values["MaxPasswordFailedAttempts"] == 4


def test_a_release_that_is_only_a_field_of_the_job_lets_no_dangerous_change_be_written(governing: Governing) -> None:
    governing.define(STRICTER)
    job = governing.applied(governing.plan())

    for fields in (
        {"released_reason": "second_person", "releases": json.dumps([f"second_person {job.subject}"])},
        {"released_reason": "second_person", "begun": "1"},
    ):
        for name, value in fields.items():
            governing.client.hset(keys.job(job.id), name, value)
        governing.ledger.retry(job.id, by="thief")
        assert governing.work(job.id).reason == HoldReason.SECOND_PERSON

    assert governing.sets() == 0


@pytest.mark.parametrize(
    ("by", "shown", "part"),
    [("operator", "", "second_person"), ("boss", "second_person " + "0" * 64, None), ("boss", "breaker", None)],
    ids=["who asked", "another plan", "another reason"],
)
def test_a_release_by_who_asked_or_for_something_else_lets_no_dangerous_change_be_written(
    governing: Governing, by: str, shown: str, part: str | None
) -> None:
    governing.define(STRICTER)
    job = governing.applied(governing.plan())

    governing.release(job, by=by, shown=shown)

    assert governing.work(job.id).reason == HoldReason.SECOND_PERSON
    assert governing.sets() == 0
    assert governing.told(job.id).count(Number.GRANT_NOT_SIGNED) == (part is not None)


def test_a_connector_that_is_not_armed_writes_nothing(governing: Governing) -> None:
    plan = governing.plan()
    governing.store.disarm(CONNECTOR, "policy", "boss")

    job = governing.applied(plan)

    assert (job.outcome, job.data["reason"]) == (Outcome.REFUSED, RefuseReason.POLICY_NOT_ARMED)
    assert governing.sets() == 0


def test_the_kill_switch_stops_a_plan_before_its_cmdlet(governing: Governing) -> None:
    plan = governing.plan()
    governing.ledger.pause(CONNECTOR, by="boss")

    job = governing.applied(plan)

    assert (job.wait, governing.sets()) == ("switch", 0)
    governing.ledger.resume(CONNECTOR, by="boss")
    assert governing.work(job.id, until=lambda job: job.state is State.SETTLED).outcome == Outcome.SUCCEEDED
    assert governing.sets() == 1


@pytest.mark.parametrize("fault", ["drop_answer", "transient_after"])
def test_an_answer_that_is_lost_is_read_back_and_nothing_is_set_twice(governing: Governing, fault: str) -> None:
    plan = governing.plan()
    governing.simulator.fault(fault, cmdlet=SET, times=1)

    job = governing.applied(plan)

    assert job.outcome == Outcome.SUCCEEDED
    assert 50207 in governing.told(job.id)
    assert governing.sets() == 1


def test_a_change_that_exchange_refuses_waits_for_a_person(governing: Governing) -> None:
    plan = governing.plan()
    governing.simulator.fault("error", cmdlet=SET, times=1)

    job = governing.applied(plan)

    assert job.reason == HoldReason.REFUSED_BY_EXCHANGE
    governing.ledger.retry(job.id, by="operator")
    assert governing.work(job.id).outcome == Outcome.SUCCEEDED


def test_a_change_that_was_made_and_reported_an_error_is_applied_and_not_refused(governing: Governing) -> None:
    plan = governing.plan()
    governing.simulator.fault("error_and_success", cmdlet=SET, times=1)

    job = governing.applied(plan)

    assert (job.outcome, governing.sets()) == (Outcome.SUCCEEDED, 1)


def test_a_disarmed_connector_still_tells_what_a_lost_worker_has_written(governing: Governing) -> None:
    plan = governing.plan()
    job_id = governing.apply(plan)
    governing.lose_after_begin(job_id, values=WANTED)
    governing.store.disarm(CONNECTOR, "policy", "boss")

    assert governing.work(job_id).outcome == Outcome.SUCCEEDED
    assert governing.sets() == 1


@pytest.mark.parametrize("stop", ["disarm", "cancel", "pause"])
def test_a_plan_that_a_lost_worker_did_not_write_is_not_written_after_it_was_stopped(
    governing: Governing, stop: str
) -> None:
    job_id = governing.apply(governing.plan())
    governing.lose_after_begin(job_id, values={})
    if stop == "disarm":
        governing.store.disarm(CONNECTOR, "policy", "boss")
    elif stop == "cancel":
        governing.ledger.cancel(job_id, by="boss")
    else:
        governing.ledger.pause(CONNECTOR, by="boss")

    job = governing.work(job_id)

    stopped = {"disarm": HoldReason.UNPROVEN, "cancel": "cancelled", "pause": "switch"}[stop]
    assert (job.outcome or job.wait or job.reason) == stopped
    assert governing.sets() == 0


def test_values_that_come_back_as_others_are_held_and_not_set_for_ever(governing: Governing) -> None:
    job_id = governing.apply(governing.plan())
    governing.lose_after_begin(job_id, values={"MinPasswordLength": 7})  # as if Exchange had rounded them

    job = governing.work(job_id)

    assert (job.state, job.reason) == (State.HELD, HoldReason.READ_BACK_DIFFERS)
    assert governing.sets() == 1
    governing.ledger.cancel(job_id, by="operator")
    assert governing.work(job_id, until=lambda job: job.state is State.SETTLED).outcome == Outcome.CANCELLED


def test_a_plan_of_an_older_definition_is_not_applied(governing: Governing) -> None:
    plan = governing.plan()
    governing.define("password_enabled = true\nminimum_password_length = 8")

    job = governing.applied(plan)

    assert job.data["reason"] == RefuseReason.DEFINITION_CHANGED
    assert governing.sets() == 0


def test_a_definition_that_changed_elsewhere_lets_its_plan_be_applied(governing: Governing) -> None:
    plan = governing.plan()
    governing.text = governing.text.replace("full_every_hours = 1", "full_every_hours = 2")
    governing.define(
        "password_enabled = true\nminimum_password_length = 6\npassword_history = 5\nallow_simple_password = false"
    )

    assert governing.store.get(CONNECTOR).revision == 2
    assert governing.applied(plan).outcome == Outcome.SUCCEEDED


def test_unset_settings_are_guarded_as_they_were_when_the_group_was_taken(governing: Governing) -> None:
    governing.applied(governing.plan())
    governing.change_in_exchange(MaxInactivityTimeLock=timedelta(minutes=30))

    assert changes_of(governing.plan()) == {"MaxInactivityTimeLock": "00:15:00"}


def test_a_group_that_is_taken_again_keeps_what_exchange_has_then(governing: Governing) -> None:
    governing.plan()
    governing.define("")
    governing.change_in_exchange(MaxInactivityTimeLock=timedelta(minutes=30))
    governing.define("password_enabled = true")

    assert changes_of(governing.plan()) == {"PasswordEnabled": "True"}


def test_policies_that_cannot_be_read_put_the_plan_off_until_they_can_and_nothing_is_created(
    governing: Governing,
) -> None:
    governing.simulator.fault("missing_cmdlet", cmdlet="Get-MobileDeviceMailboxPolicy", times=-1)
    job_id = governing.insert_plan()

    waiting = governing.work(job_id, until=lambda job: bool(job.awaits))
    assert (waiting.reason, waiting.failures) == (WaitReason.CMDLET_MISSING, 0)
    assert governing.simulator.oracle(cmdlet="New-*") == []

    governing.simulator.control("DELETE", "/faults")
    assert governing.work(job_id).outcome == "succeeded"


def test_what_somebody_changes_while_the_plan_is_applied_is_found_by_reading_back(governing: Governing) -> None:
    job_id = governing.apply(governing.plan())
    governing.simulator.fault("slow_answer", cmdlet=SET, times=1, seconds=1.5)
    worker = Thread(target=governing.claim, args=(job_id,))
    worker.start()
    wait_until(lambda: governing.sets() == 1, timedelta(seconds=10), "the plan in Exchange")

    governing.change_in_exchange(MinPasswordLength=9)
    worker.join(timeout=20)

    assert governing.work(job_id).reason == HoldReason.READ_BACK_DIFFERS
    assert governing.in_exchange().values["MinPasswordLength"] == 9


def test_values_that_never_show_are_not_set_for_ever(governing: Governing) -> None:
    job_id = governing.apply(governing.plan())
    governing.simulator.fault("refuse", cmdlet=SET, times=-1)

    assert governing.work(job_id).reason == HoldReason.READ_BACK_DIFFERS

    governing.simulator.control("DELETE", "/faults")
    governing.ledger.retry(job_id, by="operator")
    assert governing.work(job_id, until=lambda job: job.state is State.SETTLED).outcome == Outcome.SUCCEEDED


def test_a_worker_frozen_between_begin_and_the_cmdlet_writes_nothing(governing: Governing) -> None:
    job_id = governing.apply(governing.plan())

    governing.claim(job_id, FrozenAfterBegin(governing.client, lease=timedelta(seconds=3)))

    assert governing.sets() == 0
    assert governing.work(job_id).outcome == Outcome.SUCCEEDED


def test_a_call_that_a_lost_worker_left_running_is_ended_before_the_values_are_set_again(governing: Governing) -> None:
    job_id = governing.apply(governing.plan())
    governing.simulator.fault("slow", cmdlet=SET, times=1, seconds=6)
    lost = Thread(target=governing.lose_after_begin, args=(job_id,), kwargs={"values": WANTED})
    lost.start()
    governing.simulator.wait_for_fault_to_strike("slow", timedelta(seconds=10))

    assert governing.work(job_id).outcome == Outcome.SUCCEEDED
    lost.join(timeout=20)
    assert governing.sets() == 1


def test_a_plan_is_written_and_read_back_on_the_domain_controller_that_showed_the_policy(governing: Governing) -> None:
    """Another one learns of the change later, and would show the values as they were."""
    governing.simulator.control("POST", "/directory", {"delay_seconds": 60, "answering": "dc2.corp.example"})
    try:
        plan = governing.plan()
        seen = len(governing.simulator.oracle())

        job = governing.applied(plan)

        asked = [e for e in governing.simulator.oracle()[seen:] if "MailboxPolicy" in e["cmdlet"]]
        written = next(e for e in asked if e["cmdlet"] == SET)
        after = asked[asked.index(written) + 1]
    finally:
        governing.simulator.control("POST", "/directory", {"delay_seconds": 0, "answering": "dc1.corp.example"})
    assert job.outcome == Outcome.SUCCEEDED
    assert written["parameters"]["DomainController"] == "dc2.corp.example"
    assert after["parameters"]["DomainController"] == "dc2.corp.example"


def test_a_plan_that_could_not_be_applied_in_its_time_expires(governing: Governing) -> None:
    apply = governing.apply(governing.plan())
    governing.simulator.fault("refuse", times=-1)
    waiting = governing.work(apply, until=lambda job: job.state is State.WAITING)
    governing.client.hset(keys.job(apply), "valid_until", str(int(waiting.created.timestamp() * 1000)))

    assert governing.work(apply).outcome == Outcome.EXPIRED
