"""A real worker process, from the doorbell to the settled job."""

import pytest

from exconn.ledger import Outcome
from tests.integration.doorbell.conftest import House


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_a_rung_job_is_claimed_worked_on_and_settled(house: House, pool: str) -> None:
    house.worker(pool=pool)

    job = house.settled(house.echo("hello"))

    assert job.outcome == Outcome.SUCCEEDED
    assert job.data["length"] == 5
    assert job.tries == 1
