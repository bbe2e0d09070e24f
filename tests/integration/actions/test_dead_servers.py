"""A wipe whose server dies in the middle: another server tells whether it took effect, and takes it up."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.exchange.simulator import running_simulator
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, make_wiping, settled

if TYPE_CHECKING:
    import redis

SERVERS = [
    {"name": "EX1", "site": "Berlin", "host": "127.0.0.1"},
    {"name": "EX2", "site": "Berlin", "host": "127.0.0.2"},
]


@pytest.fixture
def wiping(redis_client: "redis.Redis", tmp_path: Path) -> Iterator[Wiping]:
    with running_simulator(tmp_path, devices=20, servers=json.dumps(SERVERS)) as simulator:
        made = make_wiping(redis_client, simulator, tmp_path)
        revision = made.store.definition(CONNECTOR)
        exchange = revision.exchange.model_copy(update={"domains": ("127.0.0.2",)})
        made.store.apply(revision.model_copy(update={"exchange": exchange}), "operator")
        with made.sessions.open(CONNECTOR, "discovery") as session:
            assert session.server == "127.0.0.1"
        yield made
        made.close()


@pytest.mark.parametrize("sent", [True, False], ids=["after the cmdlet", "before the cmdlet"])
def test_a_wipe_goes_on_through_another_server_and_is_issued_once(wiping: Wiping, sent: bool) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=sent)
    wiping.sessions.close()
    wiping.simulator.control("POST", "/servers/EX1", {"state": "off"})

    done = wiping.work(action, until=settled)

    (cleared,) = [e for e in wiping.simulator.oracle("Clear-*") if e["identity_guid"] == guid]
    assert done.outcome == "succeeded"
    assert cleared["server"] == ("127.0.0.1" if sent else "127.0.0.2")


def test_a_wipe_on_a_server_that_is_named_no_longer_waits_until_no_call_can_run_there(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=False)
    wiping.sessions.close()
    revision = wiping.store.definition(CONNECTOR)
    moved = revision.exchange.model_copy(update={"url": str(revision.exchange.url).replace("127.0.0.1", "127.0.0.2")})
    wiping.store.apply(revision.model_copy(update={"exchange": moved}), "operator")

    waited = wiping.work(action, until=lambda job: "silent_since" in job.notes)
    sent_meanwhile = [e for e in wiping.simulator.oracle("Clear-*") if e["identity_guid"] == guid]
    done = wiping.work(action, until=settled)

    (cleared,) = [e for e in wiping.simulator.oracle("Clear-*") if e["identity_guid"] == guid]
    assert (waited.state, sent_meanwhile) == ("waiting", [])
    assert (done.outcome, cleared["server"]) == ("succeeded", "127.0.0.2")
