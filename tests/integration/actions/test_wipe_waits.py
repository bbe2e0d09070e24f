"""The waits before a wipe is issued again: a call that was lost may still take effect, and is seen late."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from exconn.actions.context import Pauses
from exconn.exchange import Command
from exconn.ledger import Outcome, State
from exconn.sessions import Sessions
from exconn.stream import Number
from tests.support.exchange.stale_reads import VeiledSessions
from tests.support.jobs.wipe_jobs import QUICK, Wiping, task_of

BETWEEN_READS = timedelta(seconds=1)


@contextmanager
def waiting(wiping: Wiping, pauses: Pauses, sessions: Sessions | None = None) -> Iterator[None]:
    """Workers with other pauses, and perhaps other sessions."""
    sessions = sessions or wiping.sessions
    wiping.task = task_of(wiping.ledger, replace(wiping.handler, pauses=pauses, sessions=sessions))
    yield
    sessions.close()


@dataclass
class Late:
    """Reads after the cmdlet do not show the wipe, until so much time has passed since the first of them."""

    wiping: Wiping
    guid: str
    span: timedelta
    hidden: list[datetime] = field(default_factory=list)

    def __call__(self, _command: Command) -> bool:
        now = self.wiping.ledger.time()
        if not self.wiping.clears(self.guid):
            return False
        if self.hidden and now - self.hidden[0] >= self.span:
            return False
        self.hidden.append(now)
        return True


def test_a_wipe_that_shows_at_the_second_read_only_is_issued_once(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    late = Late(wiping, guid, BETWEEN_READS)
    wiping.simulator.fault("drop_answer", cmdlet="Clear-MobileDevice", times=1)

    with waiting(wiping, replace(QUICK, between_reads=BETWEEN_READS), VeiledSessions(wiping.client, late)):
        action = wiping.request(guid)
        job = wiping.work(action, until=lambda job: job.phase == "issued")

    (issued,) = wiping.told(action, Number.WIPE_ISSUED)
    assert len(late.hidden) == 1
    assert (job.begun, issued.data["read_back"], wiping.clears(guid)) == (1, True, 1)
    wiping.simulator.phone(guid, "online")


def test_a_call_that_outlives_its_shell_and_its_clients_timeout_is_waited_for(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    wiping.simulator.fault("lost_call", cmdlet="Clear-MobileDevice", times=1, seconds=1.2)

    with waiting(wiping, replace(QUICK, settling=timedelta(seconds=2))):
        action = wiping.request(guid)
        unclear = wiping.work(action, until=lambda job: job.begun == 1 and job.state is State.WAITING)
        job = wiping.work(action, until=lambda job: job.phase == "issued")

    assert unclear.phase == "issuing"
    assert (job.begun, wiping.clears(guid)) == (1, 1)
    wiping.simulator.phone(guid, "online")


def test_a_cancellation_that_outlives_its_shell_is_waited_for_and_not_sent_again(wiping: Wiping) -> None:
    guid = wiping.fresh_device()
    wiping.simulator.phone(guid, "offline")
    action = wiping.request(guid)
    wiping.work(action, until=lambda job: job.phase == "issued")
    wiping.simulator.fault("lost_call", cmdlet="Clear-MobileDevice", times=1, seconds=1.2)

    with waiting(wiping, replace(QUICK, settling=timedelta(seconds=3))):
        wiping.ledger.cancel(action, by="operator")
        job = wiping.work(action, until=lambda job: job.state is State.SETTLED)

    assert job.outcome == Outcome.CANCELLED
    assert wiping.clears(guid) == 2  # the wipe and its one cancellation
    wiping.simulator.phone(guid, "online")
