"""Workers, a coordinator and a slow simulated Exchange as processes, and an intake in this one that many may ask.

For what requesters do to one another: each has the same quota, and devices of its own.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exconn.connector import ConnectorStore, parse_definition
from exconn.contracts import Answer, Request, Service
from exconn.contracts.hold_text import hold_text
from exconn.contracts.request import Audience, RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.doorbell import Bell, first_doorbell
from exconn.intake.admit import admit
from exconn.intake.answer_store import AnswerStore
from exconn.intake.context import IntakeContext, KnownDevice
from exconn.keyspace import keys
from exconn.ledger import Ledger
from exconn.signing import SigningKey, new_signing_key, parse_registry, sign
from exconn.signing.registry_text import WIDE_OPEN
from exconn.signing.registry_trace import RegistryTrace
from exconn.stream import Number
from tests.support.exchange.shown_devices import fingerprint_shown, shown
from tests.support.requests.receiving import DevicesAtHand
from tests.support.requests.signed import DEPLOYMENT, registry_text
from tests.support.streams.records import messages_of
from tests.support.system.cluster import Cluster

CONNECTOR = "company"
ORGANIZATION = "5eedf00d-0000-4000-8000-000000000000"
PER_HOUR, PER_DAY = 5, 20
SENDERS = 4
#: By how much each cmdlet is late.
CMDLET = timedelta(milliseconds=100)
ISSUED_WITHIN = timedelta(minutes=2)

_DEFINITION = """\
name = {name}
[exchange]
url = {url}
auth = "basic"
ca_file = {ca_file}
{accounts}
[limits.erase]
short = {{ count = 1000, within = "20m" }}
long = {{ count = 1000, within = "1d" }}
fleet_floor = 1000
[limits.quota]
per_hour = {per_hour}
per_day = 20
"""


class RequestersStage:
    """The running system, and its requesters by name; each name has phones that nobody else asks for."""

    def __init__(self, cluster: Cluster, signing_keys: dict[str, SigningKey]) -> None:
        self.cluster = cluster
        self._keys = signing_keys
        client = cluster.client
        registry = parse_registry(
            registry_text(signing_keys, kinds=["wipe", "release"], connectors=[CONNECTOR], bounds=WIDE_OPEN)
        )
        phones = [
            str(device["guid"])
            for device in cluster.simulator.devices(limit=100_000)
            if device["online"] and not str(device["device_type"]).startswith("Outlook")
        ]
        self._bell = Bell(client)
        self._intake = IntakeContext(
            client=client,
            ledger=Ledger(client),
            registry=lambda: registry,
            store=ConnectorStore(client),
            trace=RegistryTrace(client),
            devices=DevicesAtHand({guid: KnownDevice(fingerprint_shown(cluster.simulator, guid)) for guid in phones}),
            answers=AnswerStore(client),
            doorbell=first_doorbell,
        )
        self._phones = phones

    def phones(self, number: int) -> list[str]:
        """So many phones of which no wipe was taken."""
        taken, self._phones = self._phones[:number], self._phones[number:]
        if len(taken) < number:
            raise RuntimeError(f"only {len(taken)} of {number} phones: simulate more devices")
        return taken

    def give_back(self, guids: Sequence[str]) -> None:
        """Phones whose wipes were refused."""
        self._phones += guids

    def ask(self, requester: str, guid: str) -> Answer:
        """A wipe is asked for, and rung for as intake does."""
        nonce = secrets.token_urlsafe(18)
        seen = seen_of_shown(nonce, shown(self.cluster.simulator, guid))
        return self._admitted(requester, RequestKind.WIPE, Target(device=guid, seen=seen), nonce)

    def release(self, requester: str, job_id: str) -> Answer:
        """A wipe of somebody else is released."""
        job = self._intake.ledger.job(job_id)
        shown = hold_text(job.reason, job.subject) if job is not None else ""
        target = Target(jobs=(job_id,), held_for=(shown,))
        return self._admitted(requester, RequestKind.RELEASE, target, secrets.token_urlsafe(18))

    def _admitted(self, requester: str, kind: RequestKind, target: Target, nonce: str) -> Answer:
        now = datetime.now(UTC)
        request = Request(
            kind=kind,
            audience=Audience(deployment=DEPLOYMENT, organization=ORGANIZATION),
            connector=CONNECTOR,
            target=target,
            reason="lost",
            requester=requester,
            nonce=nonce,
            present_by=now + timedelta(minutes=10),
            valid_until=now + timedelta(hours=1),
        )
        admitted = admit(sign(request, self._keys[requester]).model_dump_json(), self._intake)
        if admitted.ring is not None:
            self._bell.ring(admitted.ring, CONNECTOR)
        return admitted.answer

    def flood(self, requester: str, guids: Sequence[str]) -> list[Answer]:
        """Wipes of all of them are asked for, as fast as intake takes them."""
        with ThreadPoolExecutor(SENDERS) as pool:
            return list(pool.map(lambda guid: self.ask(requester, guid), guids))

    def issued_after(self, answer: Answer) -> timedelta:
        """How long after its insert Exchange had that wipe, by the record."""
        job = answer.job or ""
        self.cluster.wait(
            lambda: self._phase(job) not in ("", "accepted", "issuing"), f"{job} in Exchange", ISSUED_WITHIN
        )
        at = {message.number: message.at for message in messages_of(self.cluster.client) if message.job == job}
        return at[Number.WIPE_ISSUED] - at[Number.JOB_QUEUED]

    def _phase(self, job: str) -> str:
        return str(self.cluster.client.hget(keys.job(job), "phase") or "")


def _definition(cluster: Cluster) -> str:
    simulator = cluster.simulator
    return _DEFINITION.format(
        name=json.dumps(CONNECTOR),
        url=json.dumps(simulator.url),
        ca_file=json.dumps(str(simulator.ca_file)),
        accounts=simulator.account_tables(),
        per_hour=PER_HOUR,
    )


@contextmanager
def requesters_stage(folder: Path, names: Sequence[str], *, devices: int, seed: int) -> Iterator[RequestersStage]:
    """The stage with requesters of those names, ready to wipe; everything that was started ends with it."""
    signing_keys = {name: new_signing_key() for name in names}
    cluster = Cluster(folder)
    try:
        cluster.start(devices=devices, seed=seed, phone_sync="1h")
        store = ConnectorStore(cluster.client)
        store.apply(parse_definition(_definition(cluster)), "stage")
        store.set_installed(CONNECTOR, ORGANIZATION, "stage")
        store.arm(CONNECTOR, "actions", "stage")
        Ledger(cluster.client).resume(CONNECTOR, by="stage")
        registry = folder / "requesters.toml"
        registry.write_text(
            registry_text(signing_keys, kinds=["wipe", "release"], connectors=[CONNECTOR], bounds=WIDE_OPEN),
            encoding="utf-8",
        )
        cluster.start_service("coordinator")
        cluster.start_service("actions", EXCONN_REQUESTERS_FILE=str(registry), EXCONN_WORKER_CONCURRENCY="2")
        cluster.wait(lambda: _hears(cluster), "a worker that hears doorbells")
        cluster.simulator.fault("slow", times=-1, seconds=CMDLET.total_seconds())
        yield RequestersStage(cluster, signing_keys)
    finally:
        cluster.stop()


def _hears(cluster: Cluster) -> bool:
    return any(str(name).startswith(Service.ACTIONS.value) for name in cluster.client.hkeys(keys.HEARTBEATS))
