"""What can go wrong with Exchange, by type: the type alone decides what a caller does next.

    ExchangeError
    ├── EndpointRefused ── ServiceEnded                       refused by us, nothing was sent
    ├── InvalidCommand, SessionMisuse                         refused by us, nothing was sent
    ├── Unreachable ── NoServer                               nothing reached Exchange
    │   ├── UntrustedCertificate, WrongEndpoint, SslRequired  and a person must correct the address
    │   └── NotExchange, HostNameRefused, ProxyUnauthorized, BlockedByScan
    ├── Unauthorized                                          a person must grant something
    │   ├── NoRole, RemotePowerShellDisabled, Forbidden
    │   └── TurnedAway ── HeaderTooLong, RefusedWithoutReason
    ├── CmdletMissing, ParameterMissing                       a person must grant something
    ├── Throttled ── TooManySessions, BudgetExceeded, OpeningBudgetExceeded   later; nothing was run
    ├── SessionGone, NoSeat                                   with a new session, or later
    ├── AccountTroubled                                       later, when others find that it works again
    ├── ObjectNotFound                                        Exchange's clear answer
    ├── Transient                                             later: Exchange could not do it just now
    ├── RefusedByExchange ── ProxyFailed, NotRun              Exchange's clear answer
    ├── Ambiguous ── Unanswered                               sent, and no clear answer
    └── Malformed ── NotSoap, NoGuid                          an answer that we do not understand

`retry` of a type says whether the same call can help. `str()` of an error is fit for a log: it carries no
password and no personal data.

Transient and RefusedByExchange, with what is below them, are in `reported_errors`.
`NoSeat`, `NoServer` and `AccountTroubled` are raised by those who share accounts and servers among workers, never by
the client itself. They stand in this tree because it is the tree by which a job's failure is decided.
"""

from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar

#: Operators search logs for these two texts.
INVOKING_FAILED = "Invoking cmdlet {cmdlet} failed"
OPENING_FAILED = "Failed to open runspace for site {site_name}"

#: How much of an answer that was not understood is kept.
RAW_LIMIT = 4096


class Retry(StrEnum):
    """What a caller may do with a call that failed; a property of the error's type, never of its text."""

    NOW = "now"
    AFTER_WAIT = "after a wait"
    NEVER = "never"
    READ_BACK_FIRST = "read back first"


class ExchangeError(Exception):
    """Base of everything this library raises. Fields are set once, text is built from them."""

    retry: ClassVar[Retry] = Retry.NEVER
    activity: str = ""
    #: The cmdlet that was being invoked, or the site for which a runspace was being opened.
    failed_cmdlet: str = ""
    failed_site: str = ""
    #: The server that answered, where it was another one than the one dialled and has said so.
    answered_by: str = ""

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self._fields = fields
        for name, value in fields.items():
            setattr(self, name, value)

    def invoking(self, cmdlet: str) -> "ExchangeError":
        """Say that a cmdlet was being invoked; what was said first stays."""
        if not self.activity:
            self.activity, self.failed_cmdlet = INVOKING_FAILED.format(cmdlet=cmdlet), cmdlet
        return self

    def opening(self, site: str) -> "ExchangeError":
        """Say that a runspace was being opened for a site; what was said first stays."""
        if not self.activity:
            self.activity, self.failed_site = OPENING_FAILED.format(site_name=site), site
        return self

    def sentence(self) -> str:
        """What happened and what to do about it."""
        return type(self).__name__

    def __str__(self) -> str:
        sentence = self.sentence()
        named = not self.activity or sentence.startswith(self.activity)
        return sentence if named else f"{self.activity}: {sentence}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **self._fields), (), self._said()

    def _said(self) -> dict[str, str]:
        said = ("activity", "failed_cmdlet", "failed_site", "answered_by")
        return {name: getattr(self, name) for name in said}


class EndpointRefused(ExchangeError):
    """The settings of an endpoint would be unsafe. Caller: correct the settings."""

    setting: str
    rule: str
    remedy: str

    def __init__(self, setting: str, rule: str, remedy: str) -> None:
        super().__init__(setting=setting, rule=rule, remedy=remedy)

    def sentence(self) -> str:
        return f"Endpoint setting {self.setting} is refused: {self.rule}. {self.remedy}"


