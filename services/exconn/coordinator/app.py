"""The coordinator's process: a round a second until it is told to stop."""

import os
from datetime import timedelta

from exconn import failpoints
from exconn.connector import ConnectorStore
from exconn.contracts import Service
from exconn.coordinator.round import Coordinator, go_round_safely
from exconn.coordinator.set_back import SetBackWatch
from exconn.coordinator.settings import CoordinatorSettings
from exconn.doorbell import Bell
from exconn.keyspace import connect
from exconn.ledger import LEASE, Ledger, durability
from exconn.logs import configure, get_logger
from exconn.process.presence import Presence
from exconn.process.shutdown import Shutdown
from exconn.process.start import start_or_refuse
from exconn.settings import RedisSettings, ServiceSettings, load

log = get_logger(__name__)

#: A ledger that hears of no round for longer than this, and for so many rounds, was out of reach. A third of a lease:
#: whoever renewed at the last moment before still holds his own.
SOON = LEASE / 3
ROUNDS_MISSED = 3


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit code."""
    return start_or_refuse("coordinator", run)


def run() -> int:
    """The same, with the settings of the environment. Raises what speaks against starting."""
    servers, service, own = load(RedisSettings), load(ServiceSettings), load(CoordinatorSettings)
    configure("coordinator", json=service.log_format == "json", level=service.log_level)
    failpoints.name_worker(os.getpid())
    client = connect(servers.ledger_url.get_secret_value(), name="exconn-coordinator")
    confirm = durability(client, servers)
    broker = connect(servers.broker_url.get_secret_value(), text=False, name="exconn-coordinator")
    ledger = Ledger(client, confirm=confirm)
    coordinator = Coordinator(
        client=client,
        ledger=ledger,
        bell=Bell(broker),
        store=ConnectorStore(client),
        set_back=SetBackWatch(broker, ledger),
    )
    return _rounds(coordinator, own.coordinator_interval)


def _rounds(coordinator: Coordinator, interval: timedelta) -> int:
    shutdown = Shutdown()
    shutdown.listen()
    presence = Presence(coordinator.client, Service.COORDINATOR)
    presence.clear_forgotten()
    within = max(SOON, ROUNDS_MISSED * interval)
    coordinator.beat = lambda: coordinator.ledger.beat(presence.field, within=within)
    log.info("coordinator started", process=presence.field)
    ended = False
    while not ended:
        go_round_safely(coordinator)
        ended = shutdown.wait(interval)
    presence.leave()
    log.info("coordinator stopped")
    return shutdown.exit_code
