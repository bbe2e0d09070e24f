"""What can go wrong before a session is open: no server answers, or what it needs is known not to work.

Also how a request is turned away before Exchange sees it, with HTTP 400: in an open session too. Nothing was run then.
"""

from datetime import timedelta

from exconn.exchange.errors import (
    OPENING_FAILED,
    EndpointRefused,
    ExchangeError,
    Retry,
    Throttled,
    Unauthorized,
    Unreachable,
    WrongEndpoint,
)


class ServiceEnded(EndpointRefused):
    """The address is Exchange Online's, which no longer has remote PowerShell. Caller: stop; trying again is vain."""

    server: str

    def __init__(self, server: str) -> None:
        ExchangeError.__init__(self, server=server)
        self.setting, self.rule = "url", "remote PowerShell has ended in Exchange Online"
        self.remedy = "Name an Exchange that you or your provider run; for Exchange Online use Intune."

    def sentence(self) -> str:
        return f"{self.server} belongs to Exchange Online, where remote PowerShell has ended. {self.remedy}"


class NoServer(Unreachable):
    """None of the servers that could be asked for a site answered. Caller: later.

    `tried` says of each what happened, or when it is tried again. `first_contact`: Exchange has never named its
    servers, so only the configured ones are known.
    """

    site: str
    tried: tuple[str, ...]
    first_contact: bool

    def __init__(self, site: str, tried: tuple[str, ...], *, first_contact: bool = False) -> None:
        ExchangeError.__init__(self, site=site, tried=tried, first_contact=first_contact)
        self.server, self.detail = site, "no server answered"
        self.opening(site)

    def sentence(self) -> str:
        known = (
            " No other server is known yet, as this connector has never reached Exchange:"
            " correct the address, or start the server."
            if self.first_contact
            else ""
        )
        return f"{OPENING_FAILED.format(site_name=self.site)}: {'; '.join(self.tried)}.{known}"


class TriesUsedUp(Unauthorized):
    """The account was refused a moment ago, and is not tried again for `wait`. Caller: later."""

    wait: timedelta

    def __init__(self, server: str, account: str | None, wait: timedelta) -> None:
        ExchangeError.__init__(self, server=server, account=account, wait=wait)
        self.detail = f"refused a moment ago, and not tried again for {wait.total_seconds():.0f} seconds"
        self.remedy = ""


class AccountTroubled(ExchangeError):
    """An account, a right of it or the connection does not work, as this try or one of another worker has shown.

    `code` is a reason, `trouble` the name by which jobs wait for its end. Caller: put the job off for `retry_after`.
    """

    retry = Retry.AFTER_WAIT
    code: str
    trouble: str
    retry_after: timedelta
    said: str
    cmdlet: str
    parameter: str

    def __init__(
        self, code: str, trouble: str, retry_after: timedelta, said: str = "", cmdlet: str = "", parameter: str = ""
    ) -> None:
        super().__init__(
            code=code, trouble=trouble, retry_after=retry_after, said=said, cmdlet=cmdlet, parameter=parameter
        )

    def sentence(self) -> str:
        return self.said or self.code


class RemotePowerShellDisabled(Unauthorized):
    """The opening was not answered by WSMan: the account may not use remote PowerShell. Caller: a person must act."""

    def sentence(self) -> str:
        who = f"Account {self.account}" if self.account else "The account"
        why = f" ({self.detail})" if self.detail else ""
        return (
            f"{who} is not enabled for remote PowerShell on {self.server}, or something that is not Exchange "
            f"answered there{why}. Look at RemotePowerShellEnabled of Get-User, then at the address."
        )


class TurnedAway(Unauthorized):
    """HTTP 400 without a reason, which has several. Caller: a person must find out which; other servers do the same."""

    def sentence(self) -> str:
        return (
            f"{self.server} answered HTTP 400 without a reason, and ran nothing. Either remote PowerShell is off for "
            "the account (Get-User), antimalware scanning (AMSI) blocks it, its Kerberos ticket is too long, "
            "or a front end that is not Exchange answered."
        )


class HeaderTooLong(TurnedAway):
    """The header with the account's Kerberos ticket is longer than the server takes. Caller: a person must act."""

    def sentence(self) -> str:
        who = f"account {self.account}" if self.account else "the account"
        return (
            f"{self.server} takes no header as long as that of {who} (HTTP 400, Request Too Long): it is in too many "
            "groups for its Kerberos ticket. Take it out of groups, or raise MaxFieldLength and MaxRequestBytes of "
            "HTTP.sys on the server."
        )


class BlockedByScan(Unreachable):
    """HTTP 400 in a session that works. Caller: another server, or later; nothing was run."""

    def __init__(self, server: str, detail: str = "HTTP 400 in a session that worked") -> None:
        super().__init__(server, detail)

    def sentence(self) -> str:
        return (
            f"{self.server} blocked a request before Exchange saw it ({self.detail}): most likely antimalware scanning "
            "(AMSI). Look into that server's antimalware log; the setting override AmsiRequestBodyScanning, "
            "EnabledPowerShell, leaves PowerShell out."
        )


class NotExchange(WrongEndpoint):
    """HTTP 400 from something that names itself, and is not Exchange. Caller: correct the address, or what is there."""

    def sentence(self) -> str:
        return (
            f"{self.server} answered HTTP 400 as {self.detail}, which is not Exchange: what stands in front of it "
            "refuses the request. Name an Exchange server itself, or let it pass POST to /PowerShell/ as it is."
        )


class HostNameRefused(WrongEndpoint):
    """HTTP 400: the server serves no site under the name by which it was called. Caller: correct the address."""

    def sentence(self) -> str:
        return (
            f"{self.server} serves nothing under this name (HTTP 400, Invalid Hostname). "
            "Use the server's own name in the address, or add a binding for this one in IIS."
        )


class OpeningBudgetExceeded(Throttled):
    """The account opened sessions too quickly. Caller: open none for `retry_after`; those that are open work on."""

    def sentence(self) -> str:
        return (
            "Exchange opens no further session for this account for "
            f"{self.retry_after.total_seconds():g} seconds: its budget to create runspaces is used up. "
            "Use fewer seats, or give it a throttling policy with a larger PowerShellMaxRunspaces."
        )


class RefusedWithoutReason(Unauthorized):
    """A fault without code and text. Caller: a person must act."""

    def sentence(self) -> str:
        who = f"account {self.account}" if self.account else "the account"
        return (
            f"{self.server} refused {who} without a reason: its fault has neither code nor text. "
            "Exchange answers so where something else than Kerberos signs in: set auth to kerberos."
        )


class ProxyUnauthorized(Unreachable):
    """The proxy asks for an account, or refuses the one that is set. Caller: a person must set the right one."""

    retry = Retry.NEVER

    def sentence(self) -> str:
        return (
            f"Exchange could not be reached at {self.server}: {self.detail}. "
            "Set proxy_username and proxy_password_file, or let this machine pass without an account."
        )
