"""Where Exchange is and who we are there. Anything that would show credentials to others is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from exconn.exchange.errors import EndpointRefused

Auth = Literal["basic", "negotiate", "kerberos", "ntlm"]

_LONGEST_WAIT = timedelta(hours=1)


class Endpoint(BaseModel):
    """One Exchange PowerShell address with an account; frozen, so it can key a warm session.

    `operation_timeout` is the longest silence of the server while a cmdlet runs, not the longest cmdlet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    auth: Auth = "basic"
    username: str
    password: SecretStr
    ca_file: Path | None = None
    hosted: bool = False
    site: str = "Default"
    connect_timeout: timedelta = timedelta(seconds=10)
    operation_timeout: timedelta = timedelta(minutes=3)
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
        for setting in ("connect_timeout", "operation_timeout"):
            wait: timedelta = getattr(self, setting)
            if not timedelta(seconds=1) <= wait <= _LONGEST_WAIT:
                raise EndpointRefused(setting, "it must lie between 1 second and 1 hour", "Choose another value.")
        return self


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        complete = False
    if not complete:
        raise EndpointRefused("url", "it is no complete http or https address", "Write https://<server>/PowerShell/.")
    if parts.username is not None or parts.password is not None:
        raise EndpointRefused("url", "it contains credentials", "Set user name and password by themselves.")
