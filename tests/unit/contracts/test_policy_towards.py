"""Towards what a plan goes, on the wire: processes of the version before read what is as it was."""

import json

import pytest
from pydantic import ValidationError

from exconn.contracts.policy_towards import Goal, Towards, leaves_text, towards_text
from exconn.contracts.request import Target
from exconn.contracts.work import PolicyPlan

UNDO = Towards(goal=Goal.UNDO, job="policy-apply-aaaaaaaaaaaaaaaa")


def test_a_plan_of_the_definition_is_written_as_by_the_version_before() -> None:
    assert json.loads(PolicyPlan().model_dump_json()) == {"kind": "policy-plan"}
    assert "towards" not in json.loads(Target().model_dump_json())


def test_another_goal_survives_the_wire() -> None:
    assert PolicyPlan.model_validate_json(PolicyPlan(towards=UNDO).model_dump_json()).towards == UNDO
    assert Target.model_validate_json(Target(towards=UNDO).model_dump_json()).towards == UNDO


def test_what_is_no_job_is_refused() -> None:
    with pytest.raises(ValidationError):
        Towards(goal=Goal.UNDO, job="x; rm")


def test_goals_and_codes_are_read_as_words() -> None:
    assert towards_text("definition") == "the definition"
    assert towards_text("before", group="password") == "the values before group password was taken"
    assert towards_text("undo", job="policy-apply-aaaaaaaaaaaaaaaa") == "undo of policy-apply-aaaaaaaaaaaaaaaa"
    assert leaves_text("changed_since") == "it was changed since"
    assert leaves_text("of_a_newer_version") == "of a newer version"
