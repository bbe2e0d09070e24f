"""A part of a sweep: what it does when mailboxes and devices are not as they were listed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis

from exconn.contracts import WaitReason
from exconn.contracts.work import OwnerDevices
from exconn.discovery.reading_gaps import of_unread
from exconn.exchange import Gap, GapCause, NoSeat, ObjectNotFound, RefusedByExchange, Unanswered
from exconn.inventory import MOST_ELEMENTS, PagePlace
from exconn.keyspace import keys
from exconn.ledger import State
from tests.support.exchange.made_up_devices import Organization, guid, statistics
from tests.unit.discovery.stage import CONNECTOR, Stage

GONE = ObjectNotFound("Get-MobileDeviceStatistics", "a mailbox", "dc1")
REFERRED = ObjectNotFound("Get-MobileDeviceStatistics", "a mailbox", "dc1", is_referral=True)
REFUSED = RefusedByExchange("Get-MobileDeviceStatistics", "id", "MapiException", "The database is dismounted.")


def has(mailbox: str, *numbers: int) -> OwnerDevices:
    return OwnerDevices(mailbox=mailbox, devices=tuple(guid(number) for number in numbers))


@pytest.fixture
def stage_with(redis_client: redis.Redis, redis_bytes: redis.Redis) -> Callable[..., Stage]:
    def build(*, high_water: int = 100, **answers: Any) -> Stage:
        return Stage(redis_client, redis_bytes, Organization([], [], answers=answers), high_water=high_water)

    return build


def read(stage: Stage) -> set[int]:
    """The devices whose statistics the register has."""
    return {
        number
        for number in range(30)
        if (entry := stage.register.look(CONNECTOR, guid(number))) and entry.statistics_at is not None
    }


def test_answers_are_matched_by_guid_whatever_their_order(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(m1=[statistics(1), statistics(0)], m2=[statistics(2)])

    job = stage.run(stage.part(has("m1", 0, 1), has("m2", 2), listed=3))

    assert (job.outcome, read(stage)) == ("succeeded", {0, 1, 2})
    assert (job.data["devices"], job.data["gone"], job.data["unread"]) == (3, 0, 0)


@pytest.mark.parametrize(
    ("answer", "gone", "unread"),
    [
        pytest.param(GONE, 1, 0, id="the mailbox vanished"),
        pytest.param(REFERRED, 0, 1, id="another domain has the mailbox"),
        pytest.param([], 1, 0, id="the device vanished"),
        pytest.param(REFUSED, 0, 1, id="the mailbox does not answer"),
        pytest.param([statistics(3)], 1, 0, id="another device came since"),
    ],
)
def test_what_vanished_is_no_failure(stage_with: Callable[..., Stage], answer: Any, gone: int, unread: int) -> None:
    stage = stage_with(m1=answer, m2=[statistics(1)])

    job = stage.run(stage.part(has("m1", 0), has("m2", 1), listed=4))

    assert (job.outcome, read(stage)) == ("succeeded", {1})
    assert (job.data["devices"], job.data["gone"], job.data["unread"]) == (1, gone, unread)


@pytest.mark.parametrize(
    "error",
    [NoSeat("reader", "discovery"), Unanswered("Get-MobileDeviceStatistics", "ex1", "shell", "cut")],
    ids=["no seat", "no clear answer"],
)
def test_a_part_that_could_not_be_read_is_tried_again(stage_with: Callable[..., Stage], error: Exception) -> None:
    stage = stage_with(m1=[statistics(0)])
    part = stage.part(has("m1", 0), listed=1)
    stage.sessions.refuses = error

    job = stage.run(part)

    assert (job.state, job.wait) == (State.WAITING, "time")


def test_a_mailbox_that_says_less_than_it_knows_is_unread_and_nothing_of_it_has_vanished(
    stage_with: Callable[..., Stage],
) -> None:
    stage = stage_with(m1=[statistics(0)], m2=[statistics(2)], m3=REFUSED)
    beside = [Gap(GapCause.ERROR_RECORD, "somebody", "MapiException"), Gap(GapCause.NO_GUID, "", "no_guid")]
    stage.sessions.organization.beside_statistics = {"m1": beside}

    job = stage.run(stage.part(has("m1", 0, 1), has("m2", 2), has("m3", 3), listed=4))

    gaps = stage.register.gaps(CONNECTOR, 1)
    assert gaps is not None
    assert (job.data["devices"], job.data["gone"], job.data["unread"]) == (2, 0, 2)
    assert gaps.counts == {"unread_mailboxes": 2, "list_errors": 0, "without_guid": 1, "unreadable": 0}
    assert gaps.kinds == {"MapiException": 2, "no_guid": 1}
    assert [named.name for named in gaps.named] == ["m1", "m3"]


def test_a_mailbox_that_is_read_again_after_a_lost_note_is_counted_once(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(m1=REFUSED)
    part = stage.part(has("m1", 0), listed=1)
    claim = stage.ledger.claim(part, "one")
    assert claim is not None
    place = PagePlace(connector=CONNECTOR, sweep=1)
    stage.register.fold_gaps(claim.lease, place, of_unread("m1", "MapiException"), at="1:0")
    stage.ledger.defer(claim.lease, timedelta(0), reason=WaitReason.NO_SEAT)

    stage.run(part)

    gaps = stage.register.gaps(CONNECTOR, 1)
    assert gaps is not None
    assert (gaps.unread_mailboxes, len(gaps.named)) == (1, 1)


def test_a_successor_goes_on_behind_what_was_folded(stage_with: Callable[..., Stage]) -> None:
    cut = Unanswered("Get-MobileDeviceStatistics", "ex1", "shell", "cut")
    stage = stage_with(m1=[statistics(number) for number in range(20)], m2=cut)
    part = stage.part(has("m1", *range(20)), has("m2", 20), listed=21)
    stage.run(part)
    stage.sessions.organization = Organization([], [], answers={"m2": [statistics(20)]})
    stage.ledger.retry(part, by="test")

    job = stage.run(part)

    assert (job.outcome, job.data["owners"], job.data["devices"]) == ("succeeded", 2, 21)
    assert stage.sessions.organization.asked == ["m2"]


def test_what_was_read_but_could_not_be_folded_is_read_again(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(high_water=1, m1=[statistics(number) for number in range(20)], m2=[statistics(20)])
    part = stage.part(has("m1", *range(20)), has("m2", 20), listed=21)
    noted = []

    for _ in range(3):
        # Each time the monitor is behind by the record that was folded last.
        job = stage.run(part)
        noted.append((job.data if job.state is State.SETTLED else job.notes).get("devices", 0))
        stage.text.xtrim(keys.facts(CONNECTOR), maxlen=0)
        if stage.job(part).state is State.WAITING:
            stage.ledger.retry(part, by="test")

    job = stage.job(part)
    assert noted == [0, 20, 21]
    assert (job.outcome, job.data["devices"], read(stage)) == ("succeeded", 21, set(range(21)))


def test_a_part_of_an_ended_sweep_asks_exchange_for_nothing(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(m1=[statistics(0)])
    part = stage.part(has("m1", 0), listed=1)
    stage.ledger.cancel(stage.job(part).parent or "", by="boss")

    job = stage.run(part)

    assert (job.outcome, stage.sessions.opened) == ("cancelled", 0)


def test_a_mailbox_with_more_devices_than_one_call_folds_is_folded_all_the_same(
    stage_with: Callable[..., Stage],
) -> None:
    many = MOST_ELEMENTS + 20
    stage = stage_with(m1=[statistics(number) for number in reversed(range(many))])

    job = stage.run(stage.part(has("m1", *range(many)), listed=30))

    assert (job.outcome, read(stage)) == ("succeeded", set(range(30)))
