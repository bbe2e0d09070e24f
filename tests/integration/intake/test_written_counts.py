"""Requests for a device where discovery has written what it likes about how many there are: answered, never an error."""

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
