"""Who may ask for what: the registry of requesters, a TOML file that the services only read.

single_administrator = false
hardware_keys_for = ["release"]  # such requests count only when a hardware key signed them

[requesters.helpdesk]
keys = ["<public key>"]
kinds = ["wipe"]
connectors = ["contoso"]
quota = { per_hour = 5, per_day = 20 }
"""

import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, TypeAdapter, ValidationError

from exconn.connector import Quota
from exconn.contracts.request import Name, RequestKind
from exconn.signing.errors import RegistryError
from exconn.signing.public_keys import PublicKey, id_of, is_hardware, parse_either_key, plain_id_of

#: More requesters than any organization has; a larger file is another file.
MAX_REGISTRY = 1024 * 1024

Everything = Literal["*"]


class Requester(BaseModel):
    """A person or system that may send requests, and which."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]
    kinds: tuple[RequestKind | Everything, ...]
    connectors: tuple[Name | Everything, ...]
    quota: Quota | None = None

    def may(self, kind: RequestKind) -> bool:
        """Whether requests of that kind are allowed."""
        return "*" in self.kinds or kind in self.kinds

    def may_reach(self, connector: str) -> bool:
        """Whether requests to that connector are allowed."""
        return "*" in self.connectors or connector in self.connectors


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    single_administrator: StrictBool = False
    hardware_keys_for: frozenset[RequestKind] = frozenset()
    requesters: dict[Name, Requester] = Field(default_factory=dict)


@dataclass(frozen=True)
class KnownKey:
    """A public key and whose it is. `hardware`: it is in a device that asks for a touch."""

    requester: str
    public: PublicKey
    hardware: bool = False


@dataclass(frozen=True)
class Registry:
    """The requesters and their keys. `single_administrator` says that nobody else can approve a release.

    Requests of the kinds in `hardware_for` count only when a hardware key signed them.
    """

    requesters: Mapping[str, Requester]
    keys: Mapping[str, KnownKey]
    single_administrator: bool = False
    hardware_for: frozenset[RequestKind] = frozenset()


def parse_registry(text: str, *, path: Path = Path("requesters.toml")) -> Registry:
    """The registry in `text`. Raises RegistryError with every problem."""
    try:
        file = TypeAdapter(_File).validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        raise RegistryError(path, (str(exc),)) from exc
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
        told = tuple(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors)
        raise RegistryError(path, told) from exc
    return Registry(file.requesters, _keys(file.requesters, path), file.single_administrator, file.hardware_keys_for)


def load_registry(path: Path) -> Registry:
    """The registry in the file at `path`. Raises RegistryError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_REGISTRY + 1)
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as exc:
        detail = exc.strerror if isinstance(exc, OSError) else "not UTF-8 text"
        raise RegistryError(path, (f"{detail}: write one with exconn init",)) from exc
    if len(raw) > MAX_REGISTRY:
        raise RegistryError(path, (f"longer than {MAX_REGISTRY} bytes",))
    return parse_registry(text, path=path)


class RegistryFile:
    """The registry as the file has it now: a changed file counts from the next request on, without a restart.

    A file that has become unusable admits nobody (RegistryError), rather than those of yesterday.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._registry: Registry | None = None

    def current(self) -> Registry:
        """The registry now. Raises RegistryError."""
        with self._lock:
            try:
                found = self._path.stat()
            except OSError as exc:
                raise RegistryError(self._path, (f"{exc.strerror}: write one with exconn init",)) from exc
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if self._registry is None or stamp != self._stamp:
                self._registry = None
                self._registry, self._stamp = load_registry(self._path), stamp
            return self._registry


def _keys(requesters: Mapping[str, Requester], path: Path) -> Mapping[str, KnownKey]:
    known: dict[str, KnownKey] = {}
    owners: dict[str, str] = {}
    problems: list[str] = []
    for name, requester in requesters.items():
        for text in requester.keys:
            try:
                public = parse_either_key(text)
            except ValueError as exc:
                problems.append(f"requesters.{name}.keys: {exc}")
                continue
            identity, plain = id_of(public), plain_id_of(public)
            if plain in owners:
                problems.append(f"requesters.{name}.keys: {identity} is {owners[plain]}'s already")
            owners[plain] = name
            known[identity] = KnownKey(name, public, is_hardware(public))
    if problems:
        raise RegistryError(path, tuple(problems))
    return known
