"""What the endpoint offers, and the challenges that say so."""

from dataclasses import dataclass
from enum import Enum

REALM = "corp.example"
_CHALLENGES = {
    "kerberos": ("Negotiate", "Kerberos"),
    "negotiate": ("Negotiate",),
    "ntlm": ("NTLM",),
    "basic": (f'Basic realm="{REALM}"',),
}


class Method(Enum):
    """One way to sign in. `negotiate` is SPNEGO with NTLM inside; `kerberos` is Kerberos, bare or inside SPNEGO."""

    BASIC = "basic"
    NTLM = "ntlm"
    NEGOTIATE = "negotiate"
    KERBEROS = "kerberos"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Methods:
    """The methods that are switched on."""

    enabled: frozenset[Method]
    #: Over plain HTTP a signed-in client must encrypt its messages, except with Basic, which cannot.
    sealed: bool = False
    #: Exchange writes `-- boundary` in encrypted messages where the standard has no space.
    spaced_boundary: bool = False
    #: The "application data" of the TLS channel that tokens must be bound to (RFC 5929), or nothing.
    channel: bytes | None = None

    def challenges(self) -> tuple[str, ...]:
        """The values of WWW-Authenticate for somebody who is not known yet."""
        offered = [c for name, values in _CHALLENGES.items() if Method(name) in self.enabled for c in values]
        return tuple(dict.fromkeys(offered))

    def accepts(self, protocol: str, scheme: str) -> bool:
        """May a client that came with this scheme have signed in by this protocol?"""
        if protocol == "kerberos":
            return Method.KERBEROS in self.enabled
        return (Method.NTLM if scheme == "ntlm" else Method.NEGOTIATE) in self.enabled


def read_methods(text: str) -> frozenset[Method]:
    """The methods of a setting such as `negotiate,basic`; ValueError names what is unknown."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    known = [method.value for method in Method]
    unknown = sorted(set(names) - set(known))
    if unknown or not names:
        raise ValueError(f"unknown way to sign in {', '.join(unknown) or '(none)'}; use {', '.join(known)}")
    return frozenset(Method(name) for name in names)
