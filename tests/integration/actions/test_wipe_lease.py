"""A worker that was frozen right before it sends must not send: another one may have the job by now."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

from exconn.actions.look import look_at
from exconn.actions.wipe.pre_image import PreImage
from exconn.contracts.roles import AccountRole
from exconn.exchange import ExchangeError, Session
from exconn.keyspace import keys
from exconn.ledger import Outcome, State
from exconn.sessions import Sessions
from tests.support.jobs.wipe_jobs import CONNECTOR, Wiping, issued_to_a_phone_that_is_off, settled, task_of
from tests.support.system.frozen_worker import FrozenAfterBegin

if TYPE_CHECKING:
    import redis


class EndedSessions(Sessions):
    """The sessions of a process that keep in mind which shells of lost calls were ended."""

    def __init__(self, client: "redis.Redis") -> None:
        super().__init__(client)
        self.ended: list[str] = []

    def end_session(self, connector: str, role: AccountRole, session_id: str, *, server: str = "") -> None:
        super().end_session(connector, role, session_id, server=server)
        self.ended.append(session_id)


def frozen_claim(wiping: Wiping, action: str) -> None:
    """One claim by a worker that is frozen after `begin`; nobody renews its lease."""
    ledger = FrozenAfterBegin(wiping.client, lease=timedelta(seconds=3))
    task_of(ledger, wiping.handler)(action)


def test_a_worker_frozen_between_begin_and_the_cmdlet_does_not_send_it(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)

    frozen_claim(wiping, action)

    assert wiping.clears(guid) == 0
    assert wiping.job(action).phase == "issuing"
    assert wiping.work(action, until=settled).outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def test_a_worker_frozen_before_a_cancellation_does_not_send_it(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued" and job.state is State.WAITING)
    wiping.ledger.cancel(action, by="operator")

    frozen_claim(wiping, action)

    assert wiping.is_pending(guid)
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    assert not wiping.is_pending(guid)
    wiping.simulator.phone(guid, "online")


def test_a_call_that_a_lost_worker_left_running_is_ended_before_the_wipe_is_issued_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    action = wiping.request(guid)
    wiping.simulator.fault("slow", cmdlet="Clear-MobileDevice", times=1, seconds=8)
    lost = Thread(target=send_and_be_lost, args=(wiping, action, guid))
    lost.start()
    wiping.simulator.wait_for_fault_to_strike("slow", timedelta(seconds=10))

    job = wiping.work(action, until=settled)
    lost.join(timeout=20)

    assert job.outcome == Outcome.SUCCEEDED
    assert wiping.clears(guid) == 1


def send_and_be_lost(wiping: Wiping, action: str, guid: str) -> None:
    """A worker whose lease runs out while its cmdlet takes long."""
    with Session.open(wiping.sessions.endpoint(CONNECTOR, "actions")) as session:
        look = look_at(session, guid)
        claim = wiping.ledger.claim(action, "lost worker")
        assert claim is not None
        wiping.ledger.begin(claim.lease, pre_image=PreImage.before(session, look).model_dump(mode="json"))
        with suppress(ExchangeError):
            session.clear_device(look.identity)


def test_a_cancellation_that_a_lost_worker_left_running_is_ended_before_anything_else_is_done(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.ledger.cancel(action, by="operator")
    wiping.simulator.fault("slow", cmdlet="Clear-MobileDevice", times=1, seconds=8)
    lost = Thread(target=withdraw_and_be_lost, args=(wiping, action, guid))
    lost.start()
    wiping.simulator.wait_for_fault_to_strike("slow", timedelta(seconds=10))

    job = wiping.work(action, until=settled)
    lost.join(timeout=20)

    assert job.outcome == Outcome.CANCELLED
    assert wiping.clears(guid) == 2  # the wipe, and the cancellation of the worker that came after
    wiping.simulator.phone(guid, "online")


def test_a_lost_cancellation_is_ended_though_the_first_try_of_the_successor_fails(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    wiping.ledger.cancel(action, by="operator")
    with Session.open(wiping.sessions.endpoint(CONNECTOR, "actions")) as session:
        look = look_at(session, guid)
        begin_to_withdraw(wiping, action, session)
        wiping.sessions.close()
        wiping.simulator.fault("refuse_connection", times=-1)
        failed = wiping.look(action)
        wiping.simulator.control("DELETE", "/faults")
        assert (failed.state, failed.phase) == (State.WAITING, "cancelling")
        assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
        following = wiping.request(guid)
        wiping.work(following, until=lambda job: job.phase == "issued")

        with suppress(ExchangeError):
            session.clear_device(look.identity, cancel=True)

    assert wiping.is_pending(guid)
    wiping.simulator.phone(guid, "online")
    assert wiping.work(following, until=settled).outcome == Outcome.SUCCEEDED


def test_a_cancellation_without_a_clear_answer_is_ended_before_the_wipe_counts_as_cancelled(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    sessions = EndedSessions(wiping.client)
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, sessions=sessions))
    wiping.simulator.fault("drop_answer", cmdlet="Clear-MobileDevice", times=1)
    wiping.ledger.cancel(action, by="operator")

    job = wiping.work(action, until=settled)

    sessions.close()
    assert job.outcome == Outcome.CANCELLED
    assert sessions.ended == [job.pre_image["session_id"]]
    wiping.simulator.phone(guid, "online")


def test_a_cancellation_with_a_clear_answer_has_no_shell_ended(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    sessions = EndedSessions(wiping.client)
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, sessions=sessions))
    wiping.ledger.cancel(action, by="operator")
    wiping.work(action, until=lambda job: job.phase == "cancelling" and job.state is State.WAITING)
    sessions.close()

    job = wiping.work(action, until=settled)

    sessions.close()
    assert (job.outcome, sessions.ended) == (Outcome.CANCELLED, [])
    wiping.simulator.phone(guid, "online")


def test_where_a_cancellation_goes_is_kept_before_it_is_sent(wiping: Wiping) -> None:
    guid, action = issued_to_a_phone_that_is_off(wiping)
    before = {**wiping.job(action).pre_image, "session_id": "of the wipe"}
    wiping.client.set(keys.pre_image(action), json.dumps(before))
    wiping.ledger.cancel(action, by="operator")

    frozen_claim(wiping, action)

    kept = wiping.job(action).pre_image
    assert kept["session_id"] not in ("", "of the wipe")
    assert {**kept, "session_id": "of the wipe"} == before
    assert wiping.work(action, until=settled).outcome == Outcome.CANCELLED
    wiping.simulator.phone(guid, "online")


def withdraw_and_be_lost(wiping: Wiping, action: str, guid: str) -> None:
    """A worker whose lease runs out while its cancellation takes long."""
    with Session.open(wiping.sessions.endpoint(CONNECTOR, "actions")) as session:
        look = look_at(session, guid)
        begin_to_withdraw(wiping, action, session)
        with suppress(ExchangeError):
            session.clear_device(look.identity, cancel=True)


def begin_to_withdraw(wiping: Wiping, action: str, session: Session) -> None:
    """What a worker does up to the point where it may send a cancellation."""
    claim = wiping.claim_elsewhere(action)
    goes_to = {**claim.job.pre_image, "server": session.server, "session_id": session.session_id}
    wiping.ledger.note(claim.lease, {**claim.job.notes, "withdrawal_over": False})
    wiping.ledger.begin(claim.lease, pre_image=goes_to, purpose="withdraw", phase="cancelling")
