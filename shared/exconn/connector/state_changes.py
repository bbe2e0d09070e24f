"""What an order makes of a connector, and what is said about it (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exconn.connector import pins as pinned
from exconn.connector import state as states
from exconn.connector.definition import ConnectorDefinition
from exconn.connector.known import KnownConnector
from exconn.connector.parse import definition_of
from exconn.connector.pending import PendingChange
from exconn.connector.state import ConnectorState
from exconn.contracts.roles import FEATURES, Feature
from exconn.stream import Number


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """A state to write, and what to say about it."""

    state: ConnectorState
    definition: str = ""
    number: Number | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    job: str = ""
    organization: str = ""
    unless_open: bool = False
    also: Sequence[tuple[Number, Mapping[str, object]]] = ()
    released: PendingChange | None = None
    as_first: bool = False
    #: What is pinned with it, or only where nothing is pinned yet.
    pins: Mapping[str, str] = field(default_factory=dict)
    first_pin: bool = False

    @property
    def messages(self) -> Sequence[tuple[Number, Mapping[str, object]]]:
        """What is said besides."""
        released = [(Number.CHANGE_RELEASED, self.released.told())] if self.released else []
        return [*released, *self.also]


def revision_of(state: ConnectorState) -> dict[str, object]:
    """What messages say of it."""
    return {"revision": state.revision}


def applied(
    known: KnownConnector,
    definition: ConnectorDefinition,
    before: str | None,
    now: datetime,
    change: PendingChange | None,
    *,
    last: int,
) -> StateChange:
    """What a definition that takes the place of the stored one (`before`) makes of it: the revision after `last`.

    `last` is the highest revision that there is, whatever the state says (0 without any): jobs were asked under it.
    """
    old, named = known.state, definition.exchange.organization
    revision = last + 1
    moves = old is not None and named is not None and old.organization not in (None, named)
    anew = moves or not known.readable
    new = states.applied(old, definition.name, revision=revision, at=now, anew=anew)
    new = new.with_(released=change.id if change else "")
    moved = under_other_accounts(definition_of(before) if before else None, definition)
    told = [feature for feature in moved if feature in new.armed or known.pins.may_arm.get(feature)]
    for feature in moved:
        new = states.disarmed(new, feature)
    return StateChange(
        state=new,
        definition=definition.model_dump_json(),
        number=Number.CONNECTOR_FLAGGED if new.flagged == revision else Number.CONNECTOR_APPLIED,
        data=revision_of(new),
        unless_open=moves,
        pins=pinned.newest(revision, named) | _wanted_no_more(known, FEATURES if anew else moved),
        also=[(Number.CONNECTOR_DISARMED, {"feature": feature}) for feature in told],
        released=change,
    )


def _wanted_no_more(known: KnownConnector, features: Iterable[Feature]) -> dict[str, str]:
    """How it is pinned that nobody wants them armed; of a new connector, of which nobody ever did, nothing is."""
    asked = [feature for feature in features if known.state is not None or feature in known.pins.may_arm]
    return pinned.arming(dict.fromkeys(asked, False))


def under_other_accounts(old: ConnectorDefinition | None, new: ConnectorDefinition) -> list[Feature]:
    """The features whose account becomes another: nobody has looked at what that one may do.

    Whether such a feature is armed, or to be armed, is not asked: the state may say anything, now and later.
    """

    def account(definition: ConnectorDefinition | None, feature: Feature) -> str | None:
        found = definition.accounts.of(feature) if definition else None
        return found.username if found else None

    return [feature for feature in FEATURES if account(old, feature) != account(new, feature)]
