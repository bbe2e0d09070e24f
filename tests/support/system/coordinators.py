"""A coordinator in this process, which goes a round when a test says so."""

from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.connector import ConnectorStore
from exconn.coordinator.round import Coordinator
from exconn.coordinator.set_back import SetBackWatch
from exconn.doorbell import Bell
from exconn.keyspace import connect
from exconn.ledger import Ledger

if TYPE_CHECKING:
    import redis

HERE = "coordinator/here/1"
BEAT_WITHIN = timedelta(seconds=5)


def coordinator_of(client: "redis.Redis", broker_url: str, ledger: Ledger | None = None) -> Coordinator:
    """One that rings at the broker, and remembers there what the ledger had."""
    ledger, broker = ledger or Ledger(client), connect(broker_url, text=False)
    return Coordinator(
        client=client,
        ledger=ledger,
        bell=Bell(broker),
        store=ConnectorStore(client),
        set_back=SetBackWatch(broker, ledger),
        beat=lambda: ledger.beat(HERE, within=BEAT_WITHIN),
    )
