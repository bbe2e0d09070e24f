"""The policy worker's process."""

from exconn.connector import ConnectorStore
from exconn.contracts import Kind, Service
from exconn.doorbell import Handlers
from exconn.keyspace import connect
from exconn.policy.applied import AppliedPlans
from exconn.policy.apply_job import ApplyHandler
from exconn.policy.plan_job import PlanHandler
from exconn.policy.plan_store import Plans
from exconn.policy.takings import Takings
from exconn.sessions import ExchangeSettings, PreflightHandler, Sessions, at_process_end, run_exchange_worker
from exconn.settings import RedisSettings, load
from exconn.signing import RegistryFile, RegistrySettings
from exconn.signing.registry_in_force import RegistryInForce


def handlers() -> Handlers:
    """The handlers of one worker process; called after the fork."""
    client = connect(load(RedisSettings).ledger_url.get_secret_value(), name="exconn-policy")
    sessions, plans, store = (
        Sessions(client, permitted=load(ExchangeSettings).permitted),
        Plans(client),
        ConnectorStore(client),
    )
    applied = AppliedPlans(client)
    at_process_end(sessions.close)
    registry = RegistryInForce(RegistryFile(load(RegistrySettings).requesters_file), client)
    return {
        Kind.PREFLIGHT_POLICY: PreflightHandler(sessions=sessions, client=client, feature="policy"),
        Kind.POLICY_PLAN: PlanHandler(
            sessions=sessions, plans=plans, takings=Takings(plans=plans, store=store), applied=applied
        ),
        Kind.POLICY_APPLY: ApplyHandler(
            sessions=sessions, plans=plans, store=store, registry=registry, applied=applied
        ),
    }


def main() -> int:
    """Run the worker until it is told to stop; the exit code."""
    return run_exchange_worker(Service.POLICY, handlers, RegistrySettings)
