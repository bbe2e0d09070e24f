"""Loading the functions of this version onto the ledger's server, before its services start.

Safe to run at any time and any number of times. Those of the version before stay, for services that still run.
"""

import sys

import redis

from exconn.connector.store_library import library as connectors
from exconn.inventory import lua as register
from exconn.keyspace import Library, connect, ended_stream, load, own_key, unreachable
from exconn.ledger import lua as ledger
from exconn.process import signs_of_life
from exconn.process.exits import ExitCode
from exconn.process.start import start_or_refuse
from exconn.sessions import seats, server_circuits, sign_in, throttle
from exconn.settings import LedgerSettings
from exconn.settings import load as settings
from exconn.signing import registry_trace
from exconn.stream import confirmation


def libraries() -> tuple[Library, ...]:
    """Everything that runs on the ledger's server."""
    of_sessions = (seats.LIBRARY, server_circuits.LIBRARY, sign_in.LIBRARY, throttle.LIBRARY)
    of_the_monitor = (own_key.LIBRARY, confirmation.LIBRARY)
    of_intake = (connectors(), registry_trace.library())
    alone = (signs_of_life.LIBRARY, ended_stream.LIBRARY)
    return (ledger.library(), register.library(), *of_intake, *alone, *of_sessions, *of_the_monitor)


def main() -> int:
    """Load onto the ledger that the settings name; the exit code."""
    return start_or_refuse("coordinator", _loaded)


def _loaded() -> int:
    client = connect(settings(LedgerSettings).ledger_url.get_secret_value(), name="exconn-load-functions")
    try:
        for library in libraries():
            load(client, library, anew=True)
    except redis.RedisError as exc:
        raise unreachable(client, exc) from exc
    sys.stdout.write(f"{len(libraries())} libraries of functions are loaded\n")
    return ExitCode.DONE
