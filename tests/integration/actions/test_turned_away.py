"""HTTP 400 around a wipe: to the request that carries it nothing was run; to one that asks how it ended, who knows."""

import json

import pytest

from exconn.actions.handler import MOST_BLOCKED
from exconn.contracts import HoldReason, remedy_text
from exconn.keyspace import keys
from exconn.ledger import Outcome
from exconn.stream import Number
from tests.support.jobs.wipe_jobs import Wiping, settled

CLEAR = "Clear-MobileDevice"


def test_a_wipe_that_was_blocked_before_exchange_saw_it_is_sent_once_later(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("amsi_blocked", CLEAR)

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)
    assert wiping.told(action, Number.ANSWER_UNCLEAR) == []
    assert wiping.told(action, Number.JOB_HELD) == []
    assert wiping.simulator.control("GET", "/faults")["faults"] == []


def test_a_wipe_whose_answer_was_refused_is_read_back_and_not_sent_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("receive_refused", CLEAR)

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert (job.outcome, wiping.clears(guid)) == (Outcome.SUCCEEDED, 1)
    assert len(wiping.told(action, Number.ANSWER_UNCLEAR)) == 1
    assert [message.data["read_back"] for message in wiping.told(action, Number.WIPE_ISSUED)] == [True]


@pytest.mark.parametrize(("cmdlet", "begun"), [(CLEAR, 2), ("Get-MobileDevice", 0)])
def test_a_wipe_that_stays_blocked_asks_a_person_and_a_retry_sends_it(wiping: Wiping, cmdlet: str, begun: int) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("amsi_blocked", cmdlet, times=-1)
    action = wiping.request(guid)
    wiping.client.hset(keys.job(action), "notes", json.dumps({"blocked": MOST_BLOCKED - 2}))

    held = wiping.held(action)

    assert (held.reason, held.data["times"], held.begun) == (HoldReason.BLOCKED_BY_SCAN, MOST_BLOCKED, begun)
    assert "AmsiRequestBodyScanning" in remedy_text(held.reason)
    assert wiping.clears(guid) == 0
    wiping.simulator.control("DELETE", "/faults")
    wiping.ledger.retry(action, by="operator")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1
