"""Pending changes: kept, ended once, bounded, and announced with what differs."""

import json
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
import redis

from exconn.connector import (
    ChangeKind,
    Difference,
    DifferenceCode,
    DropReason,
    PendingChange,
    PendingChanges,
    TooManyChangesError,
    pending_change,
)
from exconn.connector.pending import MOST, MOST_OF_ONE
from exconn.keyspace import keys
from exconn.stream import Number

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
WIDER = Difference(field="limits.erase.short.count", old="10", new="100", why=DifferenceCode.WIDENS_LIMIT)


class Proposals:
    """The pending changes of a server, with somebody who proposes."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.changes = PendingChanges(client)

    def propose(
        self, connector: str = "north", *, by: str = "anna", nonce: str = "one", at: datetime = AT
    ) -> PendingChange:
        kind = ChangeKind.DEFINITION
        change = pending_change(kind, connector=connector, by=by, nonce=nonce, at=at, differences=[WIDER], content="{}")
        return self.changes.propose(change)

    def said(self) -> list[tuple[int, dict[str, object]]]:
        found = cast("list[tuple[str, dict[str, str]]]", self.client.xrange(keys.STATUS))
        return [(int(fields["n"]), json.loads(fields["data"])) for _, fields in found]


@pytest.fixture
def proposals(redis_client: redis.Redis) -> Proposals:
    return Proposals(redis_client)


def test_proposed_change_is_found_and_announced_with_old_and_new(proposals: Proposals) -> None:
    change = proposals.propose()

    assert proposals.changes.find(change.id) == change
    [(number, data)] = proposals.said()
    assert number == Number.CHANGE_PENDING
    assert data["differences"] == [WIDER.model_dump(mode="json")]
    assert data["summary"] == "limits.erase.short.count 10 -> 100"


def test_same_request_again_proposes_nothing_new(proposals: Proposals) -> None:
    assert proposals.propose().id == proposals.propose(at=AT + timedelta(minutes=1)).id
    assert len(proposals.said()) == 1


def test_change_is_released_or_dropped_once(proposals: Proposals) -> None:
    change = proposals.propose()

    assert proposals.changes.release(change.id, "bert")
    assert not proposals.changes.release(change.id, "bert")
    assert not proposals.changes.drop(change.id, "bert")
    assert [number for number, _ in proposals.said()] == [Number.CHANGE_PENDING, Number.CHANGE_RELEASED]


class Outrun(PendingChanges):
    """Somebody else drops each change after it was read here."""

    def _raw(self, name: str) -> str:
        raw = super()._raw(name)
        PendingChanges(self._client).drop(name, "bert")
        return raw


def test_change_that_was_dropped_meanwhile_is_not_released(proposals: Proposals) -> None:
    change = proposals.propose()

    assert not Outrun(proposals.client).release(change.id, "carl")
    assert [number for number, _ in proposals.said()] == [Number.CHANGE_PENDING, Number.CHANGE_DROPPED]


def test_newer_change_of_the_same_connector_supersedes_the_older_one(proposals: Proposals) -> None:
    older, other = proposals.propose(), proposals.propose("south", nonce="other")

    newer = proposals.propose(nonce="two")

    assert {change.id for change in proposals.changes.all()} == {other.id, newer.id}
    dropped = [data for number, data in proposals.said() if number == Number.CHANGE_DROPPED]
    assert [(data["change"], data["why"]) for data in dropped] == [(older.id, DropReason.SUPERSEDED)]


def test_change_that_waited_too_long_is_dropped_and_said_to_be(proposals: Proposals) -> None:
    change = proposals.propose()

    proposals.changes.drop_expired(AT + timedelta(hours=72) - timedelta(seconds=1))
    assert proposals.changes.find(change.id) == change
    proposals.changes.drop_expired(AT + timedelta(hours=72))

    assert proposals.changes.find(change.id) is None
    assert proposals.said()[-1][1]["why"] == DropReason.EXPIRED


def test_one_requester_cannot_take_the_room_of_all(proposals: Proposals) -> None:
    for number in range(MOST_OF_ONE):
        proposals.propose(f"c{number}", nonce=f"n{number}")

    with pytest.raises(TooManyChangesError) as full:
        proposals.propose("one-more", nonce="last")

    assert full.value.requester == "anna"
    proposals.propose("one-more", by="bert")


def test_changes_of_all_are_bounded(proposals: Proposals) -> None:
    for number in range(MOST):
        proposals.propose(f"c{number}", by=f"r{number // MOST_OF_ONE}", nonce=f"n{number}")

    with pytest.raises(TooManyChangesError) as full:
        proposals.propose("one-more", by="somebody")

    assert (full.value.count, full.value.requester) == (MOST, "")


def test_what_is_shown_of_a_change_depends_on_every_part(proposals: Proposals) -> None:
    change = proposals.propose()
    other = change.model_copy(update={"differences": (WIDER.model_copy(update={"new": "11"}),)})

    assert len({change.shown, other.shown, change.model_copy(update={"digest": "0" * 64}).shown}) == 3
