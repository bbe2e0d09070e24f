"""What can go wrong with Exchange, by type: the type alone decides what a caller does next.

    ExchangeError
    ├── EndpointRefused, InvalidCommand, SessionMisuse    refused by us, nothing was sent
    ├── Unreachable ── UntrustedCertificate               nothing reached Exchange
    ├── Unauthorized, CmdletMissing, ParameterMissing     a person must grant something
    ├── Throttled, SessionGone, NoSeat                    later, or with a new session
    ├── ObjectNotFound, RefusedByExchange                 Exchange's clear answer
    ├── Ambiguous                                         sent, and no clear answer
    └── Malformed                                         an answer that we do not understand

`str()` of an error is fit for a log: it carries no password and no personal data.
"""

from datetime import timedelta
from functools import partial
from typing import Any

from exconn.exchange.redact import masked

#: Operators search logs for these two texts.
INVOKING_FAILED = "Invoking cmdlet {cmdlet} failed"
OPENING_FAILED = "Failed to open runspace for site {site_name}"

#: How much of an answer that was not understood is kept.
RAW_LIMIT = 4096


class ExchangeError(Exception):
    """Base of everything this library raises. Fields are set once, text is built from them."""

    activity: str = ""

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self._fields = fields
        for name, value in fields.items():
            setattr(self, name, value)

    def during(self, activity: str) -> "ExchangeError":
        """Name what was being done; the first name given stays."""
        if not self.activity:
            self.activity = activity
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
        return partial(type(self), **self._fields), (), {"activity": self.activity}


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
    """A session was used after a fork, from another thread, closed, or for two things at once. Caller: a defect."""

    rule: str

    def __init__(self, rule: str) -> None:
        super().__init__(rule=rule)

    def sentence(self) -> str:
        return f"The Exchange session was not used: {self.rule}."


class Unreachable(ExchangeError):
    """Nothing reached Exchange. Caller: try another server, or later."""

    server: str
    detail: str

    def __init__(self, server: str, detail: str) -> None:
        super().__init__(server=server, detail=detail)

    def sentence(self) -> str:
        return f"Exchange could not be reached at {self.server}: {self.detail}"


class UntrustedCertificate(Unreachable):
    """The server's certificate is not trusted. Caller: configure the authority's file; never retry without."""

    def sentence(self) -> str:
        return (
            f"The certificate of {self.server} is not trusted: {self.detail}. "
            "Set the endpoint's CA file to the certificate authority that issued it, and use the name it is for."
        )


class Unauthorized(ExchangeError):
    """The account may not do this: wrong password, remote PowerShell off, no role. Caller: a person must act."""

    server: str
    account: str | None
    detail: str

    def __init__(self, server: str, account: str | None = None, detail: str = "") -> None:
        super().__init__(server=server, account=account, detail=detail)

    def sentence(self) -> str:
        who = f"Account {self.account}" if self.account else "The account"
        why = f" ({self.detail})" if self.detail else ""
        return (
            f"{who} is not authorized on {self.server}{why}. "
            "Check its password, that it may use remote PowerShell, and its role assignments."
        )


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

    retry_after: timedelta

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after=retry_after)

    def sentence(self) -> str:
        seconds = self.retry_after.total_seconds()
        return f"Exchange limits this account: no further request for {seconds:g} seconds."


class SessionGone(ExchangeError):
    """The shell no longer exists on the server; what was asked was not run. Caller: open a new session."""

    detail: str

    def __init__(self, detail: str) -> None:
        super().__init__(detail=detail)

    def sentence(self) -> str:
        return f"The Exchange session is gone: {self.detail}. Open a new one."


class NoSeat(ExchangeError):
    """Every seat of the account is taken. Caller: defer the job; do not wait in the worker."""

    account: str
    purpose: str

    def __init__(self, account: str, purpose: str) -> None:
        super().__init__(account=account, purpose=purpose)

    def sentence(self) -> str:
        return f"No Exchange session is free for {self.purpose} with account {self.account}. Try again later."


class ObjectNotFound(ExchangeError):
    """No such object on that domain controller. Caller: final only after a second domain controller agrees."""

    cmdlet: str
    identity_hint: str
    domain_controller: str

    def __init__(self, cmdlet: str, identity_hint: str, domain_controller: str) -> None:
        super().__init__(cmdlet=cmdlet, identity_hint=identity_hint, domain_controller=domain_controller)

    def sentence(self) -> str:
        where = self.domain_controller or "the domain controller that was asked"
        return f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: {self.identity_hint} was not found on {where}."


class RefusedByExchange(ExchangeError):
    """Exchange answered with an error of its own. Caller: show it; the same call gives the same answer.

    `text` is Exchange's whole sentence and may name people; `str()` masks names.
    """

    cmdlet: str
    error_id: str
    exception_type: str
    text: str

    def __init__(self, cmdlet: str, error_id: str, exception_type: str, text: str) -> None:
        super().__init__(cmdlet=cmdlet, error_id=error_id, exception_type=exception_type, text=text[:RAW_LIMIT])

    def sentence(self) -> str:
        kind = self.exception_type or self.error_id or "error"
        return f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: {masked(self.text)} [{kind}]"


class Ambiguous(ExchangeError):
    """The command may have been sent and nobody said how it ended.

    Caller: if `changes_exchange`, end the shell, wait, and read back before anything else; else just try again.
    """

    cmdlet: str
    server: str
    shell_id: str
    detail: str
    changes_exchange: bool

    def __init__(self, cmdlet: str, server: str, shell_id: str, detail: str, changes_exchange: bool = True) -> None:
        super().__init__(
            cmdlet=cmdlet, server=server, shell_id=shell_id, detail=detail, changes_exchange=changes_exchange
        )

    def sentence(self) -> str:
        effect = "It may have taken effect: read back before acting again." if self.changes_exchange else ""
        return (
            f"{INVOKING_FAILED.format(cmdlet=self.cmdlet)}: sent to {self.server} in shell {self.shell_id}, "
            f"and no clear answer came ({self.detail}). {effect}"
        ).rstrip()


class Malformed(ExchangeError):
    """An answer that we do not understand. `raw` keeps its beginning and stays out of the text."""

    detail: str
    raw: str

    def __init__(self, detail: str, raw: str | bytes = "") -> None:
        kept = raw[:RAW_LIMIT]
        text = kept.decode("utf-8", "replace") if isinstance(kept, bytes) else kept
        super().__init__(detail=detail, raw=text)

    def sentence(self) -> str:
        return f"Exchange's answer was not understood: {self.detail}."
