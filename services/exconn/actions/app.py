"""The device-action worker's process."""

from exconn.actions.wipe.handler import WipeHandler
from exconn.connector import ConnectorStore
from exconn.contracts import Kind, Service
from exconn.doorbell import Handlers
from exconn.keyspace import connect
from exconn.sessions import PreflightHandler, Sessions, at_process_end, run_exchange_worker
from exconn.settings import RedisSettings, load
from exconn.signing import RegistryFile, RegistrySettings


def handlers() -> Handlers:
    """The handlers of one worker process; called after the fork."""
    client = connect(load(RedisSettings).ledger_url.get_secret_value(), name="exconn-actions")
    sessions = Sessions(client)
    at_process_end(sessions.close)
    registry = RegistryFile(load(RegistrySettings).requesters_file)
    return {
        Kind.PREFLIGHT_ACTIONS: PreflightHandler(sessions=sessions, client=client, feature="actions"),
        Kind.WIPE: WipeHandler(sessions=sessions, registry=registry, store=ConnectorStore(client)),
    }


def main() -> int:
    """Run the worker until it is told to stop; the exit code."""
    return run_exchange_worker(Service.ACTIONS, handlers, RegistrySettings)
