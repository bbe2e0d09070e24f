"""What the deployment of a worker permits, whatever a definition says: hosts, ways to sign in, one folder of secrets.

A definition comes with a request; who stole the key for such requests must not learn passwords with it. These settings
are the worker's own, and no request changes them.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from exconn.connector import ConnectorDefinition, NotPermittedError, check_secret_path
from exconn.connector.definition import Auth
from exconn.contracts.roles import AccountRole
from exconn.settings import Settings

HOSTS = "EXCONN_EXCHANGE_HOSTS"
SIGN_INS = "EXCONN_EXCHANGE_SIGN_INS"
SECRETS = "EXCONN_SECRETS_DIR"

_HOST = re.compile(r"[a-z0-9][a-z0-9.:_-]*")
_PATTERN = re.compile(r"(?:\*\.)?[a-z0-9][a-z0-9.:_-]*")
_SECRETS = ("password_file", "keytab_file", "ticket_cache_file", "certificate_file", "certificate_key_file")


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.rstrip(".") for word in value.casefold().replace(",", " ").split())


def _hosts(value: str) -> str:
    for word in _words(value):
        if not _PATTERN.fullmatch(word):
            raise ValueError(
                f"{word} is no host name, and no *. with a domain; write ex1.corp.example or *.corp.example"
            )
    return value


def _sign_ins(value: str) -> str:
    for word in _words(value):
        if word not in get_args(Auth):
            raise ValueError(f"{word} is no way to sign in; write some of {', '.join(get_args(Auth))}")
    return value


class ExchangeSettings(Settings):
    """What no definition gets a worker beyond."""

    exchange_hosts: Annotated[str, AfterValidator(_hosts)] = Field(
        default="",
        description="the hosts that a definition may name, proxies among them, with commas between; *.corp.example "
        "for all of a domain; empty: any host",
    )
    exchange_sign_ins: Annotated[str, AfterValidator(_sign_ins)] = Field(
        default="", description="the ways to sign in that a definition may name, such as kerberos,ntlm; empty: any"
    )
    secrets_dir: Path | None = Field(
        default=None, description="the folder out of which no secret file of a definition leads; empty: any file"
    )

    @property
    def permitted(self) -> "Permitted":
        """The same, as sessions ask for it."""
        return Permitted(_words(self.exchange_hosts), _words(self.exchange_sign_ins), self.secrets_dir)

    @property
    def unset(self) -> tuple[str, ...]:
        """The settings without which a definition decides alone."""
        found = self.permitted
        bounds = {HOSTS: found.hosts, SIGN_INS: found.sign_ins, SECRETS: found.secrets}
        return tuple(name for name, value in bounds.items() if not value)


@dataclass(frozen=True)
class Permitted:
    """What is permitted; an empty part permits everything."""

    hosts: tuple[str, ...] = ()
    sign_ins: tuple[str, ...] = ()
    secrets: Path | None = None

    def permits_host(self, host: str) -> bool:
        """Whether a worker may turn to that host."""
        name = host.casefold().rstrip(".")
        if not self.hosts:
            return True
        return bool(_HOST.fullmatch(name)) and any(_matches(name, pattern) for pattern in self.hosts)

    def permits_url(self, url: str) -> bool:
        """Whether a worker may turn to the host of that address."""
        return self.permits_host(urlsplit(url).hostname or "")

    def check(self, definition: ConnectorDefinition, role: AccountRole) -> None:
        """Raise NotPermittedError unless all that the definition says for that role is permitted."""
        exchange = definition.exchange
        for site in exchange.sites():
            if not self.permits_url(site.url):
                raise NotPermittedError("host", urlsplit(site.url).hostname or site.url, HOSTS)
        if exchange.proxy and not self.permits_url(exchange.proxy):
            raise NotPermittedError("proxy", urlsplit(exchange.proxy).hostname or exchange.proxy, HOSTS)
        if self.sign_ins and exchange.auth not in self.sign_ins:
            raise NotPermittedError("sign_in", exchange.auth, SIGN_INS)
        account = definition.accounts.of(role)
        named = [getattr(account, name) for name in _SECRETS] if account else []
        for path in (exchange.proxy_password_file, *named):
            if path is not None:
                check_secret_path(path, self.secrets)


def _matches(name: str, pattern: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern


#: Where nothing was set.
EVERYTHING = Permitted()
