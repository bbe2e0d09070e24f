"""Settings of the simulator, each also an environment variable with the prefix EXCONN_SIMULATOR_."""

from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from exconn.simulator.authentication.methods import Method, read_methods

_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class SimulatorSettings(BaseSettings):
    """What one simulator process serves and where it puts its files."""

    model_config = SettingsConfigDict(env_prefix="EXCONN_SIMULATOR_", frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless told otherwise")
    names: str = Field(default="", description="further host names for the certificate, separated by commas")
    port: int = Field(default=0, ge=0, le=65535, description="port of the PowerShell endpoint; 0 takes a free one")
    control_port: int = Field(default=0, ge=0, le=65535, description="port of the control interface; 0 takes one")
    devices: int = Field(default=320, ge=0, le=1_000_000, description="partnerships at the start")
    seed: int = Field(default=7, description="same seed, same people and phones")
    state_dir: Path = Field(default=Path(".exconn/simulator"), description="simulator.json, CA, passwords, oracle")
    tls: bool = Field(default=True, description="HTTPS with a CA made at the start; false serves plain HTTP")
    auth: str = Field(
        default="basic", description="ways to sign in, by commas: basic, ntlm, negotiate, kerberos, certificate"
    )
    keytab: Path | None = Field(default=None, description="keys of the service HTTP/<host>, for kerberos")
    channel_binding: bool = Field(default=False, description="tokens must be bound to the TLS channel (RFC 5929)")
    spaced_boundary: bool = Field(default=False, description="write encrypted messages with Exchange's `-- boundary`")
    users: Path | None = Field(default=None, description="accounts file (JSON); none generates three accounts")
    phone_sync: timedelta = Field(default=timedelta(seconds=8), description="mean time between a phone's contacts")
    version: str = Field(default="2019", description="Exchange version: 2010, 2013, 2016, 2019 or SE")
    shell_limit: int = Field(default=18, ge=1, le=1000, description="open shells per account")
    shell_idle: timedelta = Field(default=timedelta(minutes=15), description="idle shells are closed after this")
    compression: bool = Field(default=False, description="compress answers for clients that take gzip, as IIS does")
    generic_endpoint: bool = Field(
        default=False, description="offer /wsman to clients that know nothing of Exchange; for tests only"
    )
    connection_limit: int = Field(default=512, ge=1, le=4096, description="open HTTP connections in all")

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names and addresses by which clients may call it, the best first."""
        named = tuple(name.strip() for name in self.names.split(",") if name.strip())
        return (*named, *(() if self.host in ("0.0.0.0", "::", "") else (self.host,)), "127.0.0.1", "localhost")  # noqa: S104

    @field_validator("phone_sync", "shell_idle", mode="before")
    @classmethod
    def _duration_with_unit(cls, value: object) -> object:
        """Accept `8s`, `500ms`, `15m`, `1h` beside what pydantic reads."""
        if not isinstance(value, str):
            return value
        for unit in sorted(_UNIT_SECONDS, key=len, reverse=True):
            number = value.removesuffix(unit)
            if number != value and number.replace(".", "", 1).isdigit():
                return timedelta(seconds=float(number) * _UNIT_SECONDS[unit])
        return value

    @field_validator("version")
    @classmethod
    def _known_version(cls, value: str) -> str:
        known = ("2010", "2013", "2016", "2019", "SE")
        if value not in known:
            raise ValueError(f"unknown Exchange version {value!r}; use one of {', '.join(known)}")
        return value

    @field_validator("auth")
    @classmethod
    def _known_auth(cls, value: str) -> str:
        read_methods(value)
        return value

    @model_validator(mode="after")
    def _what_belongs_together(self) -> Self:
        methods = read_methods(self.auth)
        if (Method.KERBEROS in methods) != (self.keytab is not None):
            raise ValueError("auth kerberos and keytab belong together: set both, or neither")
        if not self.tls and (Method.CERTIFICATE in methods or self.channel_binding):
            raise ValueError("auth certificate and channel_binding need tls: switch tls on, or leave them out")
        return self
