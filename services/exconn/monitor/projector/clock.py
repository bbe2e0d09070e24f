"""What time it is for what is projected: the ledger's clock dates messages, and may be ahead of this machine's."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import redis

from exconn.ledger import Ledger
from exconn.ledger.errors import LedgerError

if TYPE_CHECKING:
    from redis import Redis


def later_clock(client: "Redis") -> Callable[[], datetime]:
    """A clock that shows the later of both; of a ledger that does not answer, this machine's alone.

    No service can set the ledger's clock ahead: who dates a message ahead of both writes what is not so.
    """
    ledger = Ledger(client)

    def now() -> datetime:
        here = datetime.now(UTC)
        try:
            return max(here, ledger.time())
        except (LedgerError, redis.RedisError):
            return here

    return now
