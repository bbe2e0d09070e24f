"""`python -m exconn.monitor`: the monitor as a process; with `migrate` it brings the tables up to date and ends.

Exit codes: 0 ended by SIGTERM, 2 settings that cannot be used, 6 the ledger or the database is out of reach,
130 interrupted.
"""

import logging
import os
import signal
import socket
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import redis
from sqlalchemy import Engine

from exconn.keyspace import UnreachableServerError, connect, unreachable
from exconn.logs import configure, get_logger
from exconn.monitor.answers.source import Source
from exconn.monitor.app import create_app
from exconn.monitor.database import migrate_database, open_database
from exconn.monitor.errors import DatabaseUnreachableError, MonitorError
from exconn.monitor.live import LiveLedger
from exconn.monitor.projector import Projector, ProjectorLease
from exconn.monitor.serve import Ending, announced, listen, serve, url_of
from exconn.monitor.settings import MonitorSettings
from exconn.settings import RedisSettings, ServiceSettings, SettingsError, load

if TYPE_CHECKING:
    from exconn.monitor.projector import Role

BAD_SETTINGS = 2
OUT_OF_REACH = 6
INTERRUPTED = 130
#: A page does not wait longer than this for the ledger.
LIVE_ANSWER_WITHIN = timedelta(seconds=1)
PROJECTOR_ENDS_WITHIN = timedelta(seconds=2)

logger = get_logger(__name__)


def main() -> int:
    """Do what is asked for with the settings of the environment; returns the exit code."""
    work = {(): _monitor, ("migrate",): _migrate}.get(tuple(sys.argv[1:]))
    if work is None:
        return _refuse("it takes no argument but migrate", BAD_SETTINGS)
    try:
        settings, service = load(MonitorSettings), load(ServiceSettings)
        configure("monitor", json=service.log_format == "json", level=service.log_level)
        # Alembic tells each of its steps; what was migrated is one line of ours.
        logging.getLogger("alembic").setLevel(logging.WARNING)
        return work(settings, service)
    except (UnreachableServerError, DatabaseUnreachableError) as exc:
        return _refuse(str(exc), OUT_OF_REACH)
    except (SettingsError, MonitorError) as exc:
        return _refuse(str(exc), BAD_SETTINGS)


def _migrate(settings: MonitorSettings, service: ServiceSettings) -> int:
    before, after = migrate_database(settings.database_url(service.state_dir))
    done = "nothing to do" if before == after else f"it was {before}" if before else "it was empty"
    sys.stdout.write(f"the database has schema {after}; {done}\n")
    return 0


def _monitor(settings: MonitorSettings, service: ServiceSettings) -> int:
    return _run(settings, load(RedisSettings).ledger_url.get_secret_value(), service)


def _refuse(text: str, code: int) -> int:
    sys.stderr.write(f"exconn monitor: {text}\n")
    return code


def _run(settings: MonitorSettings, ledger_url: str, service: ServiceSettings) -> int:
    ending = Ending()
    ending.listen()
    client = connect(ledger_url, name="exconn-monitor")
    _ping(client)
    engine = open_database(settings.database_url(service.state_dir), migrate=settings.migrate)
    try:
        with listen(settings.host, settings.port) as listener, announced(service.state_dir, url_of(listener)):
            _serve(settings, ledger_url, engine, client, listener, stop=ending.stop)
    finally:
        engine.dispose()
        client.close()
    return INTERRUPTED if ending.signal == signal.SIGINT else 0


def _serve(
    settings: MonitorSettings,
    ledger_url: str,
    engine: Engine,
    client: "redis.Redis",
    listener: socket.socket,
    *,
    stop: threading.Event,
) -> None:
    holder = f"{socket.gethostname()}/{os.getpid()}"
    projector = Projector(engine, client, ProjectorLease(client, holder, lasts=settings.lease))
    live_client = connect(ledger_url, name="exconn-monitor-pages", answer_within=LIVE_ANSWER_WITHIN)

    def role() -> "Role":
        return projector.role

    app = create_app(
        Source(engine, LiveLedger(live_client), role), names=settings.accepted_names(), stopping=stop.is_set
    )
    thread = threading.Thread(target=projector.run, args=(stop,), name="projector", daemon=True)
    thread.start()
    logger.info("started", url=url_of(listener))
    try:
        serve(app, listener, stop)
    finally:
        stop.set()
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
