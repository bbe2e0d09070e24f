"""A sweep from its list to its close, one doorbell at a time."""

import json
from collections.abc import Callable

import pytest
import redis

from exconn.contracts import FactsType, FinaliseFact, HoldReason, Kind, WaitReason
from exconn.exchange import Gap, GapCause, Gaps, NoSeat, ObjectNotFound
from exconn.keyspace import keys
from exconn.ledger import State
from tests.support.exchange.made_up_devices import Organization, device, guid, owner, statistics
from tests.support.streams.records import records_of
from tests.unit.discovery.stage import CONNECTOR, Stage

Build = Callable[..., Stage]


@pytest.fixture
def stage_with(redis_client: redis.Redis, redis_bytes: redis.Redis) -> Build:
    def build(devices: int, **settings: int) -> Stage:
        owners = [owner(number) for number in range(devices)]
        organization = Organization(
            owners,
            [device(number, owners[number]) for number in range(devices)],
            answers={owners[number].guid: [statistics(number)] for number in range(devices)},
        )
        return Stage(redis_client, redis_bytes, organization, **settings)

    return build


def records(stage: Stage) -> list[str]:
    return [fields["type"] for _, fields in records_of(stage.text, keys.facts(CONNECTOR))]


def finalised(stage: Stage) -> list[FinaliseFact]:
    return [
        FinaliseFact.model_validate(fact)
        for _, fields in records_of(stage.text, keys.facts(CONNECTOR))
        if fields["type"] == FactsType.FINALISE
        for fact in json.loads(fields["page"])
    ]


def test_a_sweep_waits_for_its_parts_and_closes_behind_the_last(stage_with: Build) -> None:
    stage = stage_with(5)
    sweep = stage.sweep()

    listed = stage.run(sweep)
    stage.run_all()

    job = stage.job(sweep)
    assert (listed.state, listed.wait, listed.pending, listed.phase) == (State.WAITING, "children", 3, "listed")
    assert (job.outcome, job.data["devices"], job.data["owners"]) == ("succeeded", 5, 5)
    assert records(stage) == ["owners", "devices", "statistics", "statistics", "statistics", "finalise"]
    assert stage.register.fleet_size(CONNECTOR) == 5


def test_a_sweep_says_that_its_reading_is_complete(stage_with: Build) -> None:
    stage = stage_with(5)
    sweep = stage.sweep()

    stage.run(sweep)
    stage.run_all()

    (closing,) = finalised(stage)
    assert (stage.job(sweep).data["complete"], stage.job(sweep).data["kinds"]) == (True, {})
    assert (closing.complete, closing.gaps.is_empty) == (True, True)


def test_errors_beside_statistics_are_said_by_the_sweep_that_succeeds(stage_with: Build) -> None:
    stage = stage_with(5)
    organization = stage.sessions.organization
    silent = [owner(number).guid for number in range(5)]
    gap = Gap(GapCause.ERROR_RECORD, "contoso.test/Sales/somebody", "MapiException")
    organization.answers = {mailbox: [] for mailbox in silent}
    organization.beside_statistics = {mailbox: [gap] for mailbox in silent}
    sweep = stage.sweep()

    stage.run(sweep)
    stage.run_all()

    job = stage.job(sweep)
    (closing,) = finalised(stage)
    assert (job.outcome, job.data["complete"], job.data["devices"]) == ("succeeded", False, 5)
    assert (job.data["unread_mailboxes"], job.data["list_errors"], job.data["kinds"]) == (5, 0, {"MapiException": 5})
    assert {named.name for named in closing.gaps.named} == set(silent)
    assert not closing.complete
    assert not any(guid in str(job.data) for guid in silent)


def test_a_list_with_errors_makes_a_sweep_that_is_not_complete_and_no_smaller_fleet(stage_with: Build) -> None:
    stage = stage_with(5)
    stage.run(stage.sweep(1))
    stage.run_all()
    stage.sessions.organization = Organization(
        [owner(0)],
        [device(0, owner(0))],
        answers={owner(0).guid: [statistics(0)]},
        beside=[Gap(GapCause.ERROR_RECORD, "contoso.test/Sales/somebody", "DataValidationException")],
    )

    sweep = stage.sweep(2)
    stage.run(sweep)
    stage.run_all()

    data = stage.job(sweep).data
    assert (data["complete"], data["list_errors"], data["devices"]) == (False, 1, 1)
    assert stage.register.fleet_size(CONNECTOR) == 5
    assert stage.register.look(CONNECTOR, guid(4)) is not None


