"""Which server of a site is asked next: those that nobody could reach a moment ago are left alone."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from exconn.exchange import (
    OPENING_FAILED,
    Ambiguous,
    Candidate,
    ExchangeError,
    Forbidden,
    Malformed,
    NoServer,
    Retry,
    SessionGone,
    Unanswered,
    Unreachable,
)
from exconn.logs import get_logger
from exconn.sessions.announcer import Announcer
from exconn.sessions.server_circuits import CircuitState, ServerCircuits

#: Errors of opening that speak of the server, not of the account: the next server may do better.
OF_THE_SERVER = (Unreachable, Forbidden, SessionGone, Malformed, Unanswered, Ambiguous)
#: Servers that one call waits for: each may cost a connect time-out.
MOST_TRIES = 3

_CLOSED = CircuitState(failures=0, wait=timedelta(0), detail="")


class Failover:
    """One search for a server of a site that answers.

    `open_at`: the address at which a session is open already. `insistent` also asks servers whose circuit is open.
    """

    def __init__(
        self, site: str, circuits: ServerCircuits, announcer: Announcer, *, open_at: str | None, insistent: bool
    ) -> None:
        self._site = site
        self._circuits = circuits
        self._announcer = announcer
        self._open_at = open_at
        self._insistent = insistent
        self._circuit = _CLOSED
        self._failures: list[ExchangeError] = []
        self._news: list[tuple[str, str]] = []
        self._left_alone: list[str] = []

    def to_ask(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Those that may be asked now, in their order, until too many of them have failed."""
        for candidate in candidates:
            self._circuit = self._circuit_of(candidate)
            if self._circuit.admitted:
                yield candidate
            else:
                self._leave_alone(candidate, self._circuit)
            if len(self._failures) >= MOST_TRIES:
                return

    def failed(self, candidate: Candidate, error: ExchangeError) -> None:
        """The candidate that was asked last did not open a session."""
        self._failures.append(error)
        why = str(getattr(error, "detail", "")) or type(error).__name__
        count = self._circuits.failed(candidate.server, why, self._circuit)
        warning = OPENING_FAILED.format(site_name=self._site)
        get_logger(__name__).warning(warning, server=candidate.server, error=type(error).__name__, detail=why)
        if count == 1:
            self._news.append((candidate.server, why))

    def answered(self, candidate: Candidate) -> None:
        """The candidate that was asked last opened one: those that failed before it are announced.

        Where none opened one, the job that needs it announces that.
        """
        if self._circuit.failures:
            self._circuits.answered(candidate.server)
            get_logger(__name__).info("exchange server answers again", server=candidate.server)
        for server, why in self._news:
            self._announcer.server_failed(self._site, server, why)

    def error(self, *, first_contact: bool) -> ExchangeError:
        """What to raise when no candidate is left: NoServer, or what a person must correct first."""
        if self._failures and all(each.retry is Retry.NEVER for each in self._failures):
            return self._failures[0]
        tried = tuple(each.sentence() for each in self._failures)
        return NoServer(self._site, (*tried, *self._left_alone), first_contact=first_contact)

    def _circuit_of(self, candidate: Candidate) -> CircuitState:
        if self._insistent or candidate.url == self._open_at:
            return _CLOSED
        return self._circuits.admit(candidate.server)

    def _leave_alone(self, candidate: Candidate, circuit: CircuitState) -> None:
        again = f"tried again in {circuit.wait.total_seconds():.0f} seconds"
        self._left_alone.append(f"{candidate.server} did not answer a moment ago ({circuit.detail}), {again}")
