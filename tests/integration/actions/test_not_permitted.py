"""A wipe whose connector leads beyond what the deployment permits waits with that reason, and then begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from exconn.contracts import WaitReason
from exconn.sessions import Permitted, Sessions
from tests.support.jobs.wipe_jobs import Wiping, task_of


@contextmanager
def within(wiping: Wiping, permitted: Permitted) -> Iterator[None]:
    """Workers of a deployment that permits only that."""
    sessions = Sessions(wiping.client, permitted=permitted)
    before, wiping.task = wiping.task, task_of(wiping.ledger, replace(wiping.handler, sessions=sessions))
    yield
    sessions.close()
    wiping.task = before


def test_wipe_waits_with_its_reason_and_begins_when_it_is_permitted(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)

    with within(wiping, Permitted(hosts=("ex1.corp.example",))):
        waiting = wiping.look(action)

    assert (waiting.state, waiting.reason, waiting.begun) == ("waiting", WaitReason.NOT_PERMITTED, 0)
    assert "EXCONN_EXCHANGE_HOSTS" in str(waiting.data["said"])
    assert wiping.clears(guid) == 0
    with within(wiping, Permitted(hosts=("localhost", "127.0.0.1"), sign_ins=("basic",))):
        issued = wiping.work(action, until=lambda job: job.phase == "issued")
    assert issued.begun == 1
