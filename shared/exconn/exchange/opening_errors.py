"""What can go wrong before a session is open: no server answers, or what it needs is known not to work."""

from datetime import timedelta

from exconn.exchange.errors import OPENING_FAILED, EndpointRefused, ExchangeError, Retry, Unauthorized, Unreachable


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
