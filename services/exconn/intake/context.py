"""What judging a request needs: the ledger, the registry, the connectors, the register, the answers.

The context of intake is made once per process and may be shared by threads; that of a request holds it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from exconn.connector import ConnectorDefinition, ConnectorState, ConnectorStore
from exconn.contracts import Fingerprint, HoldReason, Request
from exconn.contracts.refusals import Refusal
from exconn.intake.answer_store import AnswerStore
from exconn.ledger import Ledger, Ring
from exconn.ledger.parameters import Doorbell
from exconn.signing.errors import Detail, Refused
from exconn.signing.keyfile import SigningKey
from exconn.signing.registry_trace import RegistryTrace
from exconn.signing.requesters import Registry, Requester

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

    from exconn.inventory import Make


@dataclass(frozen=True)
class KnownDevice:
    """What the register says of a device: its fingerprint, and the number of what it says of itself."""

    fingerprint: Fingerprint | None = None
    make: int = 0


class Devices(Protocol):
    """Finds a device by connector and directory GUID, beside other questions to the ledger's server."""

    def ask(self, pipe: "Pipeline", connector: str, guid: str) -> None:
        """Put the question into a pipeline: one command."""

    def read(self, guid: str, reply: object) -> KnownDevice | None:
        """What the answer says; None of a device that nobody has discovered."""

    def make_of(self, connector: str, known: KnownDevice) -> "Make | None":
        """What it says of itself; None where that was not kept."""


@dataclass(frozen=True, kw_only=True)
class IntakeContext:
    """Everything that a decision needs. `registry` is asked for each request, so that a revoked key stops counting."""

    client: "redis.Redis"
    ledger: Ledger
    registry: Callable[[], Registry]
    store: ConnectorStore
    devices: Devices
    answers: AnswerStore
    trace: RegistryTrace
    #: With what is sealed what intake adds to an action.
    key: SigningKey | None = None
    #: How to ring in the round trip of an insert, where broker and ledger are one server.
    doorbell: Doorbell | None = None


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What a handler did: the job it made (if any) with its state and the doorbell to ring, and what to tell.

    `foreseen` is a reason for which a worker will hold it, as far as is known here: the worker's own look decides.
    Whether the doorbell is heard changes nothing: the coordinator rings again.
    """

    job: str | None = None
    state: str | None = None
    details: dict[str, Detail] | None = None
    ring: Ring | None = None
    foreseen: HoldReason | None = None
    text: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, kw_only=True)
class RequestContext:
    """One verified request, with the server's time at which it is judged, and what was known then of the connector that
    it names (None of one that was never applied) and of the device.
    """

    intake: IntakeContext
    request: Request
    requester: Requester
    registry: Registry
    digest: str
    envelope: str
    now: datetime
    connector: ConnectorState | None
    device: KnownDevice | None

    @property
    def by(self) -> str:
        """Who is named in the status messages."""
        return self.request.requester

    def state(self) -> ConnectorState:
        """The connector's state. Raises Refused (unknown_connector)."""
        state = self.connector
        if state is None or state.state == "removed":
            raise Refused(
                Refusal.UNKNOWN_CONNECTOR,
                f"no connector {self.request.connector!r}",
                remedy="see exconn connector list",
            )
        return state

    def installed(self) -> ConnectorState:
        """The state of an installed connector. Raises Refused."""
        state = self.state()
        if state.state != "installed":
            raise Refused(
                Refusal.NOT_INSTALLED,
                f"connector {state.name!r} is not installed yet",
                remedy=f"see why with exconn connector show {state.name}",
            )
        if not state.organization:
            raise Refused(
                Refusal.NO_ORGANIZATION,
                f"connector {state.name!r} counts as installed, and nobody knows for which organization",
                remedy="find out who wrote its state; remove it and apply its definition, to have it installed anew",
            )
        return state

    def definition(self, state: ConnectorState) -> ConnectorDefinition:
        """The newest definition of the connector."""
        return self.intake.store.newest_definition(state)
