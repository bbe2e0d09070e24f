"""Requests for a device where others have written what they like of its connector: they are answered all the same."""

import pytest
import redis

from exconn.connector import ConnectorStore
from exconn.contracts.refusals import Refusal, row_of
from exconn.keyspace import keys
from tests.support.requests.signed import request_of
from tests.support.system.intake import RunningIntake


@pytest.mark.parametrize("written", ["many", "", "1e9", "-5", "9" * 5000, "٣", b"\xff\xfe", "12\n"])
def test_a_count_that_is_none_keeps_nobody_out(
    intake: RunningIntake, redis_client: redis.Redis, written: str | bytes
) -> None:
    redis_client.set(keys.fleet("north"), written)

    status, answer = intake.ask(request_of())

    assert (status, answer.status) == (202, "accepted")
    assert redis_client.hget(keys.revisions("north"), "fleet") is None


def test_a_request_for_a_removed_connector_whose_devices_are_still_counted_is_refused(
    intake: RunningIntake, redis_client: redis.Redis
) -> None:
    ConnectorStore(redis_client).remove("north", "anna")
    redis_client.set(keys.fleet("north"), "320")

    status, answer = intake.ask(request_of())

    row = row_of(answer.error)
    assert (answer.status, answer.error) == ("refused", Refusal.UNKNOWN_CONNECTOR)
    assert (status, row.exit_code) == (row.status, 3) == (404, 3)


def test_a_connector_whose_definition_is_gone_is_one_that_was_never_applied(
    intake: RunningIntake, redis_client: redis.Redis
) -> None:
    redis_client.hdel(keys.revisions("north"), "1")
    # What intake has read of it before is kept by the revision and when that was applied.
    state = ConnectorStore(redis_client).get("north")
    later = state.with_(applied_at=state.applied_at.replace(year=state.applied_at.year + 1))
    redis_client.hset(keys.CONNECTORS, "north", later.model_dump_json())

    status, answer = intake.ask(request_of())

    assert (status, answer.error) == (404, Refusal.UNKNOWN_CONNECTOR)
