"""What is known of a connector: its state as it stands in the ledger, as far as it agrees with what is pinned."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from exconn.connector.errors import UnreadableStateError
from exconn.connector.pins import Pins
from exconn.connector.state import ConnectorState
from exconn.contracts.roles import Feature
from exconn.keyspace.written import MALFORMED, object_or_none, parsed

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class KnownConnector:
    """`raw` is what stands there (empty: nothing), `state` what is believed of it, `readable` whether it is a state.

    In place of a state that cannot be read, or that says that a connector was removed which was not, stands one that
    waits for its installation: so the kill switch can be turned on, and the definition be applied again.
    """

    raw: str
    pins: Pins
    state: ConnectorState | None
    readable: bool = True
    #: Which parts of the state say otherwise than what is pinned.
    differs: tuple[str, ...] = ()

    def believed(self, name: str) -> ConnectorState | None:
        """The state. Raises UnreadableStateError."""
        if not self.readable:
            raise UnreadableStateError(name)
        return self.state

    def says_armed(self, feature: Feature) -> bool:
        """Whether the state says that the feature is armed, believed or not; of one that can be read."""
        armed = (object_or_none(self.raw) or {}).get("armed")
        return isinstance(armed, list) and feature in armed

    @property
    def is_unproven(self) -> bool:
        """Whether only the state says that there is such a connector: nothing is pinned of it yet."""
        return not self.pins.newest and (self.state is not None or not self.readable)

    def of_nobody(self) -> Self:
        """What is known where no connector of that name was ever applied: there is none, whatever stands there."""
        return replace(self, state=None, readable=True, differs=("applied",))

    @property
    def lacking(self) -> dict[str, str]:
        """What is still to be pinned."""
        if self.state is None or self.state.state == "removed" or not self.readable:
            return {}
        return self.pins.lacking(self.state.model_dump())


def states_in(known: Mapping[str, KnownConnector]) -> dict[str, ConnectorState]:
    """The states, without those that cannot be read."""
    return {name: each.state for name, each in known.items() if each.readable and each.state is not None}


def known_of(name: str, raw: str | None, pins: Pins) -> KnownConnector:
    """What is known of the connector of that name; `raw` is None where nothing stands there."""
    if raw is None:
        return KnownConnector(raw="", pins=pins, state=None)
    try:
        found = parsed(raw)
        state = ConnectorState.model_validate(pins.over(name, found))
        differs = pins.differing(name, found)
    except MALFORMED:
        return _stand_in(name, raw, pins, "unreadable")
    if pins.denies_removal(state.state):
        return _stand_in(name, raw, pins, "state")
    return KnownConnector(raw=raw, pins=pins, state=state, differs=differs)


def _stand_in(name: str, raw: str, pins: Pins, why: str) -> KnownConnector:
    state = ConnectorState(name=name, revision=max(pins.newest, 1), state="flagged", applied_at=_LONG_AGO)
    return KnownConnector(raw=raw, pins=pins, state=state, readable=False, differs=(why,))
