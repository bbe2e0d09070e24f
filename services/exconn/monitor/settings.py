"""Where the monitor listens and keeps its database."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from exconn.settings import Duration, Settings


class MonitorSettings(Settings, env_prefix="EXCONN_MONITOR_"):
    """The monitor's listener and database."""

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless told otherwise")
    port: int = Field(default=8780, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    tls_cert_file: Path | None = Field(
        default=None,
        description="certificate chain in PEM to serve TLS with, read anew when it changes; empty: plain HTTP",
    )
    tls_key_file: Path | None = Field(
        default=None, description="the key of that certificate in PEM, readable by this service alone"
    )
    database: str = Field(
        default="", description="path of the SQLite file, or a database URL; empty: monitor.db in the state folder"
    )
    migrate: bool = Field(
        default=False,
        description="true: starting brings the tables of a database server up to date; for SQLite it always does",
    )
    lease: Duration = Field(
        default=timedelta(seconds=15), description="how long after its last sign of life another monitor takes over"
    )
    names: str = Field(
        default="",
        description="host names under which clients reach it, separated by commas; loopback's own always count",
    )

    @field_validator("names")
    @classmethod
    def _named_where_others_reach_it(cls, names: str, info: ValidationInfo) -> str:
        """It shows personal data without a login, so nobody opens it to a network by one variable alone."""
        host = info.data.get("host", "127.0.0.1")
        if not _is_loopback(host) and not _separate(names):
            raise PydanticCustomError("unnamed", "must be set, as EXCONN_MONITOR_HOST is not loopback")
        return names

    def database_url(self, state_dir: Path) -> str:
        """The database as SQLAlchemy names it."""
        if "://" in self.database:
            return self.database
        path = Path(self.database) if self.database else state_dir / "monitor.db"
        return f"sqlite:///{path.absolute()}"

    def accepted_names(self) -> frozenset[str]:
        """The host names that a request may carry.

        A foreign name is refused, so that no page on the web can read the monitor through a visitor's browser;
        loopback's own names cannot be foreign.
        """
        return _separate(self.names) | LOOPBACK


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _separate(names: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in names.split(",") if name.strip())


def _is_loopback(host: str) -> bool:
    try:
        return host in LOOPBACK or ip_address(host).is_loopback
    except ValueError:
        return False
