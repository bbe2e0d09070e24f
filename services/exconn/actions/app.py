"""The device-action worker's process."""

from exconn.actions.access.steps import ALLOW_STEPS, BLOCK_STEPS
from exconn.actions.handler import ActionHandler, Steps
from exconn.actions.wipe.steps import WIPE_STEPS
from exconn.connector import ConnectorStore
from exconn.contracts import Kind, Service
from exconn.doorbell import Handlers
from exconn.inventory import Register
from exconn.keyspace import connect
from exconn.sessions import ExchangeSettings, PreflightHandler, Sessions, at_process_end, run_exchange_worker
from exconn.settings import RedisSettings, load
from exconn.signing import (
    ActionsKeySettings,
    IntakePublicKeySettings,
    RegistryFile,
    RegistrySettings,
    load_service_key,
    load_service_public_key,
)
from exconn.signing.registry_in_force import RegistryInForce

#: What each kind of action does.
ACTIONS: dict[Kind, Steps] = {Kind.WIPE: WIPE_STEPS, Kind.BLOCK: BLOCK_STEPS, Kind.ALLOW: ALLOW_STEPS}


def handlers() -> Handlers:
    """The handlers of one worker process; called after the fork."""
    url = load(RedisSettings).ledger_url.get_secret_value()
    client, register = connect(url, name="exconn-actions"), Register.at(url)
    sessions = Sessions(client, permitted=load(ExchangeSettings).permitted)
    at_process_end(sessions.close)
    registry = RegistryInForce(RegistryFile(load(RegistrySettings).requesters_file), client)
    key = load_service_key(load(ActionsKeySettings).actions_key_file)
    intake_key = load_service_public_key(load(IntakePublicKeySettings).intake_public_key_file)
    return {
        Kind.PREFLIGHT_ACTIONS: PreflightHandler(sessions=sessions, client=client, feature="actions"),
    } | {
        kind: ActionHandler(
            steps=steps,
            sessions=sessions,
            registry=registry,
            store=ConnectorStore(client),
            register=register,
            intake_key=intake_key,
            key=key,
        )
        for kind, steps in ACTIONS.items()
    }


def main() -> int:
    """Run the worker until it is told to stop; the exit code."""
    return run_exchange_worker(Service.ACTIONS, handlers, RegistrySettings, IntakePublicKeySettings, ActionsKeySettings)
