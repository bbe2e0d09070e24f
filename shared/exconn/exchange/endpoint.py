"""Where Exchange is and who we are there. Anything that would show credentials to others is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from exconn.exchange.errors import EndpointRefused

Auth = Literal["basic", "negotiate", "kerberos", "ntlm", "certificate"]

_LONGEST_WAIT = timedelta(hours=1)


class Endpoint(BaseModel):
    """One Exchange PowerShell address with an account; frozen, so that two can be compared.

    `operation_timeout` is the longest silence of the server while a cmdlet runs, not the longest cmdlet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    auth: Auth = "basic"
    username: str
    password: SecretStr = SecretStr("")
    #: Kerberos only: the account's keys, or a ticket cache that something else keeps fresh. Neither, and no password:
    #: the ticket cache of the process.
    keytab_file: Path | None = None
    ticket_cache_file: Path | None = None
    #: `certificate` only: who we are, as PEM; the key may be in the same file.
    certificate_file: Path | None = None
    certificate_key_file: Path | None = None
    ca_file: Path | None = None
    #: The way out, when there is no direct one: `http://<host>:<port>`. Proxies of the environment are ignored.
    proxy: str | None = None
    #: The account that the proxy asks for, if it does; it is shown to nobody else.
    proxy_username: str = ""
    proxy_password: SecretStr = SecretStr("")
    hosted: bool = False
    site: str = "Default"
    connect_timeout: timedelta = timedelta(seconds=10)
    operation_timeout: timedelta = timedelta(minutes=3)
    #: The longest silence while a session is opened: another server may be asked meanwhile.
    opening_timeout: timedelta = timedelta(minutes=1)
    #: The host whose service name holds the key, when the address is the name of an array.
    kerberos_host: str | None = None

    @property
    def tls(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    @property
    def server(self) -> str:
        """Host name of the address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.tls else 80)

    @property
    def path(self) -> str:
        """Path and query, without the leading slash."""
        parts = urlsplit(self.url)
        query = f"?{parts.query}" if parts.query else ""
        return parts.path.lstrip("/") + query

    @model_validator(mode="after")
    def _safe(self) -> Self:
        _check_url(self.url)
        if self.auth == "basic" and not self.tls:
            raise EndpointRefused(
                "url", "Basic authentication over http shows the password to everybody", "Use an https address."
            )
        if self.auth in ("ntlm", "negotiate") and not self.tls:
            raise EndpointRefused(
                "url",
                f"auth {self.auth} over http shows everybody on the way a proof from which the password can be found",
                "Use an https address, or auth kerberos.",
            )
        for setting in ("connect_timeout", "operation_timeout", "opening_timeout"):
            wait: timedelta = getattr(self, setting)
            if not timedelta(seconds=1) <= wait <= _LONGEST_WAIT:
                raise EndpointRefused(setting, "it must lie between 1 second and 1 hour", "Choose another value.")
        _check_proxy(self.proxy)
        self._check_proxy_account()
        self._check_credentials()
        return self

    def _check_proxy_account(self) -> None:
        name, secret = self.proxy_username, self.proxy_password.get_secret_value()
        if (name or secret) and self.proxy is None:
            raise EndpointRefused("proxy_username", "there is no proxy", "Set proxy, or leave the account out.")
        if bool(name) != bool(secret) or ":" in name:
            raise EndpointRefused(
                "proxy_username", "a name without colon and a password belong together", "Set both, or neither."
            )

    def _check_credentials(self) -> None:
        """Only what the way to sign in makes use of; anything else is a misunderstanding."""
        certificate = self.auth == "certificate"
        if certificate and (self.certificate_file is None or not self.tls):
            raise EndpointRefused(
                "certificate_file", "a certificate signs in over https, and only with its file", "Set both."
            )
        if not certificate and (self.certificate_file or self.certificate_key_file):
            raise EndpointRefused(
                "certificate_file", f"auth {self.auth} does not use it", "Set auth to certificate, or leave it out."
            )
        tickets = [name for name in ("keytab_file", "ticket_cache_file") if getattr(self, name) is not None]
        if tickets and self.auth != "kerberos":
            raise EndpointRefused(tickets[0], f"auth {self.auth} does not use it", "Set auth to kerberos.")
        if len(tickets) + bool(self.password.get_secret_value()) > 1:
            raise EndpointRefused(tickets[0], "there is another secret beside it", "Keep one of them.")
        if self.auth == "basic" and ":" in self.username:
            raise EndpointRefused("username", "Basic cannot carry a colon in it", "Use another way to sign in.")
        if self.auth in ("basic", "ntlm", "negotiate") and not self.password.get_secret_value():
            raise EndpointRefused("password", f"auth {self.auth} needs one", "Set it.")


def host_and_port(address: str) -> tuple[str, int]:
    """Host and port of a proxy's address; 80 when it names none."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 80


def _check_proxy(proxy: str | None) -> None:
    if proxy is None:
        return
    try:
        parts = urlsplit(proxy)
        plain = parts.scheme == "http" and bool(parts.hostname) and (parts.port or 1) > 0
        plain = plain and parts.username is None and parts.path in ("", "/") and not parts.query
    except ValueError:
        plain = False
    if not plain:
        raise EndpointRefused("proxy", "it is not http://<host>:<port>, without credentials", "Write it so.")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        # It becomes part of requests as it is.
        complete = complete and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        complete = False
    if not complete:
        raise EndpointRefused("url", "it is no complete http or https address", "Write https://<server>/PowerShell/.")
    if parts.username is not None or parts.password is not None:
        raise EndpointRefused("url", "it contains credentials", "Set user name and password by themselves.")
