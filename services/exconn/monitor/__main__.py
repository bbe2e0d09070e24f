"""`python -m exconn.monitor`: the monitor as a process.

With `migrate` it brings the tables up to date and ends, with `verify` it verifies the audit log and ends.
Exit codes: 0 ended by SIGTERM, 2 settings that cannot be used, 6 the ledger or the database is out of reach,
8 the audit log is not clean, 130 interrupted.
"""

import logging
import os
import socket
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import redis
from sqlalchemy import Engine

from exconn.keyspace import connect, unreachable
from exconn.logs import configure, get_logger
from exconn.monitor.answers.source import Source
from exconn.monitor.app import create_app
from exconn.monitor.audit.result import Result
from exconn.monitor.audit.settings import AuditSettings
from exconn.monitor.audit.start import AuditSetup, looked_after
from exconn.monitor.database import migrate_database, open_database
from exconn.monitor.errors import DatabaseUnreachableError, MonitorError
from exconn.monitor.live import LiveLedger
from exconn.monitor.projector import Projector, ProjectorLease, Role
from exconn.monitor.settings import MonitorSettings
from exconn.process.address_file import announced
from exconn.process.exits import ExitCode, refuse
from exconn.process.listening_socket import listen, url_of
from exconn.process.serve_http import HttpLimits, HttpServer, ServerCertificate, server_certificate
from exconn.process.shutdown import Shutdown
from exconn.process.start import start_or_refuse
from exconn.settings import RedisSettings, ServiceSettings, load
from exconn.signing import ActionsPublicKeySettings, KeyFileError, load_service_key, load_service_public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

#: Whoever follows messages holds a connection, and behind a proxy all are one peer.
LIMITS = HttpLimits(connections=500, per_peer=400)
#: Requests that still run this long after a signal are cut off.
STOP_WITHIN = timedelta(seconds=1)
#: A page does not wait longer than this for the ledger.
LIVE_ANSWER_WITHIN = timedelta(seconds=1)
PROJECTOR_ENDS_WITHIN = timedelta(seconds=2)

logger = get_logger(__name__)


def main() -> int:
    """Do what is asked for with the settings of the environment; returns the exit code."""
    work = {(): _monitor, ("migrate",): _migrate, ("verify",): _verify}.get(tuple(sys.argv[1:]))
    if work is None:
        return refuse("monitor", "it takes no argument but migrate or verify", ExitCode.BAD_INPUT)

    def loaded() -> int:
        settings, service = load(MonitorSettings), load(ServiceSettings)
        configure("monitor", json=service.log_format == "json", level=service.log_level)
        # Alembic tells each of its steps; what was migrated is one line of ours.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        return work(settings, service)

    codes = {
        KeyFileError: ExitCode.BAD_INPUT,
        MonitorError: ExitCode.BAD_INPUT,
        DatabaseUnreachableError: ExitCode.UNREACHABLE,
    }
    return start_or_refuse("monitor", loaded, codes)


def _migrate(settings: MonitorSettings, service: ServiceSettings) -> int:
    before, after = migrate_database(settings.database_url(service.state_dir))
    done = "nothing to do" if before == after else f"it was {before}" if before else "it was empty"
    sys.stdout.write(f"the database has schema {after}; {done}\n")
    return 0


def _monitor(settings: MonitorSettings, service: ServiceSettings) -> int:
    return _run(settings, load(RedisSettings).ledger_url.get_secret_value(), service, _audit())


def _verify(settings: MonitorSettings, service: ServiceSettings) -> int:
    """Verify the audit log now; the problem of an earlier verification is over when nothing is wrong."""
    setup = _audit()
    engine = open_database(settings.database_url(service.state_dir))
    try:
        _, verification = looked_after(engine, setup)
        found = verification.verify()
    finally:
        engine.dispose()
    sys.stdout.write(f"{found.result}: {found.records} records{found.said and f'; {found.said}'}\n")
    return int(ExitCode.DONE if found.result == Result.CLEAN else ExitCode.UNHEALTHY)


def _audit() -> AuditSetup:
    """Settings and key of the audit log. Raises KeyFileError."""
    settings = load(AuditSettings)
    return settings, load_service_key(settings.key_file) if settings.key_file else None


def actions_key() -> "Ed25519PublicKey | None":
    """With what records of actions are checked. Raises KeyFileError."""
    return load_service_public_key(load(ActionsPublicKeySettings).actions_public_key_file)


def _run(settings: MonitorSettings, ledger_url: str, service: ServiceSettings, audit: AuditSetup) -> int:
    shutdown = Shutdown()
    shutdown.listen()
    certificate = server_certificate(settings.tls_cert_file, settings.tls_key_file, settings="EXCONN_MONITOR")
    client = connect(ledger_url, name="exconn-monitor")
    _ping(client)
    engine = open_database(settings.database_url(service.state_dir), migrate=settings.migrate)
    try:
        with (
            listen(settings.host, settings.port, settings="EXCONN_MONITOR") as listener,
            announced(service.state_dir, "monitor", url_of(listener, tls=certificate is not None)),
        ):
            _serve(
                settings,
                ledger_url,
                engine,
                client,
                listener,
                certificate=certificate,
                shutdown=shutdown,
                audit=audit,
            )
    finally:
        engine.dispose()
        client.close()
    return shutdown.exit_code


def _serve(
    settings: MonitorSettings,
    ledger_url: str,
    engine: Engine,
    client: "redis.Redis",
    listener: socket.socket,
    *,
    certificate: ServerCertificate | None,
    shutdown: Shutdown,
    audit: AuditSetup,
) -> None:
    holder = f"{socket.gethostname()}/{os.getpid()}"
    key = actions_key()
    projector = Projector(engine, client, ProjectorLease(client, holder, lasts=settings.lease), key)
    live_client = connect(ledger_url, name="exconn-monitor-pages", answer_within=LIVE_ANSWER_WITHIN)

    def role() -> Role:
        return projector.role

    app = create_app(
        Source(engine, LiveLedger(live_client), role, checks_records=key is not None),
        names=settings.accepted_names(),
        stopping=shutdown.stop.is_set,
    )
    thread = threading.Thread(target=projector.run, args=(shutdown.stop,), name="projector", daemon=True)
    thread.start()
    for work in looked_after(engine, audit, is_active=lambda: projector.role is Role.ACTIVE):
        threading.Thread(target=work.run, args=(shutdown.stop,), name=type(work).__name__, daemon=True).start()
    try:
        with HttpServer(app, listener, stop_within=STOP_WITHIN, limits=LIMITS, certificate=certificate) as server:
            logger.info("started", url=server.url)
            shutdown.wait()
    finally:
        shutdown.stop.set()
        thread.join(PROJECTOR_ENDS_WITHIN.total_seconds())
        live_client.close()
    logger.info("stopped", projector_ended=not thread.is_alive())


def _ping(client: "redis.Redis") -> None:
    try:
        client.ping()
    except redis.RedisError as exc:
        raise unreachable(client, exc) from exc


if __name__ == "__main__":
    sys.exit(main())
