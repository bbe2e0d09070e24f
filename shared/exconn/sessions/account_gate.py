"""The gate before a session: while an account, a right of it, or the connection is in trouble, one job tries.

The others are turned away without a session. What a try finds is recorded for all: that it does not work, or that it
works again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.connector import NotPermittedError, SecretError
from exconn.contracts import WaitReason
from exconn.contracts.roles import AccountRole
from exconn.exchange import (
    AccountTroubled,
    CmdletMissing,
    EndpointRefused,
    ExchangeError,
    ParameterMissing,
    ProxyUnauthorized,
    ServiceEnded,
    SslRequired,
    TriesUsedUp,
    Unauthorized,
    UntrustedCertificate,
    WrongEndpoint,
)
from exconn.ledger import AccountTrouble, AccountTroubles
from exconn.sessions.endpoints import NoAccountError

if TYPE_CHECKING:
    from exconn.exchange import Session

#: What an error says does not work; a subclass stands before its base.
_CODES: tuple[tuple[type[Exception], WaitReason], ...] = (
    (UntrustedCertificate, WaitReason.UNTRUSTED_CERTIFICATE),
    (WrongEndpoint, WaitReason.WRONG_ENDPOINT),
    (SslRequired, WaitReason.SSL_REQUIRED),
    (ProxyUnauthorized, WaitReason.ENDPOINT_REFUSED),
    (Unauthorized, WaitReason.ACCOUNT_REFUSED),
    (CmdletMissing, WaitReason.CMDLET_MISSING),
    (ParameterMissing, WaitReason.PARAMETER_MISSING),
    (EndpointRefused, WaitReason.ENDPOINT_REFUSED),
    (NotPermittedError, WaitReason.NOT_PERMITTED),
    (SecretError, WaitReason.ENDPOINT_REFUSED),
    (NoAccountError, WaitReason.ENDPOINT_REFUSED),
)
#: These are the server's, whoever asks.
_OF_THE_CONNECTION = (UntrustedCertificate, WrongEndpoint, SslRequired, ProxyUnauthorized)
#: How much of an error's own text is kept.
_SAID_LENGTH = 300


class AccountGate:
    """One job before the gate. `need` is the kind and phase of the job: by it is known who needs a missing right."""

    def __init__(
        self, troubles: AccountTroubles, connector: str, role: AccountRole, account: str, *, need: str
    ) -> None:
        self._troubles = troubles
        self._connector = connector
        self._role = role
        self._account = account
        self._need = need
        self._tried: list[AccountTrouble] = []
        self._seen: dict[str, int] = {}

    @property
    def is_trying(self) -> bool:
        """Whether this job tries what is in trouble, for which a session is signed in anew."""
        return bool(self._tried)

    def enter(self) -> None:
        """Raises AccountTroubled while what the job needs is in trouble, unless it is this job's turn to try."""
        found = [each for each in self._troubles.known(self._connector) if not each.over]
        concerned = [each for each in found if each.concerns(self._account, self._need)]
        if not concerned:
            return
        admission = self._troubles.may_try(self._connector, [each.name for each in concerned])
        if not admission.admitted:
            trouble = next(each for each in concerned if each.name == admission.trouble)
            raise _troubled(trouble, admission.wait)
        self._tried, self._seen = concerned, dict(admission.seen)

    def signed_in(self, session: "Session") -> None:
        """A session was signed in anew for the try: the account works; a right does where the session shows it.

        Raises CmdletMissing and ParameterMissing.
        """
        rights = [each for each in self._tried if each.cmdlet]
        for trouble in self._tried:
            if trouble not in rights:
                self._troubles.over(self._connector, trouble, by=self._role)
        for trouble in rights:
            _check_shown(session, trouble)
            self._troubles.over(self._connector, trouble, by=self._role)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """What is raised inside and speaks of the account, a right or the connection is recorded: AccountTroubled."""
        try:
            yield
        except (ExchangeError, SecretError, NotPermittedError, NoAccountError) as exc:
            found = self._trouble_of(exc)
            if found is None:
                raise
            wait = self._troubles.found(
                self._connector,
                found,
                by=self._role,
                need=self._need if found.cmdlet else "",
                seen=self._seen.get(found.name, 0),
                wait=exc.wait if isinstance(exc, TriesUsedUp) else timedelta(0),
            )
            raise _of(exc, _troubled(found, wait)) from exc

    def _trouble_of(self, error: Exception) -> AccountTrouble | None:
        code = next((code for kind, code in _CODES if isinstance(error, kind)), None)
        if code is None or isinstance(error, ServiceEnded):
            return None
        return AccountTrouble(
            code=code,
            account="" if isinstance(error, _OF_THE_CONNECTION) else self._account,
            cmdlet=str(getattr(error, "cmdlet", "")),
            parameter=str(getattr(error, "parameter", "")),
            said=str(error)[:_SAID_LENGTH],
            role=self._role,
        )


def _check_shown(session: "Session", trouble: AccountTrouble) -> None:
    name = trouble.cmdlet.lower()
    shown = session.exposes([trouble.cmdlet])
    if name not in shown:
        raise CmdletMissing(trouble.cmdlet).invoking(trouble.cmdlet)
    parameters = shown[name]
    if trouble.parameter and parameters is not None and trouble.parameter.lower() not in parameters:
        raise ParameterMissing(trouble.cmdlet, trouble.parameter).invoking(trouble.cmdlet)


def _troubled(trouble: AccountTrouble, wait: timedelta) -> AccountTroubled:
    return AccountTroubled(trouble.code, trouble.name, wait, trouble.said, trouble.cmdlet, trouble.parameter)


def _of(error: Exception, troubled: AccountTroubled) -> AccountTroubled:
    """With what was being done when it was met, which its message names."""
    if isinstance(error, ExchangeError):
        troubled.activity = error.activity
        troubled.failed_cmdlet, troubled.failed_site = error.failed_cmdlet, error.failed_site
    return troubled
