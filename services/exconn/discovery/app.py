"""The discovery worker's process."""

from exconn.connector import ConnectorStore
from exconn.contracts import Kind, Service
from exconn.discovery.fold_errors import FoldingHandler
from exconn.discovery.install import InstallHandler
from exconn.discovery.partition import PartitionHandler
from exconn.discovery.settings import DiscoverySettings
from exconn.discovery.sweep import SweepHandler
from exconn.doorbell import Handlers
from exconn.inventory import Register
from exconn.keyspace import connect
from exconn.sessions import ExchangeSettings, Sessions, at_process_end, run_exchange_worker
from exconn.settings import RedisSettings, load


def handlers() -> Handlers:
    """The handlers of one worker process; called after the fork."""
    url = load(RedisSettings).ledger_url.get_secret_value()
    settings = load(DiscoverySettings)
    client = connect(url, name="exconn-discovery")
    sessions = Sessions(client, permitted=load(ExchangeSettings).permitted)
    at_process_end(sessions.close)
    register = Register.at(url, high_water=settings.high_water)
    return {
        Kind.INSTALL: InstallHandler(sessions=sessions, store=ConnectorStore(client)),
        Kind.SWEEP: FoldingHandler(SweepHandler(sessions=sessions, register=register, settings=settings)),
        Kind.PARTITION: FoldingHandler(PartitionHandler(sessions=sessions, register=register)),
    }


def main() -> int:
    """Run the worker until it is told to stop; the exit code."""
    return run_exchange_worker(Service.DISCOVERY, handlers, DiscoverySettings)
