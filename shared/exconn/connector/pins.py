"""What intake keeps of a connector where nobody else writes it, so that its state is not believed against that.

Workers write a connector's state: discovery installs it, policy and device actions are armed by their own workers. A
worker that has fallen could write another organization, for which no brake has counted anything, or an earlier
revision. So the newest revision, the organization and what a person asked to arm are kept beside the definitions, and
the state says of them only what is not kept yet. Its name is the one by which it was asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from exconn.contracts.roles import FEATURES, Feature

#: Fields of the hash of revisions, in the order in which they are asked for.
_NEWEST, _ORGANIZATION, _REMOVED = "newest", "organization", "removed"
_FLEET = "fleet"
FIELDS: tuple[str, ...] = (_NEWEST, _ORGANIZATION, _REMOVED, _FLEET, *(f"may_arm:{feature}" for feature in FEATURES))
#: Discovery counts the devices of which limits are a share. What it says first is believed; after that no more than
#: twice as many, and a day later twice as many again.
_GROWS_WITHIN = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Pins:
    """What is pinned of one connector. `newest` 0, no `organization`, and a feature that `may_arm` does not know: that
    is not pinned yet.
    """

    newest: int = 0
    organization: str = ""
    removed: bool = False
    may_arm: Mapping[Feature, bool] = field(default_factory=dict)
    #: How many devices are believed at most (0: that is not pinned yet), and since when.
    fleet: int = 0
    fleet_since: datetime | None = None

    @classmethod
    def read(cls, reply: Sequence[str | None]) -> Self:
        """From what the server answers about `FIELDS`."""
        newest, organization, removed, fleet, *arming = reply
        most, _, since = (fleet or "0").partition(" ")
        return cls(
            newest=int(newest or 0),
            organization=organization or "",
            removed=removed == "1",
            fleet=int(most),
            fleet_since=datetime.fromtimestamp(int(since) / 1000, UTC) if since else None,
            may_arm={
                feature: asked == "1" for feature, asked in zip(FEATURES, arming, strict=True) if asked is not None
            },
        )

    def over(self, name: str, state: Mapping[str, Any]) -> dict[str, Any]:
        """The state of a connector as it is believed: what is pinned counts, whatever the state says."""
        believed = {**state, "name": name}
        if self.newest:
            believed["revision"] = self.newest
        if self.removed:
            return {**believed, "state": "removed", "armed": (), "status_id": None, "organization": None}
        if self.organization and state.get("state") == "installed":
            believed["organization"] = self.organization
        believed["armed"] = tuple(each for each in state.get("armed") or () if self.may_arm.get(each, True))
        return believed

    def denies_removal(self, condition: str) -> bool:
        """Whether a state says that the connector was removed, and intake, which knows it, removed none."""
        return bool(self.newest) and condition == "removed" and not self.removed

    def differing(self, name: str, state: Mapping[str, Any]) -> tuple[str, ...]:
        """The parts of a state that say otherwise than what is pinned."""
        believed = self.over(name, state)
        parts = ("name", "revision", "state", "organization")
        found = [part for part in parts if part in state and state[part] != believed[part]]
        if set(state.get("armed") or ()) != set(believed["armed"]):
            found.append("armed")
        return tuple(found)

    def grown(self, counted: int, now: datetime) -> dict[str, str]:
        """What is to be pinned where discovery has counted so many devices: nothing unless they are more."""
        if counted <= self.fleet or (self.fleet_since is not None and now - self.fleet_since < _GROWS_WITHIN):
            return {}
        most = min(counted, 2 * self.fleet) if self.fleet else counted
        return {_FLEET: f"{most} {int(now.timestamp() * 1000)}"}

    def lacking(self, state: Mapping[str, Any]) -> dict[str, str]:
        """What is to be pinned as the state has it, because nothing else is known."""
        return dict(self._lacking(state))

    def _lacking(self, state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if not self.newest:
            yield _NEWEST, str(state["revision"])
        if not self.organization and state["state"] == "installed" and state.get("organization"):
            yield _ORGANIZATION, str(state["organization"])
        armed = state.get("armed") or ()
        yield from arming({feature: feature in armed for feature in FEATURES if feature not in self.may_arm}).items()


def arming(may_arm: Mapping[Feature, bool]) -> dict[str, str]:
    """How it is pinned that features may be armed, or may not."""
    return {f"may_arm:{feature}": "1" if may else "" for feature, may in may_arm.items()}


def newest(revision: int, organization: str | None = None) -> dict[str, str]:
    """How the newest revision is pinned, and the organization where its definition names one."""
    return {_NEWEST: str(revision)} | ({_ORGANIZATION: organization} if organization else {})


def of_removed() -> dict[str, str]:
    """How a removal is pinned: the organization stays, so that another one needs a second person."""
    return {_REMOVED: "1"} | arming(dict.fromkeys(FEATURES, False))
