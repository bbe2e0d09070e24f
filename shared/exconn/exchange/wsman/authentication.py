"""Signing in at Exchange by token: Kerberos, Negotiate and NTLM through pyspnego, one context for each TCP connection.

A token goes out only after the server has asked for a scheme that the endpoint allows, and is bound to the TLS channel.
Kerberos is never weakened to NTLM: only `negotiate` may choose.
"""

import base64
import binascii
import importlib.util
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from exconn.exchange.endpoint import Endpoint
from exconn.exchange.errors import EndpointRefused, Malformed, Unauthorized
from exconn.exchange.wsman import kerberos

#: Exchange registers its service under this class, unlike Windows' own WSMan.
SERVICE = "HTTP"
#: The longest handshake takes three tokens; a server that wants more makes fun of us.
MOST_STEPS = 5
_ALLOWED = {
    "kerberos": ("Negotiate", "Kerberos"),
    "negotiate": ("Negotiate", "Kerberos", "NTLM"),
    "ntlm": ("Negotiate", "NTLM"),
}
_TOKEN = re.compile(r"(?:Negotiate|Kerberos|NTLM)[ ]+([A-Za-z0-9+/=]+)", re.IGNORECASE)


class Handshake:
    """One sign-in on one connection."""

    def __init__(self, endpoint: Endpoint, scheme: str, channel: bytes | None) -> None:
        self._endpoint = endpoint
        self.scheme = scheme
        with self._translated():
            self.context = spnego.client(
                credentials(endpoint),
                hostname=endpoint.kerberos_host or endpoint.server,
                service=SERVICE,
                channel_bindings=GssChannelBindings(application_data=channel) if channel else None,
                protocol=_protocol(endpoint, scheme),
                options=spnego.NegotiateOptions.none if endpoint.tls else spnego.NegotiateOptions.wrapping_winrm,
            )

    def begin(self) -> str:
        """The first value of Authorization."""
        return self._said(None) or self._unproven()

    def go_on(self, challenges: tuple[str, ...]) -> str | None:
        """The next value of Authorization after the server's answer; None when nothing more is to be said."""
        found = _TOKEN.search(", ".join(challenges))
        if found is None:
            return None
        try:
            return self._said(base64.b64decode(found[1], validate=True))
        except binascii.Error as exc:
            raise Malformed("a token that is not base64") from exc

    def must_be_complete(self) -> None:
        """Raises Unauthorized when the server has let us in without proving who it is."""
        if not self.context.complete:
            self._unproven()

    def _said(self, token: bytes | None) -> str | None:
        if token is not None and self.context.complete:
            return None
        with self._translated():
            answer = self.context.step(token)
        return f"{self.scheme} {base64.b64encode(answer).decode()}" if answer else None

    def _unproven(self) -> str:
        endpoint = self._endpoint
        raise Unauthorized(endpoint.server, endpoint.username, "the server did not prove its identity")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        endpoint = self._endpoint
        try:
            yield
        except SpnegoError as exc:
            raise kerberos.sign_in_error(exc, endpoint) from exc
        except (ValueError, struct.error, IndexError, KeyError) as exc:
            raise Malformed(f"a token that makes no sense ({type(exc).__name__})") from exc
        except Exception as exc:
            # gssapi keeps an error for later, and then has no attributes to show.
            if kerberos.is_kerberos_error(exc) or isinstance(exc, AttributeError):
                raise kerberos.sign_in_error(exc, endpoint) from exc
            raise


def credentials(endpoint: Endpoint) -> list[spnego.Credential]:
    """Who we are, from the endpoint alone: neither the environment nor a cache of another account is looked at."""
    name = kerberos.principal(endpoint.username) if endpoint.auth == "kerberos" else endpoint.username
    if endpoint.keytab_file is not None:
        if not os.access(endpoint.keytab_file, os.R_OK):
            rule = f"{endpoint.keytab_file} cannot be read"
            raise EndpointRefused("keytab_file", rule, "Put the keytab there, readable for this process alone.")
        return [spnego.KerberosKeytab(keytab=f"FILE:{endpoint.keytab_file}", principal=name)]
    if endpoint.ticket_cache_file is not None:
        return [spnego.KerberosCCache(ccache=f"FILE:{endpoint.ticket_cache_file}", principal=name)]
    secret = endpoint.password.get_secret_value()
    # As objects: a plain string that looks like two hashes would be taken for hashes.
    return [spnego.Password(name, secret)] if secret else [spnego.CredentialCache(name)]


def scheme_for(endpoint: Endpoint, challenges: tuple[str, ...]) -> str:
    """The scheme to answer with; Unauthorized names what the server offers instead."""
    offered = {match.lower() for each in challenges for match in re.findall(r"(?:^|,\s*)([A-Za-z]+)(?=\s|,|$)", each)}
    for scheme in _ALLOWED[endpoint.auth]:
        if scheme.lower() in offered:
            return scheme
    shown = ", ".join(sorted(offered & {"negotiate", "kerberos", "ntlm", "basic"})) or "nothing that is known"
    raise Unauthorized(
        endpoint.server,
        endpoint.username,
        f"auth {endpoint.auth} is not offered; the server offers {shown}",
        "Set auth to one of these, or have it enabled on the PowerShell virtual directory.",
    )


def check_available(endpoint: Endpoint) -> None:
    """EndpointRefused when Kerberos is asked for where its packages are not installed."""
    missing = [name for name in ("gssapi", "krb5") if importlib.util.find_spec(name) is None]
    if endpoint.auth == "kerberos" and missing:
        raise EndpointRefused(
            "auth",
            f"Kerberos needs packages that are not installed ({', '.join(missing)})",
            "The images have them; in a checkout: ./run kerberos.",
        )


def _protocol(endpoint: Endpoint, scheme: str) -> str:
    if endpoint.auth == "negotiate" and scheme != "Negotiate":
        return scheme.lower()
    return endpoint.auth
