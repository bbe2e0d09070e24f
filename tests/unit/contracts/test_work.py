"""Every kind of job has a row, a task and a closed payload."""

import re

import pytest
from pydantic import ValidationError

from exconn.contracts import KINDS, Checks, Kind, Service, UnknownKindError, new_job_id, parse_work, queue_of
from exconn.contracts.request import Target
from exconn.contracts.work import Sweep


def test_every_kind_has_a_row_and_every_row_its_own_task() -> None:
    assert set(KINDS) == set(Kind)
    assert len({row.task for row in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_s_payload_says_its_own_kind(kind: Kind) -> None:
    assert KINDS[kind].payload.model_fields["kind"].default is kind


@pytest.mark.parametrize("kind", Kind)
def test_a_payload_refuses_fields_that_it_does_not_know(kind: Kind) -> None:
    with pytest.raises(ValidationError, match="surplus"):
        parse_work(kind, '{"surplus": 1}')


@pytest.mark.parametrize("kind", Kind)
def test_a_task_is_named_after_the_service_that_does_it(kind: Kind) -> None:
    row = KINDS[kind]

    assert row.task == "exconn.echo" if kind is Kind.ECHO else row.task.startswith(f"exconn.{row.service}.")


def test_what_erases_is_braked_as_such_and_reading_is_not_braked() -> None:
    assert KINDS[Kind.WIPE].checks is Checks.ERASE
    assert KINDS[Kind.POLICY_APPLY].checks is Checks.POLICY
    reading = {Kind.SWEEP, Kind.PARTITION, Kind.INSTALL, Kind.POLICY_PLAN, Kind.ECHO}
    assert {KINDS[kind].checks for kind in reading} == {Checks.NONE}


def test_a_payload_reads_back_as_it_was_written() -> None:
    sweep = Sweep(number=7)

    assert parse_work("sweep", sweep.model_dump_json()) == sweep


def test_an_unknown_kind_says_what_to_do() -> None:
    with pytest.raises(UnknownKindError, match="upgrade this service or cancel the job") as unknown:
        parse_work("teleport", "{}")

    assert unknown.value.kind == "teleport"


@pytest.mark.parametrize("payload", ["{}", '{"number": "many"}', "[]", "null", '{"number":1,"kind":"wipe"}'])
def test_a_bad_payload_is_refused(payload: str) -> None:
    with pytest.raises(ValidationError):
        parse_work("sweep", payload)


@pytest.mark.parametrize("kind", Kind)
def test_a_job_id_can_be_named_in_a_request(kind: Kind) -> None:
    assert Target(jobs=(new_job_id(kind),)).jobs


def test_job_ids_do_not_repeat_and_are_safe_in_keys_and_urls() -> None:
    made = {new_job_id(Kind.WIPE) for _ in range(2000)}

    assert len(made) == 2000
    assert all(re.fullmatch(r"wipe-[a-z2-7]{16}", job_id) for job_id in made)


def test_queues_are_one_for_each_service_and_connector() -> None:
    queues = {queue_of(service, connector) for service in Service for connector in ("hq", "branch")}

    assert len(queues) == 2 * len(Service)
