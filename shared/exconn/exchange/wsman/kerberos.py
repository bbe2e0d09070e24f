"""Kerberos' names and errors: what a code of the library means, and what to do about it.

Codes are those of RFC 4120, 7.5.9, and MIT's own; both count from the same base.
"""

from typing import Any

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import ExchangeError, Unauthorized, Unreachable

#: Where MIT's error table begins.
_BASE = -1765328384
_WRITE_IT = "Write the account's present password into its file."
_KEYTAB = "Make a new keytab with the account's present key; a group managed service account renews it by itself."
_CLOCK = "Set the clocks of this machine, the domain controller and Exchange by the same time source."
_SERVICE_KEY = (
    "Check which account holds this service name and that only one does; for the name of an array set kerberos_host to "
    "the host whose name is registered."
)
_TICKET = "Renew it, for example with kinit from the keytab; or set keytab_file, and tickets are fetched when needed."

#: When the server itself says no, and no more.
TICKET_REFUSED = (
    "Check that exactly one account holds this service name and that Exchange runs with its present key (after a "
    "change, fetch new tickets), that the clocks agree, and that the account may use remote PowerShell."
)

#: Code to what is wrong and what helps; {service} and {account} are filled in.
_MEANINGS = {
    6: ("the account {account} is not known to Kerberos", "Write its name as name@REALM, as the domain has it."),
    7: ("no account holds the service name {service}", _SERVICE_KEY),
    14: ("no encryption type fits the account's key", "Make a keytab with AES keys."),
    18: ("the account {account} is disabled, locked or expired", "Have it enabled."),
    23: ("the password of {account} has expired", _WRITE_IT),
    24: ("the key or password of {account} is not its present one", ""),
    31: ("the key or password of {account} is not its present one", ""),
    32: ("the ticket has expired", _TICKET),
    33: ("the ticket is not valid yet", _CLOCK),
    35: ("the ticket is not for this server", _SERVICE_KEY),
    37: ("the clocks differ too much", _CLOCK),
    41: ("the server has another key than the service name {service}", _SERVICE_KEY),
    44: ("the server has an older or newer key than the service name {service}", _SERVICE_KEY),
    45: ("the server has no key for the service name {service}", _SERVICE_KEY),
    148: ("the clocks differ too much", _CLOCK),
    141: ("the ticket cache has no ticket for {account}", _TICKET),
    181: ("the keytab has no key for {account}", "Make a keytab for this account, or correct the account's name."),
    210: ("the keytab has no key that fits for {account}", "Make a keytab for this account, with AES keys."),
    195: ("the ticket cache does not exist", _TICKET),
}
_UNKNOWN_SERVICE = 7
#: Realm unknown, KDC not reachable.
_NO_KDC = frozenset({154, 156, 220})
#: With and without pre-authentication.
_WRONG_KEY = frozenset({24, 31})
#: GSS-API's own codes where the mechanism's say nothing (RFC 2744, 3.9.1): no credential, and an expired one.
_ROUTINE_ERRORS = {7: 141, 11: 32}
_MOST_CAUSES = 8


def principal(username: str) -> str:
    """The account as Kerberos writes it: a realm is the domain in capital letters (RFC 4120, 6.1)."""
    name, at, realm = username.partition("@")
    return f"{name}{at}{realm.upper() if realm == realm.lower() else realm}"


def is_kerberos_error(exc: Exception) -> bool:
    """Whether one of the two libraries raised it; they are optional, so their types cannot be named here."""
    return type(exc).__module__.partition(".")[0] in ("gssapi", "krb5")


def is_unknown_service(exc: Exception) -> bool:
    """Whether nobody has registered the name of the service."""
    return _code_of(exc) == _UNKNOWN_SERVICE


def sign_in_error(exc: Exception, endpoint: Endpoint) -> ExchangeError:
    """The typed error behind what pyspnego, gssapi or krb5 raised; text of a server is not repeated."""
    code = _code_of(exc)
    service = f"HTTP/{endpoint.kerberos_host or endpoint.server}"
    if code in _NO_KDC:
        return Unreachable(
            endpoint.server,
            "no domain controller answers Kerberos for the account's realm; check krb5.conf, DNS and port 88",
        )
    detail, remedy = _meaning(code, endpoint)
    filled = detail.format(service=service, account=endpoint.username)
    return Unauthorized(endpoint.server, endpoint.username, filled, remedy)


def _meaning(code: int | None, endpoint: Endpoint) -> tuple[str, str]:
    unknown = (f"signing in failed (code {code})" if code is not None else "signing in failed", TICKET_REFUSED)
    detail, remedy = _MEANINGS.get(code if code is not None else -1, unknown)
    if code in _WRONG_KEY:
        return detail, _KEYTAB if endpoint.keytab_file else _WRITE_IT
    return detail, remedy


def _code_of(exc: BaseException) -> int | None:
    """The number in the table of meanings, or an errno, from wherever the error keeps it."""
    seen: BaseException | None = exc
    for _ in range(_MOST_CAUSES):
        if seen is None:
            return None
        number = _number(seen)
        if number is not None:
            return number
        base: Any = getattr(seen, "base_error", None)
        seen = base if isinstance(base, BaseException) else seen.__cause__
    return None


def _number(exc: BaseException) -> int | None:
    major, minor = getattr(exc, "maj_code", None), getattr(exc, "min_code", None)
    code = getattr(exc, "err_code", minor)
    if not isinstance(code, int):
        return None
    code = code - 2**32 if code >= 2**31 else code
    if _BASE <= code < _BASE + 512:
        return code - _BASE
    if isinstance(major, int) and (routine := major >> 16 & 0xFF) in _ROUTINE_ERRORS:
        return _ROUTINE_ERRORS[routine]
    return code
