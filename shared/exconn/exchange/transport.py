"""What a session needs from the way to Exchange: open, run one command at a time, close.

PSRP over WSMan is the one there is (`psrp`); Exchange Online's REST can be another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from exconn.exchange.cmdlets.command import Command
from exconn.exchange.errors import Malformed
from exconn.exchange.psrp.fragments import Message
from exconn.exchange.psrp.messages import ErrorDetail

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnreadableObject:
    """An object that could not be read, and what it seems to be called; empty where nothing in it says so."""

    error: Malformed
    name: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What arrived at once while a command runs; bounded by what the server may put into one answer.

    `errors` did not end the command: it goes on to its end, and the objects before and after them count.
    """

    records: list[Record]
    warnings: tuple[str, ...] = ()
    errors: tuple[ErrorDetail | Malformed, ...] = ()
    unreadable: tuple[UnreadableObject, ...] = ()


class SessionListener(Protocol):
    """Hears what passes through a session, for a transcript."""

    def began(self, command: Command) -> None:
        """A command is about to be sent."""

    def heard(self, message: Message) -> None:
        """A message of the running command arrived."""


class Transport(Protocol):
    """One connection with one session on the server, for one thread."""

    @property
    def server(self) -> str:
        """The host that was dialled."""

    @property
    def answering_server(self) -> str:
        """The server that answers, which may be another one, by its own word; empty while nothing says so."""

    @property
    def session_id(self) -> str:
        """The shell's id, known before it is opened, still known after it is closed."""

    @property
    def idle_limit(self) -> timedelta | None:
        """After how much idleness the server ends the session; None when it has not said so."""

    def open(self) -> None:
        """Open the session; raises the typed errors of this package."""

    def run(self, command: Command) -> Iterator[Batch]:
        """Send a command once and yield what it answers; raises when it did not run to its end.

        Errors that did not end it are in the batches: whoever asks decides what they mean.

        Closing the iterator early stops the command. A changing command is never sent again.
        """

    def close(self) -> None:
        """End the session, in bounded time, whatever state it is in. Never raises."""
