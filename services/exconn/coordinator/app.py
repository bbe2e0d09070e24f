"""The coordinator's process: a round a second until it is told to stop."""

import os
import signal
import socket
from threading import Event

from exconn.connector import ConnectorStore
from exconn.coordinator.settings import CoordinatorSettings
from exconn.coordinator.tick import Coordinator, tick_safely
from exconn.doorbell import Bell
from exconn.keyspace import KeyspaceError, connect, keys, refuse_unfit
from exconn.ledger import Ledger
from exconn.logs import configure, get_logger
from exconn.settings import RedisSettings, ServiceSettings, SettingsError, load

log = get_logger(__name__)

#: Exit codes as everywhere in the project.
BAD_INPUT = 2
OUT_OF_REACH = 6


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    try:
        redis_settings, service, pace = load(RedisSettings), load(ServiceSettings), load(CoordinatorSettings)
    except SettingsError as exc:
        configure("coordinator", json=False)
        log.error("settings refused", detail=str(exc))
        return BAD_INPUT
    configure("coordinator", json=service.log_format == "json", level=service.log_level)
    client = connect(redis_settings.ledger_url.get_secret_value(), name="exconn-coordinator")
    try:
        refuse_unfit(client, volatile_allowed=redis_settings.ledger_volatile)
    except KeyspaceError as exc:
        log.error("ledger refused", detail=str(exc))
        return OUT_OF_REACH
    broker = connect(redis_settings.broker_url.get_secret_value(), name="exconn-coordinator")
    coordinator = Coordinator(client=client, ledger=Ledger(client), bell=Bell(broker), store=ConnectorStore(client))
    _run(coordinator, pace.coordinator_pace.total_seconds())
    return 0


def _run(coordinator: Coordinator, pace: float) -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    me = f"coordinator/{socket.gethostname()}/{os.getpid()}"
    log.info("coordinator started", process=me)
    while not stop.is_set():
        if tick_safely(coordinator):
            now = int(coordinator.ledger.time().timestamp() * 1000)
            coordinator.client.hset(keys.HEARTBEATS, me, str(now))
        stop.wait(pace)
    log.info("coordinator stopped")
