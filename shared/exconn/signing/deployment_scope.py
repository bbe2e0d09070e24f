"""What protects a whole deployment: compared between two revisions of the registry, as what a requester may is.

What a later revision loosens counts after a wait; until then the earlier one holds as well.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from exconn.connector import LimitSettings
from exconn.signing.requesters import Registry
from exconn.signing.wider_bounds import wider_than


class DeploymentScope(BaseModel):
    """The bounds, how many persons it takes, and what takes a hardware key. Kinds are text, as an earlier version's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bounds: LimitSettings
    single_administrator: bool
    hardware_keys_for: frozenset[str] = frozenset()

    @classmethod
    def of(cls, registry: Registry) -> Self:
        """What the file says."""
        return cls(
            bounds=registry.bounds,
            single_administrator=registry.single_administrator,
            hardware_keys_for=frozenset(kind.value for kind in registry.hardware_for),
        )

    def is_within(self, other: "DeploymentScope") -> bool:
        """Whether it lets through nothing that the other one does not."""
        return (
            not wider_than(other.bounds, self.bounds)
            and (other.single_administrator or not self.single_administrator)
            and other.hardware_keys_for <= self.hardware_keys_for
        )


class EarlierDeployment(BaseModel):
    """What held before it was loosened, and until when it does."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: DeploymentScope
    until: AwareDatetime


def earlier_deployments(
    scope: DeploymentScope,
    before: DeploymentScope | None,
    held_back: Sequence[EarlierDeployment],
    *,
    now: datetime,
    until: datetime,
) -> tuple[EarlierDeployment, ...]:
    """What holds beside `scope` from now on: `before`, until then, and of `held_back` what does still."""
    last = [EarlierDeployment(scope=before, until=until)] if before is not None else []
    return tuple(one for one in (*held_back, *last) if one.until > now and not scope.is_within(one.scope))


def all_of(registry: Registry, scopes: Iterable[DeploymentScope]) -> Registry:
    """The registry, with what each of the scopes holds back as well."""
    scopes = tuple(scopes)
    bounds = dict.fromkeys(scope.bounds for scope in scopes if scope.bounds != registry.bounds)
    return registry.with_earlier(
        bounds=tuple(bounds),
        single_administrator=all(scope.single_administrator for scope in scopes),
        hardware_for=frozenset().union(*(scope.hardware_keys_for for scope in scopes)),
    )
