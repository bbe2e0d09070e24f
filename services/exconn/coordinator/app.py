"""The coordinator's process: a round a second until it is told to stop."""

import os
import signal
import sys
from threading import Event

from exconn import failpoints
from exconn.connector import ConnectorStore
from exconn.contracts import Service
from exconn.coordinator.set_back import SetBackWatch
from exconn.coordinator.settings import CoordinatorSettings
from exconn.coordinator.tick import Coordinator, tick_safely
from exconn.doorbell import Bell
from exconn.doorbell.worker import EXIT_BAD_INPUT, EXIT_REFUSED, EXIT_UNREACHABLE
from exconn.keyspace import ServerUnfitError, UnreachableServerError, connect, refuse_unfit
from exconn.ledger import Ledger
from exconn.logs import configure, get_logger
from exconn.process.presence import Presence
from exconn.settings import RedisSettings, ServiceSettings, SettingsError, load

log = get_logger(__name__)


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit code."""
    try:
        servers, service, own = load(RedisSettings), load(ServiceSettings), load(CoordinatorSettings)
        configure("coordinator", json=service.log_format == "json", level=service.log_level)
        failpoints.name_worker(os.getpid())
        client = connect(servers.ledger_url.get_secret_value(), name="exconn-coordinator")
        refuse_unfit(client, volatile_allowed=servers.ledger_volatile)
    except (SettingsError, failpoints.FailpointSpecError) as exc:
        return _refused(exc, EXIT_BAD_INPUT)
    except ServerUnfitError as exc:
        return _refused(exc, EXIT_REFUSED)
    except UnreachableServerError as exc:
        return _refused(exc, EXIT_UNREACHABLE)
    broker = connect(servers.broker_url.get_secret_value(), text=False, name="exconn-coordinator")
    ledger = Ledger(client)
    coordinator = Coordinator(
        client=client,
        ledger=ledger,
        bell=Bell(broker),
        store=ConnectorStore(client),
        set_back=SetBackWatch(broker, ledger),
    )
    _run(coordinator, own.coordinator_pace.total_seconds())
    return 0


def _refused(reason: Exception, code: int) -> int:
    sys.stderr.write(f"exconn coordinator: {reason}\n")
    return code


def _run(coordinator: Coordinator, pace: float) -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    presence = Presence(coordinator.client, Service.COORDINATOR)
    presence.clear_forgotten()
    log.info("coordinator started", process=presence.field)
    while not stop.is_set():
        if tick_safely(coordinator):
            presence.beat()
        stop.wait(pace)
    presence.leave()
    log.info("coordinator stopped")
