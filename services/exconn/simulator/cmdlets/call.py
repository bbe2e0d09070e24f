"""One cmdlet call: its bound parameters, who calls, and where it says what."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.values import UNLIMITED
from exconn.simulator.errors import CmdletFailed, ErrorRecord
from exconn.simulator.organization.accounts import SimulatedAccount
from exconn.simulator.organization.audit import NOT_LOGGED, AdminAudit
from exconn.simulator.organization.directory import DOMAIN_CONTROLLERS
from exconn.simulator.organization.organization import Organization
from exconn.simulator.organization.roles import Visibility
from exconn.simulator.organization.world import World
from exconn.simulator.protocol.shell import Shell

#: Results without -ResultSize.
DEFAULT_RESULT_SIZE = 1000


class Streams(Protocol):
    """Where a cmdlet speaks beside its results."""

    def error(self, record: ErrorRecord) -> None:
        """A non-terminating error."""

    def warning(self, text: str) -> None:
        """A warning."""


@dataclass(slots=True)
class Call:
    """What a cmdlet gets."""

    cmdlet: str
    parameters: dict[str, Any]
    account: SimulatedAccount
    shell: Shell
    world: World
    visibility: Visibility
    streams: Streams
    audit: AdminAudit
    #: The domain controller that answers who names none.
    answering: str = DOMAIN_CONTROLLERS[0]
    #: The device that the call was about, for the oracle.
    device_guid: str | None = None
    failed: bool = field(default=False)
    #: The arguments as the client sent them, before they were bound.
    sent: dict[str, Any] = field(default_factory=dict)

    @property
    def organization(self) -> Organization:
        """The directory."""
        return self.world.organization

    @property
    def is_reading(self) -> bool:
        """Whether the cmdlet only looks."""
        return self.cmdlet.startswith(NOT_LOGGED)

    @property
    def mobile(self) -> bool:
        """Whether the newer family's name was used."""
        return "MobileDevice" in self.cmdlet

    def get(self, name: str) -> Any:
        """A parameter's value, or None."""
        return self.parameters.get(name)

    @property
    def domain_controller(self) -> str:
        """Where the call reads and writes."""
        return str(self.get("DomainController") or self.answering)

    def error(self, record: ErrorRecord) -> None:
        """Report a non-terminating error, as the caller's ErrorAction wants it."""
        self.failed = True
        self.remark(record)

    def remark(self, record: ErrorRecord) -> None:
        """The same about one object of many: the call itself did not fail."""
        action = str(self.get("ErrorAction") or "Continue").lower()
        if action in ("stop", "1"):
            raise CmdletFailed(record)
        if action not in ("silentlycontinue", "ignore", "0", "4"):
            self.streams.error(record)

    def warn(self, text: str) -> None:
        """Warn, unless the caller does not want to hear it."""
        if str(self.get("WarningAction") or "").lower() not in ("silentlycontinue", "ignore", "0", "4"):
            self.streams.warning(text)

    def not_found(self, identity: object) -> None:
        """Report that there is no such object."""
        self.error(failures.object_not_found(self.cmdlet, str(identity), self.domain_controller))

    def limited(self, results: Iterable[str]) -> Iterator[str]:
        """Results up to ResultSize, with a warning when there are more."""
        size = self.get("ResultSize")
        if size == UNLIMITED:
            yield from results
            return
        limit = DEFAULT_RESULT_SIZE if size is None else int(size)
        left = iter(results)
        yield from islice(left, limit)
        if next(left, None) is not None:
            self.warn(
                "By default, only the first 1000 items are returned. Use the ResultSize parameter to specify the "
                'number of items returned. To return all items, specify "-ResultSize Unlimited". Be aware that, '
                "depending on the actual number of items, returning all items can take a long time and consume a "
                "large amount of memory. Also, we don't recommend storing the results in a variable. Instead, pipe "
                "the results to another task or script to perform batch changes."
                if size is None
                else "There are more results available than are currently displayed. To view them, increase the value "
                "for the ResultSize parameter."
            )


CmdletFunction = Callable[[Call], Iterator[str]]