class InvalidCommand(ExchangeError):
    """A command broke the rules of its cmdlet and was not sent. Caller: correct the call."""

    cmdlet: str
    parameter: str | None
    value_hint: str
    rule: str
    remedy: str

    def __init__(
        self, cmdlet: str, parameter: str | None = None, value_hint: str = "", rule: str = "", remedy: str = ""
    ) -> None:
        super().__init__(cmdlet=cmdlet, parameter=parameter, value_hint=value_hint, rule=rule, remedy=remedy)

    def sentence(self) -> str:
        where = f"{self.cmdlet} -{self.parameter}" if self.parameter else self.cmdlet
        given = f" (given: {self.value_hint})" if self.value_hint else ""
        return f"{where} was not sent: {self.rule}{given}. {self.remedy}".rstrip()


class SessionMisuse(ExchangeError):
    """A session was used after a fork, from another thread, closed, or for two things at once. Caller: a defect.

    Another try takes another session.
    """

    retry = Retry.AFTER_WAIT
    rule: str

    def __init__(self, rule: str) -> None:
        super().__init__(rule=rule)

    def sentence(self) -> str:
        return f"The Exchange session was not used: {self.rule}."


class Unreachable(ExchangeError):
    """Nothing reached Exchange. Caller: try another server, or later."""

    retry = Retry.AFTER_WAIT
    server: str
    detail: str

    def __init__(self, server: str, detail: str) -> None:
        super().__init__(server=server, detail=detail)

    def sentence(self) -> str:
        return f"Exchange could not be reached at {self.server}: {self.detail}"


class UntrustedCertificate(Unreachable):
    """The server's certificate is not trusted. Caller: configure the authority's file; never retry without."""

    retry = Retry.NEVER

    def sentence(self) -> str:
        return (
            f"The certificate of {self.server} is not trusted: {self.detail}. "
            "Set the endpoint's CA file to the certificate authority that issued it, and use the name it is for."
        )


class WrongEndpoint(Unreachable):
    """The address speaks WSMan and is not Exchange's. Caller: correct the address."""

    retry = Retry.NEVER

    def __init__(self, server: str, detail: str = "") -> None:
        super().__init__(server, detail)

    def sentence(self) -> str:
        return (
            f"{self.server} answered, and does not serve Exchange at this address. "
            "Use the PowerShell virtual directory: http://<server>/PowerShell/, not port 5985 and not /wsman."
        )


class SslRequired(Unreachable):
    """The PowerShell virtual directory requires SSL and was asked over http. Caller: correct the address."""

    retry = Retry.NEVER

    def __init__(self, server: str, detail: str = "") -> None:
        super().__init__(server, detail)

    def sentence(self) -> str:
        return f"{self.server} requires SSL for this address (HTTP 403). Use https in the address of the connector."


class Unauthorized(ExchangeError):
    """The account may not do this: wrong password, remote PowerShell off, no role. Caller: a person must act."""

    server: str
    account: str | None
    detail: str
    remedy: str

    def __init__(self, server: str, account: str | None = None, detail: str = "", remedy: str = "") -> None:
        super().__init__(server=server, account=account, detail=detail, remedy=remedy)

    def sentence(self) -> str:
        who = f"Account {self.account}" if self.account else "The account"
        why = f" ({self.detail})" if self.detail else ""
        remedy = self.remedy or "Check its password, that it may use remote PowerShell, and its role assignments."
        return f"{who} is not authorized on {self.server}{why}. {remedy}"


class NoRole(Unauthorized):
    """No management role is assigned to the account. Caller: a person must assign one."""

    def sentence(self) -> str:
        who = f"account {self.account}" if self.account else "the account"
        return (
            f"No management role is assigned to {who} ({self.server}). "
            "Add it to the role group of its service, and wait until the directory has replicated."
        )


class Forbidden(Unauthorized):
    """The server forbids the address (HTTP 403), whoever asks. Caller: another server may be set up rightly."""


class CmdletMissing(ExchangeError):
    """The account's roles hide the cmdlet, or it does not exist there. Caller: preflight names the role."""

    cmdlet: str

    def __init__(self, cmdlet: str) -> None:
        super().__init__(cmdlet=cmdlet)

    def sentence(self) -> str:
        return (
            f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: the account does not have this cmdlet. "
            "Assign a role that contains it."
        )


class ParameterMissing(ExchangeError):
    """The account's roles hide a parameter, or it does not exist there. Caller: preflight names the role."""

    cmdlet: str
    parameter: str

    def __init__(self, cmdlet: str, parameter: str) -> None:
        super().__init__(cmdlet=cmdlet, parameter=parameter)

    def sentence(self) -> str:
        return (
            f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: the account does not have parameter "
            f"{self.parameter}. Assign a role that contains it."
        )


