"""The intake process: HTTP in a thread, the Celery door in the main thread, until SIGTERM."""

import signal
import sys
from collections.abc import Callable
from datetime import timedelta

import redis
from celery import Celery

from exconn.connector import ConnectorStore, PendingChanges
from exconn.contracts import Service
from exconn.doorbell import Bell, first_doorbell
from exconn.doorbell.worker import LOOK_WITHIN
from exconn.intake.answer_store import AnswerStore
from exconn.intake.celery_door import celery_app, listen
from exconn.intake.context import IntakeContext
from exconn.intake.http import create_app
from exconn.intake.known_devices import DevicesInRegister
from exconn.intake.queue_health import QueueHealth
from exconn.intake.receive import Receiver
from exconn.intake.registry_watch import RegistryWatch
from exconn.intake.ringer import Ringer
from exconn.intake.settings import IntakeSettings
from exconn.keyspace import FunctionsMissingError, connect
from exconn.ledger import Confirm, Ledger, durability
from exconn.logs import configure, get_logger
from exconn.process import listening_socket
from exconn.process.address_file import announced
from exconn.process.canary import Canaries
from exconn.process.exits import ExitCode
from exconn.process.presence import Presence
from exconn.process.serve_http import HttpServer
from exconn.process.shutdown import Shutdown
from exconn.process.start import start_or_refuse
from exconn.settings import RedisSettings, ServiceSettings, load
from exconn.signing import RegistryError, RegistryFile, RegistrySettings
from exconn.signing.registry_trace import RegistryTrace

BEAT_EVERY = timedelta(seconds=5)
#: Six canaries: a machine under load is slow, and still hears.
HEARD_WITHIN = timedelta(seconds=30)
#: Requests that still run this long after a signal are cut off.
STOP_WITHIN = timedelta(seconds=10)


def main() -> int:
    """Run intake; the exit code."""
    return start_or_refuse("intake", _load_and_run, {RegistryError: ExitCode.BAD_INPUT})


def _load_and_run() -> int:
    servers, service, intake = load(RedisSettings), load(ServiceSettings), load(IntakeSettings)
    registry = RegistryFile(load(RegistrySettings).requesters_file)
    configure("intake", json=service.log_format == "json", level=service.log_level)
    return run(servers, service, intake, registry)


def run(servers: RedisSettings, service: ServiceSettings, intake: IntakeSettings, registry: RegistryFile) -> int:
    """Serve until told to stop. Raises what speaks against starting."""
    client = connect(servers.ledger_url.get_secret_value(), name="exconn-intake")
    confirm = durability(client, servers)
    registry.current()
    context = _context(servers, confirm, registry)
    receiver = Receiver(context, Ringer(_bell(servers)))
    presence, watch = Presence(client, Service.INTAKE), RegistryWatch(context)
    watch.look()
    presence.clear_forgotten()
    queue_health = QueueHealth(HEARD_WITHIN) if intake.door else None
    listener = listening_socket.listen(intake.host, intake.port, settings="EXCONN_INTAKE")
    try:
        with HttpServer(create_app(receiver, queue_health), listener, stop_within=STOP_WITHIN) as server:
            # Until the Celery worker installs its own: an early stop cleans up too. Not sooner: leaving in the middle
            # of an import would leave the HTTP thread waiting for that import.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(ExitCode.DONE))
            with announced(service.state_dir, "intake", server.url):
                get_logger(__name__).info("intake listens", url=server.url, door=intake.door)
                beat = _beat(presence, watch, PendingChanges(client))
                door = presence.process
                return listen(_door(servers, receiver, door, beat, queue_health)) if queue_health else _wait(beat)
    finally:
        presence.leave()


def _context(servers: RedisSettings, confirm: Confirm, registry: RegistryFile) -> IntakeContext:
    url = servers.ledger_url.get_secret_value()
    client = connect(url, name="exconn-intake")
    return IntakeContext(
        client=client,
        ledger=Ledger(client, confirm=confirm),
        registry=registry.current,
        store=ConnectorStore(client),
        devices=DevicesInRegister(client),
        answers=AnswerStore(client),
        trace=RegistryTrace(client),
        doorbell=first_doorbell if url == servers.broker_url.get_secret_value() else None,
    )


def _door(
    servers: RedisSettings, receiver: Receiver, process: str, beat: Callable[[], None], queue_health: QueueHealth
) -> Celery:
    url = servers.broker_url.get_secret_value()
    broker = connect(url, text=False, name="exconn-intake", answer_within=LOOK_WITHIN)
    canaries = Canaries(broker, Service.INTAKE, process)
    return celery_app(
        receiver,
        broker_url=url,
        canaries=canaries,
        queue_health=queue_health,
        beat=beat,
        beat_every=BEAT_EVERY,
    )


def _bell(servers: RedisSettings) -> Bell:
    return Bell(connect(servers.broker_url.get_secret_value(), text=False, name="exconn-intake"))


def _beat(presence: Presence, watch: RegistryWatch, changes: PendingChanges) -> Callable[[], None]:
    """What is done every few seconds: a sign of life, a look at the registry, dropping what waited too long."""
    log = get_logger(__name__)

    def beat() -> None:
        presence.beat()
        watch.look()
        try:
            changes.drop_expired()
        except (redis.RedisError, OSError, FunctionsMissingError) as exc:
            log.warning("expired changes not dropped", error=type(exc).__name__)

    return beat


def _wait(beat: Callable[[], None]) -> int:
    shutdown = Shutdown()
    shutdown.listen()
    beat()
    while not shutdown.wait(BEAT_EVERY):
        beat()
    return shutdown.exit_code
