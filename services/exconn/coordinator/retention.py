"""Settled jobs leave the ledger, but only after the projector has their last message."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from exconn.keyspace import keys
from exconn.ledger import Ledger

if TYPE_CHECKING:
    import redis

#: How long a settled job stays readable in the ledger.
KEPT = timedelta(days=7)
#: And a settled part of a sweep, of which there are many: its sweep says how it went.
PART_KEPT = timedelta(hours=1)


def retire_settled(ledger: Ledger, client: "redis.Redis") -> int:
    """Let confirmed settled jobs expire; how many."""
    confirmed = cast("str | None", client.get(keys.CONFIRMED))
    if not confirmed:
        return 0
    # Whoever may write a record can date it ahead of every clock.
    latest = int(ledger.time().timestamp() * 1000)
    before = datetime.fromtimestamp(min(int(confirmed.split("-")[0]), latest) / 1000, UTC)
    return ledger.retire(confirmed_before=before, keep=KEPT, keep_parts=PART_KEPT)
