"""The judge of policy jobs finds what it is there to find, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exconn.contracts import Checks
from exconn.ledger import Job, State
from exconn.stream import Number, StatusMessage
from tests.support.fault_runs.policy_judge import PolicySet, PolicyTrial, judge_policy, policy_sets

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TRIAL = PolicyTrial(connector="policy-1", value=1, plan="policy-plan-1", application="policy-apply-1")
SET = PolicySet(1, NOON)
DONE = Job(
    id=TRIAL.application,
    kind="policy-apply",
    connector=TRIAL.connector,
    service="policy",
    state=State.SETTLED,
    payload="{}",
    checks=Checks.NONE,
    created=NOON,
    outcome="succeeded",
)


def a_record(at: datetime = NOON - SECOND, job: str = TRIAL.application, purpose: str = "issue") -> StatusMessage:
    data = {"purpose": purpose}
    return StatusMessage(id="1-0", sequence=1, number=Number.ISSUING, connector="policy-1", at=at, job=job, data=data)


def counts(job: Job | None, sets: list[PolicySet], records: list[StatusMessage]) -> tuple[int, int, int]:
    jobs = {} if job is None else {job.id: job}
    found = judge_policy([TRIAL], jobs, sets, records)
    return (len(found.lost), len(found.doubled), len(found.unaudited))


def test_a_plan_that_was_applied_once_and_on_record_is_fine() -> None:
    assert counts(DONE, [SET], [a_record()]) == (0, 0, 0)


@pytest.mark.parametrize(
    "job",
    [None, replace(DONE, state=State.HELD, outcome=""), replace(DONE, outcome="failed")],
    ids=["unknown", "held", "failed"],
)
def test_a_plan_that_was_not_applied_to_its_end_is_lost(job: Job | None) -> None:
    assert counts(job, [SET], [a_record()]) == (1, 0, 0)


def test_a_plan_that_ended_well_without_a_cmdlet_is_lost() -> None:
    assert counts(DONE, [], [a_record()]) == (1, 0, 0)


def test_a_plan_that_was_applied_twice_is_a_double() -> None:
    assert counts(DONE, [SET, SET], [a_record(), a_record()]) == (0, 1, 0)


@pytest.mark.parametrize(
    "records",
    [[], [a_record(NOON + SECOND)], [a_record(job="another")], [a_record(purpose="withdraw")]],
    ids=["none", "after the cmdlet", "another job's", "of a withdrawal"],
)
def test_a_change_without_a_record_before_it_is_unaudited(records: list[StatusMessage]) -> None:
    assert counts(DONE, [SET], records) == (0, 0, 1)


def test_a_change_that_nobody_asked_for_is_unaudited() -> None:
    assert counts(DONE, [SET, PolicySet(2, NOON)], [a_record()]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, [1]),
        ({"parameters": {"DevicePasswordHistory": 1}}, [1]),
        ({"parameters": {"Identity": "x"}}, []),
        ({"outcome": "error"}, []),
    ],
    ids=["newer family", "older family", "another setting", "failed"],
)
def test_only_changes_with_effect_of_the_setting_count(changes: dict[str, Any], found: list[int]) -> None:
    entry = {"outcome": "ok", "parameters": {"PasswordHistory": 1}, "at": NOON.isoformat()} | changes

    assert [one.value for one in policy_sets([entry])] == found
