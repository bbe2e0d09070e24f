"""Sessions to which some reads do not show a wipe yet, as where a server answers that learns late, or fail for now."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.contracts.roles import AccountRole
from exconn.exchange import Batch, Command, Session
from exconn.exchange.psrp.messages import ErrorDetail
from exconn.sessions import Sessions

if TYPE_CHECKING:
    import redis

#: Whether a read of a device's statistics is answered as before the wipe.
Hides = Callable[[Command], bool]


class VeiledTransport:
    """Runs each command in a real session; of some reads it takes the wipe out of the answer."""

    def __init__(self, session: Session, hides: Hides, fails: Hides) -> None:
        self._session = session
        self._hides = hides
        self._fails = fails

    @property
    def server(self) -> str:
        return self._session.server

    @property
    def answering_server(self) -> str:
        return self._session.answering_server

    @property
    def session_id(self) -> str:
        return self._session.session_id

    @property
    def idle_limit(self) -> timedelta | None:
        return self._session.idle_limit

    def open(self) -> None:
        """It is open."""

    def run(self, command: Command) -> Iterator[Batch]:
        if self._fails(command):
            yield Batch([], errors=(ErrorDetail("it timed out", "", ("ADTransientException",)),))
            return
        answer = self._session.run(command)
        records = answer.records
        if command.cmdlet == "Get-MobileDeviceStatistics" and self._hides(command):
            records = [{name: value for name, value in record.items() if "Wipe" not in name} for record in records]
        yield Batch(list(records), answer.warnings)

    def close(self) -> None:
        """Whoever opened the session closes it."""


def _nothing(_command: Command) -> bool:
    return False


class VeiledSessions(Sessions):
    """The sessions of a process, seen through the veil. A read that `fails` has an error that passes by itself."""

    def __init__(self, client: "redis.Redis", hides: Hides = _nothing, *, fails: Hides = _nothing) -> None:
        super().__init__(client)
        self._hides = hides
        self._fails = fails

    @contextmanager
    def open(
        self, connector: str, role: AccountRole, *, need: str = "", insistent: bool = False, anew: bool = False
    ) -> Iterator[Session]:
        with super().open(connector, role, need=need, insistent=insistent, anew=anew) as session:
            yield Session(VeiledTransport(session, self._hides, self._fails), hosted=session.hosted)
