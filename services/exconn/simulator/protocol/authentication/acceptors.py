"""The server's side of NTLM, SPNEGO and Kerberos: pyspnego, which reads accounts and keys from files."""

import os
from collections.abc import Iterable
from pathlib import Path

import spnego
from spnego.channel_bindings import GssChannelBindings

from exconn.simulator.organization.accounts import SimulatedAccount

#: Stands right behind the head of a token that is not wrapped in SPNEGO ([RFC 4121] 4.1).
_KERBEROS_OID = bytes.fromhex("06092a864886f712010202")


def write_ntlm_accounts(accounts: Iterable[SimulatedAccount], directory: Path) -> None:
    """Let this process's NTLM acceptors know the accounts, under every name that a client may write."""
    path = directory / "ntlm-accounts"
    path.touch(mode=0o600)
    lines = [
        f"{domain}:{user}:{account.password.get_secret_value()}"
        for account in accounts
        for domain, user in _spellings(account)
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    os.environ["NTLM_USER_FILE"] = str(path)


def use_keytab(keytab: Path) -> None:
    """Let this process's Kerberos acceptors use the keys of this file."""
    os.environ["KRB5_KTNAME"] = f"FILE:{keytab}"


def _spellings(account: SimulatedAccount) -> list[tuple[str, str]]:
    """Domain and user: as it is written, and with the short and the long name of the domain in front."""
    user, _, domain = account.username.partition("@")
    if not domain:
        short, slash, name = account.username.rpartition("\\")
        return [(short, name)] if slash else [("", account.username)]
    return [("", account.username), (domain.split(".")[0].upper(), user), (domain, user), ("", user)]


def new_acceptor(scheme: str, first_token: bytes, channel: bytes | None) -> spnego.ContextProxy:
    """A context for one connection. Kerberos may come bare under Negotiate."""
    bare = scheme == "negotiate" and first_token.find(_KERBEROS_OID, 2, 20) >= 0
    bindings = GssChannelBindings(application_data=channel) if channel else None
    return spnego.server(
        protocol="kerberos" if bare else scheme,
        service="HTTP",
        channel_bindings=bindings,
        options=spnego.NegotiateOptions.wrapping_winrm,
    )
