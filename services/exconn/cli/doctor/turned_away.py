"""What to do next where Exchange, or something before it, turned an account away: one line for each cause."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exconn.exchange import Endpoint

_SCAN = (
    "look into that server's antimalware log; leave PowerShell out: New-SettingOverride -Component Cafe -Section "
    "AmsiRequestBodyScanning -Parameters @('EnabledPowerShell=False')"
)


def next_step(error: Exception, endpoint: "Endpoint") -> str:
    """The remedy; empty for an error that has none of its own here."""
    from exconn import exchange

    name = "'" + endpoint.username.replace("'", "''") + "'"
    remedies: tuple[tuple[type[Exception], str], ...] = (
        (exchange.HeaderTooLong, f"take {name} out of groups that it does not need; then raise the server's limits"),
        (exchange.RefusedWithoutReason, "set auth to kerberos in the definition"),
        (
            exchange.TurnedAway,
            f"on an Exchange server: Get-User {name} | fl RemotePowerShellEnabled; see its antimalware log (AMSI); "
            f"Test-ClientAccessRule -User {name} -RemoteAddress <this machine> -Protocol RemotePowerShell "
            f"-AuthenticationType NonBasicAuthentication -RemotePort {endpoint.port}",
        ),
        (exchange.BlockedByScan, _SCAN),
        (exchange.NotExchange, "write the name of an Exchange server into url"),
        (exchange.HostNameRefused, "write the server's own name into url"),
        (exchange.ProxyUnauthorized, "set proxy_username and proxy_password_file under [exchange]"),
        (exchange.OpeningBudgetExceeded, "wait that long; lower seats.total, if it comes again"),
    )
    return next((remedy for kind, remedy in remedies if isinstance(error, kind)), "")


def said_of(error: Exception) -> str:
    """What the error says, and who answered where that was another server than the one dialled."""
    answered_by = str(getattr(error, "answered_by", ""))
    return f"{error} ({answered_by} answered)" if answered_by else str(error)
