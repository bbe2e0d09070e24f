"""A wipe that Exchange says it took and never shows is issued anew once, within minutes; then a person is asked."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from exconn.contracts import HoldReason, WaitReason
from exconn.keyspace import keys
from exconn.ledger import Outcome, State
from exconn.stream import Number
from tests.support.exchange.stale_reads import VeiledSessions
from tests.support.jobs.wipe_jobs import QUICK, SERVERS_DOMAIN, Wiping, settled, task_of

CLEAR = "Clear-MobileDevice"


def paused(wiping: Wiping, **pauses: timedelta) -> None:
    """The same worker with other pauses."""
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, pauses=replace(QUICK, **pauses)))


def sends(wiping: Wiping, action: str, guid: str) -> int:
    """How often the cmdlet of this action reached Exchange, whether or not it did anything."""
    created = wiping.job(action).created
    entries = wiping.simulator.oracle(CLEAR)
    mine = [entry for entry in entries if datetime.fromisoformat(entry["at"]) >= created]
    return len([entry for entry in mine if entry["sent"]["Identity"] == guid])


def test_it_is_issued_anew_once_and_reaches_its_acknowledgement(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault("says_ok", CLEAR)

    action = wiping.request(guid)
    job = wiping.work(action, until=settled)

    assert (job.outcome, job.begun) == (Outcome.SUCCEEDED, 2)
    assert (sends(wiping, action, guid), wiping.clears(guid)) == (2, 1)
    first, second = wiping.told(action, Number.ISSUING)
    assert second.at - first.at >= QUICK.unshown
    assert not wiping.told(action, Number.JOB_HELD)


def test_a_person_is_asked_when_it_is_not_shown_again_and_a_release_issues_it(wiping: Wiping) -> None:
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault("says_ok", CLEAR, times=2)
    action = wiping.request(guid)

    held = wiping.held(action)

    assert (held.reason, held.begun, held.data["issued"]) == (HoldReason.NOT_SHOWN, 2, 2)
    wiping.ledger.retry(action, by="operator")
    assert wiping.held(action).begun == 2  # a retry looks, and does not issue
    wiping.release(action)
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert (sends(wiping, action, guid), wiping.clears(guid)) == (3, 1)


def test_a_wipe_that_is_cancelled_before_it_is_shown_is_taken_back_once_it_is(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    is_hidden = [True]
    sessions = VeiledSessions(wiping.client, hides=lambda _command: is_hidden[0])
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, sessions=sessions))
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.reason == WaitReason.ACTION_NOT_SHOWN_YET)
    wiping.ledger.cancel(action, by="operator")

    waiting = wiping.look(action)
    is_hidden[0] = False
    job = wiping.work(action, until=settled)

    sessions.close()
    assert (waiting.state, waiting.reason) == (State.WAITING, WaitReason.ACTION_NOT_SHOWN_YET)
    assert (job.outcome, wiping.is_pending(guid)) == (Outcome.CANCELLED, False)
    wiping.simulator.phone(guid, "online")


def test_a_wipe_that_is_never_shown_is_cancelled_when_it_should_have_been(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.fault("says_ok", CLEAR)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.reason == WaitReason.ACTION_NOT_SHOWN_YET)
    wiping.ledger.cancel(action, by="operator")

    job = wiping.work(action, until=settled)

    assert (job.outcome, job.begun, sends(wiping, action, guid)) == (Outcome.CANCELLED, 1, 1)
    issued = wiping.told(action, Number.WIPE_ISSUED)[0].at
    assert wiping.told(action, Number.JOB_CANCELLED)[0].at - issued >= QUICK.unshown


def test_it_is_not_issued_anew_where_nobody_looked_for_a_while(wiping: Wiping) -> None:
    """Meanwhile the phone may have taken the wipe, and its owner may have enrolled it again."""
    paused(wiping, watched=timedelta(0))
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault("says_ok", CLEAR)

    action = wiping.request(guid)
    held = wiping.held(action)

    assert (held.reason, held.begun, sends(wiping, action, guid)) == (HoldReason.NOT_SHOWN, 1, 1)


def test_it_is_not_issued_anew_on_the_word_of_another_domain_controller(wiping: Wiping) -> None:
    """Nobody knows where it was written, so whoever is asked may learn late."""
    paused(wiping, unshown=timedelta(milliseconds=500))
    guid = wiping.fresh_device(domain=SERVERS_DOMAIN)
    wiping.simulator.fault("says_ok", CLEAR)
    action = wiping.request(guid)
    begun = wiping.work(action, until=lambda job: job.phase == "issued")
    nowhere = json.dumps({**begun.pre_image, "domain_controller": ""})
    wiping.client.set(keys.pre_image(action), nowhere)

    held = wiping.held(action)

    assert (held.reason, held.begun, sends(wiping, action, guid)) == (HoldReason.NOT_SHOWN, 1, 1)


def test_a_wipe_that_is_shown_late_is_followed_and_not_issued_anew(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    wiping.simulator.fault("says_ok", CLEAR)
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.reason == WaitReason.ACTION_NOT_SHOWN_YET)
    wiping.by_somebody_else(guid)

    waiting = wiping.look(action, times=4)

    assert (waiting.state, waiting.begun) == (State.WAITING, 1)
    wiping.simulator.phone(guid, "online")
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
