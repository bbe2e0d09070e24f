"""What the ledger server knows of a connector, and what each order makes of it (pure)."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from exconn.contracts.roles import Feature
from exconn.stream import Number

Condition = Literal["flagged", "installed", "removed"]
#: In UTC, so that one that no calendar has there raises OverflowError here, and not in whoever shows it.
Moment = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


class ConnectorState(BaseModel):
    """The state of one connector.

    `revision` is its newest definition; `flagged` the revision with which its present installation began.
    `released` is the pending change whose release brought the newest definition, if one did.
    `organization` is the GUID of the Exchange organization, known once installed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    revision: int
    state: Condition
    flagged: int = 1
    released: str = ""
    organization: str | None = None
    armed: tuple[Feature, ...] = ()
    status_id: int | None = None
    applied_at: Moment
    installed_at: Moment | None = None
    last_error: str | None = None

    @property
    def install_key(self) -> str:
        """The idempotency key of this installation's job: whoever inserts it, there is one."""
        return f"install:{self.flagged}"

    def with_(self, **changes: object) -> Self:
        """A copy with these fields changed."""
        return self.model_copy(update=changes)


def applied(
    old: ConnectorState | None, name: str, *, revision: int, at: datetime, anew: bool = False
) -> ConnectorState:
    """The state after a definition was applied: a new or removed connector is flagged for installation.

    So is one that is installed `anew`, for another organization.
    """
    if old is None or old.state == "removed" or anew:
        return ConnectorState(name=name, revision=revision, state="flagged", flagged=revision, applied_at=at)
    return old.with_(revision=revision, applied_at=at)


def installed(old: ConnectorState, *, organization: str, at: datetime) -> ConnectorState:
    """The state after the installation succeeded."""
    return old.with_(
        state="installed",
        organization=organization,
        status_id=int(Number.INSTALLED),
        installed_at=at,
        last_error=None,
    )


def armed(old: ConnectorState, feature: Feature) -> ConnectorState:
    """The state with `feature` armed."""
    return old.with_(armed=tuple(sorted({*old.armed, feature})))


def disarmed(old: ConnectorState, feature: Feature) -> ConnectorState:
    """The state without `feature` armed."""
    return old.with_(armed=tuple(other for other in old.armed if other != feature))


def removed(old: ConnectorState) -> ConnectorState:
    """The state after removal: nothing armed; Exchange is left as it is."""
    return old.with_(state="removed", armed=(), status_id=None, organization=None)
