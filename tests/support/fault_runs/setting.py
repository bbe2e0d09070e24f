"""The stage of a campaign: several connectors to one simulated Exchange, discovered, armed, running.

Several, because a killed worker's seat stays taken for a minute and each connector has its own; all of them know the
devices that the first one discovered.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts.request import Audience
from exconn.contracts.roles import Feature
from exconn.coordinator.jobs import insert_sweep
from exconn.coordinator.schedule import newest_slot
from exconn.keyspace import keys
from exconn.ledger import Ledger, Outcome
from exconn.signing import SigningKey, new_signing_key, registry_text
from exconn.signing.registry_text import WIDE_OPEN
from tests.support.fault_runs.definition_text import definition_text
from tests.support.requests.signed import DEPLOYMENT, organization_of
from tests.support.system.cluster import Cluster

REQUESTER = "operator"
DISCOVERED_WITHIN = timedelta(seconds=120)

_WIDE_OPEN = """\
[limits.erase]
short = { count = 100000, within = "1d" }
long = { count = 100000, within = "1d" }
fleet_percent = 100.0
fleet_floor = 1000
[limits.quota]
per_hour = 100000
per_day = 100000"""


@dataclass(frozen=True)
class Setting:
    """What trials need to know of the stage."""

    key: SigningKey
    registry: Path
    connectors: tuple[str, ...]
    devices: tuple[str, ...]


def definition(cluster: Cluster, name: str) -> str:
    """The text of a connector's definition, with brakes wide open."""
    return definition_text(cluster.simulator, name=name, limits=_WIDE_OPEN)


def make_registry(folder: Path) -> tuple[SigningKey, Path]:
    """One operator who may do everything, with brakes wide open."""
    key = new_signing_key()
    path = folder / "requesters.toml"
    path.write_text(
        registry_text({REQUESTER: key.public_text}, deployment=DEPLOYMENT, bounds=WIDE_OPEN), encoding="utf-8"
    )
    return key, path


def set_stage(cluster: Cluster, *, connectors: int, devices: int) -> Setting:
    """Discover with the first connector, and let the others know the same; all armed, switches running."""
    key, registry = make_registry(cluster.folder)
    names = tuple(f"field-{number}" for number in range(connectors))
    _discover(cluster, names[0])
    store, ledger = ConnectorStore(cluster.client), Ledger(cluster.client)
    for name in names[1:]:
        store.apply(parse_definition(definition(cluster, name)), "campaign")
        _copy_register(cluster, names[0], name)
        add_connector(cluster, name, feature="actions")
    store.arm(names[0], "actions", "campaign")
    ledger.resume(names[0], by="campaign")
    return Setting(key, registry, names, _phones(cluster, devices))


def audience_at(cluster: Cluster, connector: str) -> Audience:
    """For whom a request is signed: the deployment of all tests, and the organization that the connector stands for."""
    return Audience(deployment=DEPLOYMENT, organization=ConnectorStore(cluster.client).get(connector).organization)


def add_connector(cluster: Cluster, name: str, *, feature: Feature) -> None:
    """Have a connector that was applied be installed and running, without a look at Exchange."""
    store = ConnectorStore(cluster.client)
    store.set_installed(name, organization_of(name), "campaign")
    _close_first_slot(cluster, name)
    store.arm(name, feature, "campaign")
    Ledger(cluster.client).resume(name, by="campaign")


def _discover(cluster: Cluster, name: str) -> None:
    store, ledger = ConnectorStore(cluster.client), Ledger(cluster.client)
    for service in ("coordinator", "discovery"):
        cluster.start_service(service)
    store.apply(parse_definition(definition(cluster, name)), "campaign")

    def swept() -> bool:
        # A sweep has its number before it is in the ledger: only what it found shows that there was one.
        return bool(cluster.client.get(keys.fleet(name))) and not ledger.unsettled(name)

    cluster.wait(swept, "the first discovery", DISCOVERED_WITHIN)
    for service in ("discovery", "coordinator"):
        cluster.end_service(service)


def _copy_register(cluster: Cluster, source: str, target: str) -> None:
    """Every key that belongs to the register of `source`, under the name of `target`."""
    prefixes = (keys.register(source, ""), keys.register_words(source), keys.fleet(source))
    for prefix in prefixes:
        for found in cluster.client.scan_iter(f"{prefix}*", count=1000):
            cluster.client.copy(found, found.replace(f":{source}", f":{target}", 1))


def _close_first_slot(cluster: Cluster, name: str) -> None:
    """The sweep that is due at the installation, as done: nothing would be different after it."""
    store, ledger = ConnectorStore(cluster.client), Ledger(cluster.client)
    state = store.get(name)
    if state.installed_at is None:
        raise RuntimeError(f"{name} is not installed")
    slot = newest_slot(store.definition(name).discovery, installed_at=state.installed_at, now=ledger.time())
    sweep = insert_sweep(ledger, cluster.client, state, slot).job_id
    claim = ledger.claim(sweep, "campaign")
    if claim is None:
        raise RuntimeError(f"{sweep} is not to be had")
    ledger.settle(claim.lease, Outcome.SUCCEEDED)


def _phones(cluster: Cluster, wanted: int) -> tuple[str, ...]:
    """Phones that answer and that nobody has wiped yet."""
    found = [
        str(device["guid"])
        for device in cluster.simulator.devices(limit=100_000)
        if device["online"]
        and not str(device["device_type"]).startswith("Outlook")
        and device["enrolments"] == 1
        and not device["wipe"]["requested"]
    ]
    if len(found) < wanted:
        raise RuntimeError(f"only {len(found)} phones for {wanted} trials: simulate more devices")
    return tuple(found[:wanted])


def new_nonce() -> str:
    """A fresh nonce."""
    return secrets.token_urlsafe(18)
