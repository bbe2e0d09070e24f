"""Settings of the simulator, each also an environment variable with the prefix EXCONN_SIMULATOR_."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from exconn.simulator.organization.costs import CostTable
from exconn.simulator.organization.directory import SERVERS, DirectoryServer
from exconn.simulator.organization.estate import EstateName
from exconn.simulator.organization.limits import AccountLimitSettings
from exconn.simulator.phones.beliefs import Beliefs
from exconn.simulator.protocol.authentication.methods import Method, read_methods
from exconn.simulator.protocol.late_certificates import Tls13

#: As in classic Exchange Online sessions.
_MOST_HOSTED_SHELLS = 3
_DURATIONS = ("phone_sync", "shell_idle", "budget_period", "micro_delay", "replication_delay", "rights_delay")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class ServerSettings(BaseModel):
    """One Exchange server: where it listens (nowhere without a host), and what Get-ExchangeServer shows of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9-]{1,15}$")
    site: str = Field(default="Default-First-Site-Name", min_length=1, max_length=64)
    host: str = ""
    version: str = ""
    roles: Literal["all", "client_access", "mailbox", "edge"] = "all"


class SimulatorSettings(BaseSettings):
    """What one simulator process serves and where it puts its files."""

    model_config = SettingsConfigDict(env_prefix="EXCONN_SIMULATOR_", frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless told otherwise")
    names: str = Field(default="", description="further host names for the certificate, separated by commas")
    port: int = Field(default=0, ge=0, le=65535, description="port of the PowerShell endpoint; 0 takes a free one")
    control_port: int = Field(default=0, ge=0, le=65535, description="port of the control interface; 0 takes one")
    devices: int = Field(default=320, ge=0, le=1_000_000, description="partnerships at the start")
    estate: EstateName = Field(
        default=EstateName.TIDY, description="what the organization is like: tidy, real, hostile"
    )
    seed: int = Field(default=7, description="same seed, same people and phones")
    state_dir: Path = Field(default=Path(".exconn/simulator"), description="simulator.json, CA, passwords, oracle")
    tls: bool = Field(default=True, description="HTTPS with a CA made at the start; false serves plain HTTP")
    tls_13: Tls13 = Field(
        default="plain",
        description="over TLS 1.3: plain, or how it asks for client certificates: asks, resets, unsupported",
    )
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
    budget_cmdlets: int = Field(default=0, ge=0, le=1_000_000, description="cmdlets per account and period; 0 is none")
    budget_period: timedelta = Field(default=timedelta(minutes=1), description="the period of budget_cmdlets")
    micro_delay: timedelta = Field(default=timedelta(0), description="by how much cmdlets are delayed, with a warning")
    micro_delay_after: int = Field(default=0, ge=0, description="cmdlets per period that are not delayed")
    hosted: bool = Field(default=False, description="somebody else's Exchange: no on-premises cmdlets, three shells")
    servers: tuple[ServerSettings, ...] = Field(
        default=(), max_length=50, description="servers (JSON): name, site, host, version, roles; none is one server"
    )
    replication_delay: timedelta = Field(
        default=timedelta(0), description="how much later the other domain controllers know of a change"
    )
    costs: CostTable = Field(default={}, description="how long cmdlets take (JSON), by their names")
    rights_delay: timedelta = Field(
        default=timedelta(0), description="how much later new sessions show a change of an account's rights"
    )
    back_end: str = Field(
        default="", description="name of the server that answers whoever is dialled; none is that one"
    )
    compression: bool = Field(default=False, description="compress answers for clients that take gzip, as IIS does")
    generic_endpoint: bool = Field(
        default=False, description="offer /wsman to clients that know nothing of Exchange; for tests only"
    )
    beliefs: Beliefs = Field(default=Beliefs(), description="what is believed of wipes (JSON), see docs/simulator.md")
    connection_limit: int = Field(default=512, ge=1, le=4096, description="open HTTP connections in all")

    @property
    def organization_servers(self) -> tuple[DirectoryServer, ...]:
        """The servers that the organization has; without `servers` two, of which the first can be reached."""
        if not self.servers:
            return SERVERS
        return tuple(DirectoryServer(number, **server.model_dump()) for number, server in enumerate(self.servers))

    @property
    def beliefs_of_version(self) -> Beliefs:
        """The beliefs, with those that the version decides."""
        repeats = self.beliefs.success_repeats
        return self.beliefs.model_copy(
            update={"success_repeats": self.version == "2010" if repeats is None else repeats}
        )

    @property
    def limits(self) -> AccountLimitSettings:
        """What an account may use."""
        return AccountLimitSettings(
            shells=min(self.shell_limit, _MOST_HOSTED_SHELLS) if self.hosted else self.shell_limit,
            idle_seconds=self.shell_idle.total_seconds(),
            cmdlets=self.budget_cmdlets,
            period_seconds=self.budget_period.total_seconds(),
            delay_after=self.micro_delay_after,
            delay_milliseconds=int(self.micro_delay.total_seconds() * 1000),
        )

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names and addresses by which clients may call it, the best first."""
        named = tuple(name.strip() for name in self.names.split(",") if name.strip())
        servers = tuple(server.host for server in self.servers if server.host)
        everywhere = self.host in ("0.0.0.0", "::", "")  # noqa: S104
        return (*named, *servers, *(() if everywhere else (self.host,)), "127.0.0.1", "localhost")

    @field_validator(
        "phone_sync", "shell_idle", "budget_period", "micro_delay", "replication_delay", "rights_delay", mode="before"
    )
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
        if self.hosted and (not self.tls or self.servers):
            raise ValueError("a hosted Exchange has one address with https: leave servers out, and tls on")
        if self.servers and not self.servers[0].host:
            raise ValueError("the first of servers is the one that clients are told of: give it a host")
        if self.tls_13 != "plain" and (not self.tls or Method.CERTIFICATE in methods):
            raise ValueError("tls_13 belongs to tls without auth certificate: leave it out, or these as they are")
        if self.back_end and self.back_end not in {server.name for server in self.organization_servers}:
            raise ValueError("back_end is none of the servers: write the name of one, or leave it out")
        if not self.tls and (Method.CERTIFICATE in methods or self.channel_binding):
            raise ValueError("auth certificate and channel_binding need tls: switch tls on, or leave them out")
        return self
