"""What a session tells of its account to all workers, and what it heeds of what they told.

Between the commands of a session, so that a long job also slows down when another worker was told to.
"""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.exchange.error_catalog import micro_delay
from exconn.exchange.errors import ExchangeError, Throttled, TooManyShells
from exconn.exchange.watch import is_refusal

if TYPE_CHECKING:
    from exconn.contracts.roles import AccountRole
    from exconn.sessions.sign_in import SignIns
    from exconn.sessions.throttle import Throttle

#: The shared pace is asked for at most this often: a cmdlet takes longer.
LOOK_EVERY = timedelta(milliseconds=250)


class AccountWatch:
    """Shares one account's pace, and its refusals. `tell_refused` is called once for a refusal that is news."""

    def __init__(
        self,
        pace: "Throttle",
        sign_ins: "SignIns",
        role: "AccountRole",
        *,
        tell_refused: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pace = pace
        self._sign_ins = sign_ins
        self._role = role
        self._tell_refused = tell_refused
        self._clock = clock
        self._looked = float("-inf")

    def before_reading(self) -> None:
        now = self._clock()
        if now - self._looked < LOOK_EVERY.total_seconds():
            return
        self._looked = now
        wait = self._pace.look().wait(self._role)
        if wait:
            raise Throttled(wait)

    def warned(self, warnings: Iterable[str]) -> None:
        delays = (micro_delay(warning) for warning in warnings)
        delay = sum((each for each in delays if each), timedelta(0))
        if delay:
            self._pace.slow(delay)

    def failed(self, error: ExchangeError) -> None:
        if isinstance(error, Throttled):
            put_off = self._pace.no_more_shells if isinstance(error, TooManyShells) else self._pace.stop
            put_off(error.retry_after)
        elif is_refusal(error) and self._sign_ins.refused():
            self._tell_refused()
