"""What a worker has begun counts as its settings say: with replicas that confirm it, or with the server's own disk."""

import pytest

from exconn.contracts import WaitReason
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.integration.doorbell.conftest import System
from tests.support.streams.records import messages_of


@pytest.fixture(autouse=True)
def _a_disk_that_does_not_lag(system: System) -> None:
    system.server.config_set("appendfsync", "always")


def test_no_cmdlet_follows_a_begin_that_no_replica_has_confirmed(system: System) -> None:
    system.worker(EXCONN_LEDGER_DURABILITY="confirmed", EXCONN_LEDGER_REPLICAS="1", EXCONN_LEDGER_CONFIRM_WITHIN="50ms")

    job = system.reaches(system.echo("begin"), State.WAITING)

    assert job.reason == WaitReason.UNCONFIRMED
    assert Number.ISSUING in [message.number for message in messages_of(system.client)]


def test_who_accepts_a_single_server_waits_for_no_replica(system: System) -> None:
    system.worker(EXCONN_LEDGER_DURABILITY="disk")

    job = system.settled(system.echo("begin"))

    assert job.outcome == Outcome.SUCCEEDED
