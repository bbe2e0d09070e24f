"""What waits for a second requester, and who stopped what, as the monitor reads it from the ledger."""

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


def test_the_first_page_says_who_paused_first_and_since_when_until_it_runs(
    monitor: RunningMonitor, ledger: redis.Redis
) -> None:
    ledger.hset(keys.paused_by("contoso"), mapping={"first": "ann<b>", "since": "1790000000000", "again": "1"})
    ledger.set(keys.switch("contoso"), "paused")
    [paused], page = monitor.json("/v1/connectors")["connectors"], monitor.get("/").text
    brakes = monitor.json("/v1/brakes/contoso")
    ledger.set(keys.switch("contoso"), "running")
    [running], later = monitor.json("/v1/connectors")["connectors"], monitor.get("/").text
    ledger.delete(keys.paused_by("contoso"))

    assert (paused["paused_by"], paused["paused_at"][:19]) == ("ann<b>", "2026-09-21T14:13:20")
    assert (brakes["paused_by"], brakes["paused_at"]) == (paused["paused_by"], paused["paused_at"])
    assert "<dt>Paused by</dt>" in page
    assert "ann&lt;b&gt;</bdi>, <time" in page
    assert (running["paused_by"], running["paused_at"]) == (None, None)
    assert "Paused by" not in later
