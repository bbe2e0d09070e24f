"""A real intake process in front of a real server, with an installed connector and devices that were discovered."""

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx2
import redis

from exconn import signing
from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import KINDS, Answer, DeviceFact, Envelope, Kind
from exconn.contracts.request import Request
from exconn.contracts.work import Sweep
from exconn.inventory import ListedDevice, PagePlace, Register
from exconn.keyspace import keys
from exconn.ledger import Ledger, NewJob, Outcome
from exconn.signing import SigningKey, make_service_key, new_signing_key, save_signing_key, sign
from tests.support.machine.processes import ChildProcess, ChildProcesses
from tests.support.requests.signed import DEPLOYMENT, organization_of, registry_text

START_WITHIN = timedelta(seconds=30)
_revisions = count(1)


@dataclass(frozen=True)
class RunningIntake:
    """An intake that answers, and what a test needs to talk to it."""

    process: ChildProcess
    url: str
    state_dir: Path
    requesters_file: Path
    keys: Mapping[str, SigningKey]

    def key_file(self, requester: str) -> Path:
        """The private key of a requester."""
        return self.state_dir / f"{requester}.pem"

    def register(self, requesters: Mapping[str, SigningKey]) -> None:
        """Write a later registry, in which these may do everything."""
        self.register_keys({name: key.public_text for name, key in requesters.items()})

    def register_keys(self, public: Mapping[str, str], *, hardware_for: Sequence[str] = ()) -> None:
        """As `register`, with public keys of any form; kinds in `hardware_for` demand a hardware key."""
        text = signing.registry_text(public, deployment=DEPLOYMENT, revision=next(_revisions))
        self.requesters_file.write_text(f"hardware_keys_for = {json.dumps(list(hardware_for))}\n{text}")

    @property
    def public_key(self) -> str:
        """The public half of the key with which it signs."""
        return (self.state_dir / "intake.pub").read_text(encoding="ascii").strip()

    def post(self, envelope: Envelope | str | bytes) -> httpx2.Response:
        """Send an envelope as it stands."""
        body = envelope.model_dump_json() if isinstance(envelope, Envelope) else envelope
        return httpx2.post(f"{self.url}/v1/requests", content=body, timeout=10)

    def ask(self, request: Request) -> tuple[int, Answer]:
        """Sign a request with its requester's key and send it."""
        response = self.post(sign(request, self.keys[request.requester]))
        return response.status_code, Answer.model_validate_json(response.content)


def start_intake(
    processes: ChildProcesses,
    state_dir: Path,
    redis_url: str,
    *,
    requesters: Sequence[str] = ("anna", "bert"),
    env: Mapping[str, str] | None = None,
    module: str = "exconn.intake",
    ca_file: Path | None = None,
) -> RunningIntake:
    """Start an intake and wait until it answers."""
    signing = {name: new_signing_key() for name in requesters}
    for name, key in signing.items():
        save_signing_key(key, state_dir / f"{name}.pem")
    registry = state_dir / "requesters.toml"
    registry.write_text(registry_text(signing, revision=next(_revisions)))
    settings = {
        "EXCONN_BROKER_URL": redis_url,
        "EXCONN_LEDGER_URL": redis_url,
        "EXCONN_LEDGER_DURABILITY": "volatile",
        "EXCONN_STATE_DIR": str(state_dir),
        "EXCONN_INTAKE_PORT": "0",
        "EXCONN_REQUESTERS_FILE": str(registry),
        "EXCONN_INTAKE_KEY_FILE": str(state_dir / "intake.pem"),
    }
    make_service_key(state_dir / "intake.pem", state_dir / "intake.pub")
    child = processes.start("intake", "-m", module, env=settings | dict(env or {}))
    place = state_dir / "intake.json"
    child.wait_until(place.exists, START_WITHIN, "its address")
    url = str(json.loads(place.read_text())["url"])
    child.wait_until(lambda: _answers(url, ca_file), START_WITHIN, "its first answer")
    return RunningIntake(child, url, state_dir, registry, signing)


def _answers(url: str, ca_file: Path | None) -> bool:
    trusted = ssl.create_default_context(cafile=ca_file) if ca_file else True
    try:
        return httpx2.get(f"{url}/health", timeout=5, verify=trusted).status_code > 0
    except httpx2.TransportError:
        return False


def install_connector(client: redis.Redis, name: str = "north", *, armed: bool = True) -> None:
    """Put a connector in service as its worker would."""
    store = ConnectorStore(client)
    store.apply(parse_definition(sample_definition(name)), "anna")
    store.set_installed(name, organization_of(name), "discovery")
    if armed:
        store.arm(name, "actions", "actions")


def discover(client: redis.Redis, url: str, devices: Sequence[DeviceFact], *, connector: str = "north") -> None:
    """Enter devices into the register, as a discovery would."""
    ledger = Ledger(client)
    number = int(client.incr(keys.sweep_number(connector)))
    row = KINDS[Kind.SWEEP]
    inserted = ledger.insert(
        NewJob(
            kind=Kind.SWEEP,
            connector=connector,
            payload=Sweep(number=number).model_dump_json(),
            idempotency_key=f"sweep:{number}",
            service=row.service,
            checks=row.checks,
        )
    )
    claim = ledger.claim(inserted.job_id, "a test")
    if claim is None:
        raise RuntimeError("somebody else has the discovery of this test")
    generation = ledger.restart_list(claim.lease)
    place = PagePlace(connector=connector, sweep=number, generation=generation)
    Register.at(url).fold_devices(claim.lease, place, [ListedDevice(fact=device) for device in devices])
    ledger.settle(claim.lease, Outcome.SUCCEEDED)
