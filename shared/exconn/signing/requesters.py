"""Who may ask for what, and within which bounds: the registry of requesters, as the text of its TOML file says it.

revision = 1                     # higher with each change of the file
deployment = "contoso"
single_administrator = false
hardware_keys_for = ["release"]  # such requests count only when a hardware key signed them

[requesters.helpdesk]
role = "help-desk"               # view, help-desk, operator, approver or admin; or kinds = ["wipe"]
keys = ["<public key>", { public = "<public key>", expires = 2027-01-31T00:00:00Z }]
connectors = ["contoso"]
quota = { per_hour = 5, per_day = 20 }

[roles.help-desk]
quota = { per_hour = 3, per_day = 10 }

[bounds.erase]                   # no definition of a connector gets beyond these; the factory's where none are written
short = { count = 10, within = "20m" }
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)

from exconn.connector import LimitSettings, Quota
from exconn.contracts.request import Name, RequestKind
from exconn.signing.errors import RegistryError
from exconn.signing.registry_keys import KeyEntry, KnownKey, known_keys
from exconn.signing.registry_problems import problems_of
from exconn.signing.roles import MAY, RequesterRole

Everything = Literal["*"]


def _as_entry(value: object) -> object:
    return {"public": value} if isinstance(value, str) else value


def _no_star(value: object) -> object:
    if value == "*":
        raise ValueError('"*" is no kind; write role = "admin" instead, or name the kinds')
    return value


class Requester(BaseModel):
    """A person or system that may send requests, and which."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[tuple[Annotated[KeyEntry, BeforeValidator(_as_entry)], ...], Field(min_length=1, max_length=10)]
    connectors: tuple[Name | Everything, ...]
    role: RequesterRole | None = None
    kinds: tuple[Annotated[RequestKind, BeforeValidator(_no_star)], ...] = ()
    quota: Quota | None = None

    @model_validator(mode="after")
    def _may_something(self) -> Self:
        if self.role is None and not self.kinds:
            raise ValueError("neither role nor kinds; write a role, or name the kinds")
        return self

    @property
    def allowed(self) -> frozenset[RequestKind]:
        """All kinds that the role and `kinds` give."""
        return (MAY[self.role] if self.role else frozenset()) | frozenset(self.kinds)

    def may(self, kind: RequestKind) -> bool:
        """Whether requests of that kind are allowed."""
        return kind in self.kinds or (self.role is not None and kind in MAY[self.role])

    def may_reach(self, connector: str) -> bool:
        """Whether requests to that connector are allowed."""
        return "*" in self.connectors or connector in self.connectors


class RoleSettings(BaseModel):
    """What all requesters of a role have, unless the registry gives one of them its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quota: Quota


class RegistryContent(BaseModel):
    """Everything that the file says, as it says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    revision: Annotated[StrictInt, Field(ge=1, le=10**12)]
    deployment: Name
    single_administrator: StrictBool = False
    hardware_keys_for: frozenset[RequestKind] = frozenset()
    bounds: LimitSettings = LimitSettings()
    roles: dict[RequesterRole, RoleSettings] = Field(default_factory=dict)
    requesters: dict[Name, Requester] = Field(default_factory=dict)


@dataclass(frozen=True)
class Registry:
    """The requesters and their keys. `single_administrator` says that nobody else can approve a release.

    `revision` rises with each change of the file, `digest` is of what it says without
    comments. No definition gets beyond `bounds`. Of the
    kinds in `hardware_for`, only requests count that a hardware key signed.
    """

    requesters: Mapping[str, Requester]
    keys: Mapping[str, KnownKey]
    single_administrator: bool = False
    revision: int = 1
    deployment: str = "exconn"
    digest: str = ""
    bounds: LimitSettings = field(default_factory=LimitSettings)
    hardware_for: frozenset[RequestKind] = frozenset()
    #: Those of earlier revisions, which hold as well until the wider ones count.
    earlier_bounds: tuple[LimitSettings, ...] = ()

    @property
    def all_bounds(self) -> tuple[LimitSettings, ...]:
        """All bounds that hold: the strictest of each counts."""
        return (self.bounds, *self.earlier_bounds)

    def with_earlier(
        self, *, bounds: tuple[LimitSettings, ...], single_administrator: bool, hardware_for: frozenset[str]
    ) -> "Registry":
        """The registry with what earlier revisions hold back: nothing in it is looser than in them."""
        kinds = frozenset(kind for kind in RequestKind if kind.value in hardware_for)
        return replace(
            self,
            single_administrator=self.single_administrator and single_administrator,
            hardware_for=self.hardware_for | kinds,
            earlier_bounds=bounds,
        )

    def quota_of(self, requester: str) -> Quota | None:
        """The quota that the registry gives to a requester, itself or by its role."""
        found = self.requesters.get(requester)
        return found.quota if found else None


def parse_registry(text: str, *, path: Path = Path("requesters.toml")) -> Registry:
    """The registry in `text`. Raises RegistryError with every problem."""
    file = parse_content(text, path)
    keys, problems = known_keys({name: requester.keys for name, requester in file.requesters.items()})
    if problems:
        raise RegistryError(path, problems)
    return Registry(
        requesters={name: _with_quota(requester, file.roles) for name, requester in file.requesters.items()},
        keys=keys,
        single_administrator=file.single_administrator,
        revision=file.revision,
        deployment=file.deployment,
        digest=hashlib.sha256(file.model_dump_json().encode()).hexdigest(),
        bounds=file.bounds,
        hardware_for=file.hardware_keys_for,
    )


def parse_content(text: str, path: Path) -> RegistryContent:
    """What `text` says, its keys not looked at yet. Raises RegistryError with every problem."""
    try:
        return RegistryContent.model_validate(_tables(text, path))
    except ValidationError as exc:
        raise RegistryError(path, problems_of(exc)) from exc


def _tables(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise RegistryError(path, (f"{exc}; correct the TOML there",)) from exc


def _with_quota(requester: Requester, roles: Mapping[RequesterRole, RoleSettings]) -> Requester:
    if requester.quota is not None or requester.role is None or requester.role not in roles:
        return requester
    return requester.model_copy(update={"quota": roles[requester.role].quota})