def test_a_complete_reading_forgets_what_the_one_before_lacked(stage_with: Build) -> None:
    stage = stage_with(2)
    organization = stage.sessions.organization
    organization.beside = [Gap(GapCause.ERROR_RECORD, "somebody", "DataValidationException")]
    first = stage.sweep(1)
    stage.run(first)
    stage.run_all()
    organization.beside = []

    second = stage.sweep(2)
    stage.run(second)
    stage.run_all()

    assert [stage.job(sweep).data["complete"] for sweep in (first, second)] == [False, True]


def test_a_sweep_whose_notes_are_lost_does_not_say_that_nothing_is_missing(stage_with: Build) -> None:
    stage = stage_with(5)
    sweep = stage.sweep()
    stage.run(sweep)
    stage.text.delete(keys.gaps(CONNECTOR))

    stage.run_all()

    assert (stage.job(sweep).data["complete"], stage.job(sweep).data["kinds"]) == (False, {"not_noted": 1})


def test_an_empty_organization_is_swept_at_once(stage_with: Build) -> None:
    stage = stage_with(0)
    sweep = stage.sweep()

    stage.run(sweep)
    stage.run_all()

    assert (stage.job(sweep).outcome, stage.register.fleet_size(CONNECTOR)) == ("succeeded", 0)


def test_a_sweep_says_how_many_devices_the_one_before_had(stage_with: Build) -> None:
    stage = stage_with(5)
    stage.run(stage.sweep(1))
    stage.run_all()

    sweep = stage.sweep(2)
    stage.run(sweep)
    stage.run_all()

    assert stage.job(sweep).data["expected"] == 5


def test_parts_are_parked_so_that_the_coordinator_gives_them_their_turn(stage_with: Build) -> None:
    stage = stage_with(5)

    stage.run(stage.sweep())

    assert stage.text.zcard(keys.parked(Kind.PARTITION, CONNECTOR)) == 3


def test_a_sweep_without_a_free_seat_waits(stage_with: Build) -> None:
    stage = stage_with(1)
    stage.sessions.refuses = NoSeat("reader", "discovery")

    job = stage.run(stage.sweep())

    assert (job.state, job.wait) == (State.WAITING, "time")
    assert job.reason == WaitReason.NO_SEAT


def test_a_sweep_waits_while_the_monitor_is_behind_and_goes_on_afterwards(stage_with: Build) -> None:
    stage = stage_with(5, high_water=2)
    sweep = stage.sweep()
    stage.run(sweep)
    (part, *_) = [job_id for job_id in stage.ledger.unsettled(CONNECTOR) if job_id.startswith("partition-")]
    stage.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 100})

    waiting = stage.run(part)
    stage.text.xtrim(keys.facts(CONNECTOR), maxlen=0)
    stage.ledger.retry(part, by="test")
    done = stage.run(part)

    assert (waiting.state, waiting.reason) == (State.WAITING, WaitReason.MONITOR_BEHIND)
    assert done.outcome == "succeeded"


def test_a_sweep_that_is_cancelled_while_it_lists_ends_as_cancelled(stage_with: Build) -> None:
    stage = stage_with(1)
    sweep = stage.sweep()
    organization = stage.sessions.organization
    owners = list(organization.mailbox_owners(Gaps()))

    def cancelled_meanwhile() -> object:
        stage.ledger.cancel(sweep, by="boss")
        yield from owners

    stage.sessions.organization = Organization(cancelled_meanwhile(), [])  # type: ignore[arg-type]
    job = stage.run(sweep)

    assert (job.state, job.outcome, records(stage)) == (State.SETTLED, "cancelled", [])


def test_a_sweep_whose_parts_were_refused_ends_and_says_how_many_were_not_read(stage_with: Build) -> None:
    stage = stage_with(5)
    sweep = stage.sweep()
    stage.run(sweep)
    stage.ledger.doorbells_due(CONNECTOR, credit={Kind.PARTITION.value: 100})
    part, *others = [job_id for job_id in stage.ledger.unsettled(CONNECTOR) if job_id.startswith("partition-")]
    stage.sessions.refuses = ObjectNotFound("Get-MobileDeviceStatistics", "ex01", "dc1")
    refused = stage.run(part)

    stage.sessions.refuses = None
    for other in others:
        stage.run(other)
    stage.run_all()

    assert (refused.state, refused.outcome) == (State.SETTLED, "failed")
    assert refused.data["reason"] == HoldReason.OBJECT_NOT_FOUND
    assert (stage.job(sweep).outcome, stage.job(sweep).data["unread_parts"]) == ("succeeded", 1)
