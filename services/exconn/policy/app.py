"""The policy worker's process."""

import sys

from exconn.connector import ConnectorStore
from exconn.contracts import Kind, Service
from exconn.doorbell import Handlers, WorkerSettings, run_worker
from exconn.doorbell.worker import EXIT_BAD_INPUT
from exconn.keyspace import connect
from exconn.policy.apply import ApplyHandler
from exconn.policy.plan import PlanHandler
from exconn.policy.plans import Plans
from exconn.sessions import PreflightHandler, Sessions
from exconn.settings import RedisSettings, SettingsError, load


def handlers() -> Handlers:
    """The handlers of one worker process; called after the fork."""
    client = connect(load(RedisSettings).ledger_url.get_secret_value(), name="exconn-policy")
    sessions, plans = Sessions(client), Plans(client)
    return {
        Kind.PREFLIGHT_POLICY: PreflightHandler(sessions=sessions, client=client, feature="policy"),
        Kind.POLICY_PLAN: PlanHandler(sessions=sessions, plans=plans),
        Kind.POLICY_APPLY: ApplyHandler(sessions=sessions, plans=plans, store=ConnectorStore(client)),
    }


def main() -> int:
    """Run the worker until it is told to stop; the exit code."""
    try:
        settings = load(WorkerSettings)
    except SettingsError as exc:
        sys.stderr.write(f"exconn policy: {exc}\n")
        return EXIT_BAD_INPUT
    return run_worker(Service.POLICY, settings=settings, handlers=handlers)
