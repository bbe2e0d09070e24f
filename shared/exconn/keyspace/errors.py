"""What can go wrong with the server behind the keys.

KeyspaceError
+- UnreachableServerError    nothing answers at the address
|  +- TlsFailedError         something does, but one side does not trust the other
+- ServerUnfitError          it answers, but may lose what it is given
FunctionsMissingError        it answers, but has not been given this version's functions: to callers, a server that
                             is not there yet
"""

import redis


class KeyspaceError(Exception):
    """Base of what can go wrong with the server behind the keys."""


class UnreachableServerError(KeyspaceError):
    """Nothing answers at the address, or it refuses us."""

    def __init__(self, address: str, detail: str, *, remedy: str = "start it or correct the URL") -> None:
        self.address = address
        self.detail = detail
        self.remedy = remedy
        super().__init__(self._text())

    def _text(self) -> str:
        return f"no Redis or Valkey answers at {self.address} ({self.detail}): {self.remedy}"


class TlsFailedError(UnreachableServerError):
    """No TLS connection came about: a certificate, a key or the server's manner of speaking does not fit."""

    def _text(self) -> str:
        return f"no TLS connection to {self.address}: {self.detail}; {self.remedy}"


class ServerUnfitError(KeyspaceError):
    """The server may evict or forget keys: a ledger must not live there."""

    def __init__(self, address: str, setting: str, value: str, *, remedy: str) -> None:
        self.address = address
        self.setting = setting
        self.value = value
        self.remedy = remedy
        super().__init__(f"the server at {address} has {setting}={value!r}, which can lose jobs: {remedy}")


class FunctionsMissingError(redis.ConnectionError):
    """The server does not have the functions of this version, and we may not bring them.

    Until somebody loads them the server is of no more use than one that is away, and it is treated as such: the same
    call works as soon as they are there.
    """

    def __init__(self, library: str) -> None:
        self.library = library
        super().__init__(
            f"the server does not have the functions {library}: load them with "
            "`python -m exconn.coordinator load-functions` and the URL of the user `deploy`"
        )
