"""Reaching a site: its servers in their order, those left alone that nobody could reach a moment ago."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.exchange import (
    OPENING_FAILED,
    Ambiguous,
    Candidate,
    ExchangeError,
    Forbidden,
    Malformed,
    NoSeat,
    NoServer,
    Retry,
    Session,
    SessionGone,
    Unanswered,
    Unreachable,
)
from exconn.logs import get_logger
from exconn.sessions.server_circuits import CircuitState, ServerCircuits

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

#: Errors of opening that speak of the server, not of the account: the next server may do better.
OF_THE_SERVER = (Unreachable, Forbidden, SessionGone, Malformed, Unanswered, Ambiguous)
#: Servers that one call waits for: each may cost a connect time-out.
MOST_TRIES = 3

_UNTRIED = CircuitState(failures=0, wait=timedelta(0), detail="")


class Failover:
    """One try to reach a site. `tell` announces a server that stopped answering, where another one did: server, why.

    Where none did, the job that needs one announces it.
    """

    def __init__(
        self,
        site: str,
        outages: ServerCircuits,
        *,
        warm_url: str | None,
        insistent: bool,
        tell: Callable[[str, str], None],
    ) -> None:
        self._site = site
        self._outages = outages
        self._warm_url = warm_url
        self._insistent = insistent
        self._tell = tell
        self._failures: list[ExchangeError] = []
        self._news: list[tuple[str, str]] = []
        self._left_alone: list[str] = []

    def session(
        self,
        stack: ExitStack,
        candidates: Iterable[Candidate],
        enter: "Callable[[Candidate], AbstractContextManager[Session]]",
        *,
        first_contact: Callable[[], bool],
    ) -> Session:
        """A session with the first candidate that answers, entered on `stack`.

        Raises NoServer, or the error of a server that a person must correct; what concerns the account passes.
        """
        for candidate in candidates:
            session = self._try(stack, candidate, enter)
            if session is not None:
                for server, why in self._news:
                    self._tell(server, why)
                return session
            if len(self._failures) >= MOST_TRIES:
                break
        raise self._outcome(first_contact())

    def _try(
        self,
        stack: ExitStack,
        candidate: Candidate,
        enter: "Callable[[Candidate], AbstractContextManager[Session]]",
    ) -> Session | None:
        standing = self._standing(candidate)
        if not standing.admitted:
            again = f"tried again in {standing.wait.total_seconds():.0f} seconds"
            self._left_alone.append(f"{candidate.server} did not answer a moment ago ({standing.detail}), {again}")
            return None
        try:
            session = stack.enter_context(enter(candidate))
        except NoSeat:
            if self._warm_url is None:
                raise
            return None  # Moving can wait: what is at hand still serves.
        except OF_THE_SERVER as exc:
            self._failed(candidate, exc, standing)
            return None
        if standing.failures:
            self._outages.answered(candidate.server)
            get_logger(__name__).info("exchange server answers again", server=candidate.server)
        return session

    def _standing(self, candidate: Candidate) -> CircuitState:
        if self._insistent or candidate.url == self._warm_url:
            return _UNTRIED
        return self._outages.admit(candidate.server)

    def _failed(self, candidate: Candidate, error: ExchangeError, standing: CircuitState) -> None:
        self._failures.append(error)
        why = str(getattr(error, "detail", "")) or type(error).__name__
        count = self._outages.failed(candidate.server, why, standing)
        warning = OPENING_FAILED.format(site_name=self._site)
        get_logger(__name__).warning(warning, server=candidate.server, error=type(error).__name__, detail=why)
        if count == 1:
            self._news.append((candidate.server, why))

    def _outcome(self, first_contact: bool) -> ExchangeError:
        # What stays until a person corrects something.
        if self._failures and all(each.retry is Retry.NEVER for each in self._failures):
            return self._failures[0]
        tried = tuple(each.sentence() for each in self._failures)
        return NoServer(self._site, (*tried, *self._left_alone), first_contact=first_contact)
