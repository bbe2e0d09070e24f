"""Changes that wait for a second requester, as the monitor reads them from the ledger."""

from datetime import UTC, datetime, timedelta

import redis

from exconn.connector import ChangeKind, Difference, DifferenceCode, PendingChange
from exconn.keyspace import keys
from tests.support.system.monitor import RunningMonitor


def test_pending_changes_are_listed_with_what_differs(monitor: RunningMonitor, ledger: redis.Redis) -> None:
    moved = Difference(field="exchange.url", old="a", new="b", why=DifferenceCode.MOVES_ADDRESS)
    now = datetime.now(UTC)
    change = PendingChange(
        id="change-aaaaaaaaaaaaaaaa",
        kind=ChangeKind.DEFINITION,
        connector="contoso",
        by="ann",
        at=now,
        expires_at=now + timedelta(hours=72),
        differences=(moved,),
        digest="d",
        content="what will be done",
    )
    ledger.hset(keys.CHANGES, change.id, change.model_dump_json())

    [shown], others = (monitor.json("/v1/changes", connector=name)["changes"] for name in ("contoso", "fabrikam"))
    ledger.delete(keys.CHANGES)

    assert PendingChange.model_validate(shown).shown == change.shown
    assert "content" not in shown
    assert others == []
