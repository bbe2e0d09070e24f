"""Observes a session for its account: what Exchange says of throttling or refusals reaches all workers' sessions.

Between the commands of a session, so that a long job also slows down when another worker was told to.
"""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.exchange import (
    ExchangeError,
    OpeningBudgetExceeded,
    Throttled,
    TooManySessions,
    is_refusal,
    micro_delay,
)

if TYPE_CHECKING:
    from exconn.contracts.roles import AccountRole
    from exconn.sessions.sign_in import SignIns
    from exconn.sessions.throttle import Throttle

#: The shared throttle is asked at most this often: a cmdlet takes longer.
LOOK_EVERY = timedelta(milliseconds=250)


class AccountWatch:
    """Shares with all workers how Exchange throttles one account, and that it refuses it."""

    def __init__(
        self,
        role: "AccountRole",
        throttle: "Throttle",
        sign_ins: "SignIns",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._role = role
        self._throttle = throttle
        self._sign_ins = sign_ins
        self._clock = clock
        self._looked = float("-inf")

    def before_reading(self) -> None:
        now = self._clock()
        if now - self._looked < LOOK_EVERY.total_seconds():
            return
        self._looked = now
        wait = self._throttle.look().wait(self._role)
        if wait:
            raise Throttled(wait)

    def warned(self, warnings: Iterable[str]) -> None:
        delays = (micro_delay(warning) for warning in warnings)
        delay = sum((each for each in delays if each), timedelta(0))
        if delay:
            self._throttle.slow(delay)

    def failed(self, error: ExchangeError) -> None:
        if isinstance(error, Throttled):
            only_opening = isinstance(error, (TooManySessions, OpeningBudgetExceeded))
            put_off = self._throttle.no_more_sessions if only_opening else self._throttle.stop
            put_off(error.retry_after)
        elif is_refusal(error):
            self._sign_ins.refused()
