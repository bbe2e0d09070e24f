"""One connection's way to an account: a handshake of several requests, kept for as long as the connection stands."""

import base64
import binascii
import logging
import struct
from dataclasses import dataclass

import spnego
from spnego.exceptions import SpnegoError

from exconn.simulator.errors import HttpRefusal
from exconn.simulator.organization.accounts import SimulatedAccount, SimulatedAccounts
from exconn.simulator.protocol.authentication import message_encryption
from exconn.simulator.protocol.authentication.acceptors import new_acceptor
from exconn.simulator.protocol.authentication.methods import Method, Methods

log = logging.getLogger(__name__)

#: What a client writes that signs in with its certificate (DSP0226, Annex C).
_MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
#: AttributeError: gssapi keeps a refusal for later, and then the context has no attributes.
_STEP_FAILURES = (SpnegoError, ValueError, struct.error, IndexError, KeyError, ImportError, AttributeError)
_TOKEN_SCHEMES = ("negotiate", "ntlm", "kerberos")
_SPNEGO_SEALED = "application/HTTP-SPNEGO-session-encrypted"
_KERBEROS_SEALED = "application/HTTP-Kerberos-session-encrypted"


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as the service may see it. Without an account it must be answered 401."""

    account: SimulatedAccount | None
    data: bytes
    #: Values of WWW-Authenticate for the answer.
    challenges: tuple[str, ...] = ()
    #: The answer must be encrypted.
    sealed: bool = False


class Logon:
    """What one connection has proven so far. Not for several threads."""

    def __init__(self, methods: Methods, accounts: SimulatedAccounts, certificate_name: str | None) -> None:
        self._methods = methods
        self._accounts = accounts
        self._certificate_name = certificate_name
        self._context: spnego.ContextProxy | None = None
        self._scheme = ""
        self._account: SimulatedAccount | None = None

    def hear(self, authorization: str, media: str, data: bytes) -> Heard:
        """Who sends this request, and what it says when it was encrypted. HttpRefusal when it was tampered with."""
        scheme, _, rest = authorization.strip().partition(" ")
        scheme = scheme.lower()
        if scheme in _TOKEN_SCHEMES:
            return self._step(scheme, rest, media, data)
        if self._account is not None and not authorization:
            return self._signed_in(media, data, ())
        account = self._by_header(scheme, rest, authorization)
        return self._stranger() if account is None else Heard(account, data)

    def seal(self, body: bytes) -> tuple[bytes, str]:
        """The encrypted answer and its Content-Type; after a request that was encrypted."""
        if self._context is None:
            raise message_encryption.SealBroken("nobody has signed in")
        protocol = _KERBEROS_SEALED if self._scheme == "kerberos" else _SPNEGO_SEALED
        return message_encryption.seal(body, self._context, protocol=protocol, spaced=self._methods.spaced_boundary)

    def _by_header(self, scheme: str, rest: str, authorization: str) -> SimulatedAccount | None:
        if scheme == "basic" and Method.BASIC in self._methods.enabled:
            try:
                username, _, password = base64.b64decode(rest, validate=True).decode("utf-8").partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
            return self._accounts.authenticate(username, password)
        if authorization == _MUTUAL and Method.CERTIFICATE in self._methods.enabled and self._certificate_name:
            return self._accounts.named(self._certificate_name)
        return None

    def _stranger(self) -> Heard:
        self._context, self._account = None, None
        return Heard(None, b"", self._methods.challenges())

    def _step(self, scheme: str, encoded: str, media: str, data: bytes) -> Heard:
        """One token of the handshake; a new one may begin at any time."""
        try:
            token = base64.b64decode(encoded, validate=True)
            if self._context is None or self._context.complete or scheme != self._scheme:
                self._account, self._scheme = None, scheme
                self._context = new_acceptor(scheme, token, self._methods.channel)
            answer = self._context.step(token)
        except _STEP_FAILURES as exc:
            log.info("a %s handshake failed: %s", scheme, type(exc).__name__)
            return self._stranger()
        said = base64.b64encode(answer).decode() if answer else ""
        challenges = (f"{_spelled(scheme)} {said}",) if said else ()
        if not self._context.complete:
            return Heard(None, b"", challenges or self._methods.challenges())
        self._account = self._owner_of(self._context)
        return self._stranger() if self._account is None else self._signed_in(media, data, challenges)

    def _owner_of(self, context: spnego.ContextProxy) -> SimulatedAccount | None:
        if not self._methods.accepts(context.negotiated_protocol or "", self._scheme):
            return None
        return self._accounts.named(context.client_principal or "")

    def _signed_in(self, media: str, data: bytes, challenges: tuple[str, ...]) -> Heard:
        if message_encryption.is_sealed(media) and self._context is not None:
            try:
                return Heard(
                    self._account, message_encryption.open_sealed(data, self._context), challenges, sealed=True
                )
            except (message_encryption.SealBroken, SpnegoError, ValueError) as exc:
                # A context whose counters or key no longer fit is of no use to anybody.
                self._stranger()
                raise HttpRefusal(400, "Bad Request") from exc
        if self._methods.sealed and data:
            raise HttpRefusal(400, "Unencrypted traffic is disabled")
        return Heard(self._account, data, challenges)


def _spelled(scheme: str) -> str:
    return "NTLM" if scheme == "ntlm" else scheme.capitalize()
