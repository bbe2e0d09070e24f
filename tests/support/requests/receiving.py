"""Intake without a process, on a real server with the real ledger: two requesters, one connector."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import redis
from redis.client import Pipeline

from exconn.connector import ConnectorStore
from exconn.contracts import (
    Answer,
    ClientClass,
    Fingerprint,
    HoldReason,
    digest_of,
    parse_envelope,
    parse_work,
)
from exconn.contracts.hold_text import brake_text
from exconn.contracts.request import RequestKind, Target
from exconn.contracts.work import ActionPayload
from exconn.intake.admit import admit
from exconn.intake.answer_store import AnswerStore
from exconn.intake.context import IntakeContext, KnownDevice
from exconn.inventory import Make
from exconn.ledger import Ledger
from exconn.signing import Registry, SigningKey, new_signing_key, sign
from exconn.signing.registry_trace import RegistryTrace
from tests.support.requests.signed import DEVICE, SHOWN, release_target, request_of

ANNA, BERT = new_signing_key(), new_signing_key()
FINGERPRINT = Fingerprint(guid=DEVICE, device=digest_of(SHOWN["device_id"]), mailbox=SHOWN["owner"])
#: What devices with these makes say of themselves.
MAKES = {
    1: Make("OutlookService", ClientClass.OUTLOOK_SERVICE),
    2: Make("Outlook", ClientClass.OUTLOOK),
    3: Make("iPhone", ClientClass.NATIVE),
}
OTHER_DEVICE = "99999999-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class DevicesAtHand:
    """Stands where the register stands."""

    devices: Mapping[str, KnownDevice]

    def ask(self, pipe: Pipeline, _connector: str, guid: str) -> None:
        pipe.echo(guid)

    def read(self, guid: str, _reply: object) -> KnownDevice | None:
        return self.devices.get(guid)

    def make_of(self, _connector: str, known: KnownDevice) -> Make | None:
        return MAKES.get(known.make)


@dataclass
class IntakeScene:
    """The context of an intake with two known requesters and one connector, and what its register knows."""

    client: redis.Redis
    registry: Registry
    devices: dict[str, KnownDevice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbered, self._revision = self.registry, self.registry.revision
        self.ledger = Ledger(self.client)
        self.store = ConnectorStore(self.client)
        self.context = IntakeContext(
            client=self.client,
            ledger=self.ledger,
            registry=self._current,
            store=self.store,
            devices=DevicesAtHand(self.devices),
            answers=AnswerStore(self.client),
            trace=RegistryTrace(self.client),
        )
        self.context.trace.count(self.registry, by="intake")

    def start_anew(self) -> None:
        """Another process of this intake, which remembers nothing."""
        self.context = replace(self.context, trace=RegistryTrace(self.client))

    def _current(self) -> Registry:
        """The registry of now: whatever a test puts in its place is a later revision."""
        if self.registry is not self._numbered:
            self._revision += 1
            self.registry = self._numbered = replace(self.registry, revision=self._revision)
        return self.registry

    def ask(self, kind: RequestKind = RequestKind.WIPE, **fields: object) -> Answer:
        key = BERT if fields.get("requester") == "bert" else ANNA
        return self.answer_of(kind, key, **fields)

    def answer_of(self, kind: RequestKind, key: SigningKey, **fields: object) -> Answer:
        """The answer to a request that this key signs."""
        return admit(sign(request_of(kind, **fields), key).model_dump_json(), self.context).answer  # type: ignore[arg-type]

    def brake_target(self, job_id: str, reason: HoldReason = HoldReason.BREAKER) -> Target:
        """The target of a release past that brake, of a job that was shown as it was asked for."""
        job = self.ledger.job(job_id)
        work = parse_work(job.kind, job.payload) if job else None
        assert isinstance(work, ActionPayload)
        return release_target(job_id, held_for=brake_text(reason, parse_envelope(work.envelope)))

    def know(self, device: str) -> None:
        """A device that was discovered."""
        self.devices[device] = KnownDevice()

    def hold(self, job_id: str, reason: HoldReason = HoldReason.BREAKER, *, subject: str = "") -> None:
        claim = self.ledger.claim(job_id, "worker")
        assert claim is not None
        self.ledger.hold(claim.lease, reason, subject=subject)
