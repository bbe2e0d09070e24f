"""A wipe whose server dies in the middle: another server tells whether it took effect, and takes it up."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.ledger import State
from tests.support.exchange.simulator import running_simulator
from tests.support.jobs.wipe_jobs import CONNECTOR, QUICK, Wiping, make_wiping, settled, task_of
from tests.support.machine.processes import wait_until

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


def test_no_cmdlet_is_sent_before_the_silence_of_a_dead_server_was_waited_for(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    waiting_for(wiping, silence := timedelta(seconds=3))
    action = wiping.request(guid)
    wiping.lose_after_begin(action, guid, send=False)
    wiping.sessions.close()
    wiping.simulator.control("POST", "/servers/EX1", {"state": "off"})

    silent = wiping.work(action, until=lambda job: "silent_since" in job.notes)
    wiping.work(action, until=settled)

    (cleared,) = [e for e in wiping.simulator.oracle("Clear-*") if e["identity_guid"] == guid]
    since = datetime.fromisoformat(str(silent.notes["silent_since"]))
    assert datetime.fromisoformat(cleared["at"]) - since >= silence


def test_a_call_that_a_dead_server_ends_late_is_found_and_not_made_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    waiting_for(wiping, timedelta(seconds=4))
    wiping.simulator.fault("lost_call", cmdlet="Clear-MobileDevice", times=1, seconds=2.5)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.begun == 1 and job.state is State.WAITING)
    wiping.sessions.close()
    wiping.simulator.control("POST", "/servers/EX1", {"state": "off"})

    job = wiping.work(action, until=lambda job: job.phase == "issued")
    wait_until(lambda: "127.0.0.1" in servers(wiping, guid), timedelta(seconds=10), "the end of the lost call")

    assert (job.begun, servers(wiping, guid)) == (1, ["127.0.0.1"])


def waiting_for(wiping: Wiping, silence: timedelta) -> None:
    """Workers that wait so long for the calls of a dead server to end."""
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, pauses=replace(QUICK, silence=silence)))


def servers(wiping: Wiping, guid: str) -> list[str]:
    """Where wipes of the device were executed, in order."""
    return [entry["server"] for entry in wiping.simulator.oracle("Clear-*") if entry["identity_guid"] == guid]
