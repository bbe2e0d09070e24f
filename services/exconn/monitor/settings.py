"""Where the monitor listens and keeps its database."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from exconn.settings import Duration, Settings


class MonitorSettings(Settings, env_prefix="EXCONN_MONITOR_"):
    """The monitor's listener and database."""

    host: str = Field(default="127.0.0.1", description="address to listen on; loopback unless told otherwise")
    port: int = Field(default=8780, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    database: str = Field(
        default="", description="path of the SQLite file, or a database URL; empty: monitor.db in the state folder"
    )
    lease: Duration = Field(
        default=timedelta(seconds=15), description="how long after its last sign of life another monitor takes over"
    )
    names: str = Field(
        default="",
        description="host names under which clients reach it, separated by commas; empty: any, or loopback's own names",
    )

    def database_url(self, state_dir: Path) -> str:
        """The database as SQLAlchemy names it."""
        if "://" in self.database:
            return self.database
        path = Path(self.database) if self.database else state_dir / "monitor.db"
        return f"sqlite:///{path.absolute()}"

    def accepted_names(self) -> frozenset[str] | None:
        """The host names that a request may carry, or None for any.

        A loopback listener accepts no foreign name, so that no page on the web can read it through a visitor's browser.
        """
        named = frozenset(name.strip().lower() for name in self.names.split(",") if name.strip())
        if self.host in LOOPBACK:
            return named | LOOPBACK
        return named or None


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
