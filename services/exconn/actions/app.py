"""The device-action worker's process."""

import sys

from exconn.actions.wipe import WipeHandler
from exconn.admission import RegistryFile, RegistrySettings
from exconn.connector import ConnectorStore
from exconn.contracts import Kind, Service
from exconn.doorbell import Handlers, WorkerSettings, run_worker
from exconn.doorbell.worker import EXIT_BAD_INPUT
from exconn.keyspace import connect
from exconn.sessions import PreflightHandler, Sessions
from exconn.settings import RedisSettings, SettingsError, load


def handlers() -> Handlers:
    """The handlers of one worker process; called after the fork."""
    client = connect(load(RedisSettings).ledger_url.get_secret_value(), name="exconn-actions")
    sessions = Sessions(client)
    registry = RegistryFile(load(RegistrySettings).requesters_file)
    return {
        Kind.PREFLIGHT_ACTIONS: PreflightHandler(sessions=sessions, client=client, feature="actions"),
        Kind.WIPE: WipeHandler(sessions=sessions, registry=registry, store=ConnectorStore(client)),
    }


def main() -> int:
    """Run the worker until it is told to stop; the exit code."""
    try:
        settings = load(WorkerSettings)
        load(RegistrySettings)
    except SettingsError as exc:
        sys.stderr.write(f"exconn actions: {exc}\n")
        return EXIT_BAD_INPUT
    return run_worker(Service.ACTIONS, settings=settings, handlers=handlers)