class Throttled(ExchangeError):
    """A quota or budget is used up; nothing was run. Caller: wait at least `retry_after`."""

    retry = Retry.AFTER_WAIT
    retry_after: timedelta

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after=retry_after)

    def sentence(self) -> str:
        seconds = self.retry_after.total_seconds()
        return f"Exchange limits this account: no further request for {seconds:g} seconds."


class TooManySessions(Throttled):
    """Exchange opens no further session for the account. Caller: end a session, or wait for one that idles out.

    `limit` is the number that Exchange named, or None.
    """

    limit: int | None

    def __init__(self, retry_after: timedelta, limit: int | None = None) -> None:
        ExchangeError.__init__(self, retry_after=retry_after, limit=limit)

    def sentence(self) -> str:
        most = f" (at most {self.limit})" if self.limit is not None else ""
        return (
            f"Exchange opens no further session for this account{most}. "
            "Use fewer seats, and end other sessions of the account; left-behind ones end after 15 minutes."
        )


class BudgetExceeded(Throttled):
    """The account ran more cmdlets than its budget allows; Exchange says for how long it refuses."""


class SessionGone(ExchangeError):
    """The session no longer exists on the server; what was asked was not run. Caller: open a new session."""

    retry = Retry.NOW
    detail: str

    def __init__(self, detail: str) -> None:
        super().__init__(detail=detail)

    def sentence(self) -> str:
        return f"The Exchange session is gone: {self.detail}. Open a new one."


class NoSeat(ExchangeError):
    """Every seat of the account is taken. Caller: defer the job; do not wait in the worker."""

    retry = Retry.AFTER_WAIT
    account: str
    role: str

    def __init__(self, account: str, role: str) -> None:
        super().__init__(account=account, role=role)

    def sentence(self) -> str:
        return f"No Exchange session is free for {self.role} with account {self.account}. Try again later."


class ObjectNotFound(ExchangeError):
    """No such object on that domain controller. Caller: final only after a second domain controller agrees.

    `is_referral` when it said that another domain is to be asked: the object may well exist there.
    """

    cmdlet: str
    identity_hint: str
    domain_controller: str
    is_referral: bool

    def __init__(self, cmdlet: str, identity_hint: str, domain_controller: str, *, is_referral: bool = False) -> None:
        super().__init__(
            cmdlet=cmdlet, identity_hint=identity_hint, domain_controller=domain_controller, is_referral=is_referral
        )

    def sentence(self) -> str:
        where = self.domain_controller or "the domain controller that was asked"
        return f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: {self.identity_hint} was not found on {where}."


class Ambiguous(ExchangeError):
    """A command that changes Exchange may have been sent, and nobody said how it ended.

    Caller: end the session, wait, and read back before anything else.
    """

    retry = Retry.READ_BACK_FIRST
    changes_exchange: ClassVar[bool] = True
    cmdlet: str
    server: str
    session_id: str
    detail: str

    def __init__(self, cmdlet: str, server: str, session_id: str, detail: str) -> None:
        super().__init__(cmdlet=cmdlet, server=server, session_id=session_id, detail=detail)

    def sentence(self) -> str:
        effect = " It may have taken effect: read back before acting again." if self.changes_exchange else ""
        return (
            f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: sent to {self.server} in session {self.session_id}, "
            f"and no clear answer came ({self.detail}).{effect}"
        )


class Unanswered(Ambiguous):
    """A command that only reads got no clear answer. Caller: ask again later; nothing is lost."""

    retry = Retry.AFTER_WAIT
    changes_exchange = False


class Malformed(ExchangeError):
    """An answer that we do not understand. `raw` keeps its beginning and stays out of the text."""

    retry = Retry.AFTER_WAIT
    detail: str
    raw: str

    def __init__(self, detail: str, raw: str | bytes = "") -> None:
        kept = raw[:RAW_LIMIT]
        text = kept.decode("utf-8", "replace") if isinstance(kept, bytes) else kept
        super().__init__(detail=detail, raw=text)

    def sentence(self) -> str:
        return f"Exchange's answer was not understood: {self.detail}."


class NotSoap(Malformed):
    """An answer with status 200 that is not SOAP: a web page, or no content type at all."""


class NoGuid(Malformed):
    """An object without a Guid: it cannot be told from others."""
