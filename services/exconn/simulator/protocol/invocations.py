"""What a client asks for, once its messages are decoded."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


class Secret(str):
    """A secure string: it shows nothing of its content, and knows it encrypted with the session's key."""

    __slots__ = ("sealed",)

    sealed: str

    def __new__(cls, sealed: str) -> "Secret":
        """A text that says only what it is."""
        secret = super().__new__(cls, "<secure string>")
        secret.sealed = sealed
        return secret


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter as sent: a name, or a position when the name is None."""

    name: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a pipeline."""

    name: str
    is_script: bool
    arguments: tuple[Argument, ...]
    ends_statement: bool = False
    #: What goes into the output instead of a stream of its own: `error`, `warning`.
    merged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Opening:
    """The client opens the pool, which goes by the client's own id for it."""

    pool: UUID


@dataclass(frozen=True, slots=True)
class Invocation:
    """The client runs commands."""

    pipeline: UUID
    commands: tuple[Command, ...]
    #: Objects for the first command may follow, and an end of them does.
    expects_input: bool = False


@dataclass(frozen=True, slots=True)
class MetadataQuery:
    """The client asks what commands there are, by the message made for it."""

    pipeline: UUID
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """The client answers a prompt."""

    pipeline: UUID
    choice: int | None


@dataclass(frozen=True, slots=True)
class PipelineInput:
    """An object for the first command of a pipeline."""

    pipeline: UUID
    value: Any


@dataclass(frozen=True, slots=True)
class InputEnd:
    """No further object comes."""

    pipeline: UUID


@dataclass(frozen=True, slots=True)
class PoolReply:
    """A message of the pool, ready but for its frame."""

    type: int
    body: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """What changes nothing here."""


Inbound = Opening | Invocation | MetadataQuery | HostAnswer | PipelineInput | InputEnd | PoolReply | Ignored
