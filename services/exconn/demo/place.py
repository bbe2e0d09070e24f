"""The demo's folder and ports, and the files in the folder: keys and settings of its processes."""

import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exconn.signing import make_service_key

CONNECTOR = "demo"
#: Who asks, and who releases what the brakes hold.
OPERATOR, APPROVER = "operator", "approver"
CONTEXT_FILE = "context.toml"
#: Soon enough that who tries the demo need not wait for a checkpoint, or for the alarm of a changed log.
_CHECKPOINT_EVERY, _VERIFY_EVERY = "10s", "30s"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports that people see."""

    monitor: int
    intake: int
    flower: int


@dataclass(frozen=True, kw_only=True)
class DemoPlace:
    """The demo's folder and ports."""

    folder: Path
    ports: Ports

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.folder / "logs"

    @property
    def simulator(self) -> Path:
        """The simulator's own folder."""
        return self.folder / "simulator"

    @property
    def requesters(self) -> Path:
        """The registry of requesters."""
        return self.folder / "requesters.toml"

    @property
    def intake_public_key_file(self) -> Path:
        """The public half of the key with which intake signs its answers."""
        return self.folder / "intake.pub"

    @property
    def audit_public_key_file(self) -> Path:
        """The public half of the key with which the monitor signs checkpoints of the audit log."""
        return self.folder / "monitor.pub"

    @property
    def audit_anchor_file(self) -> Path:
        """The second place of these checkpoints; outside of a demo it is on another machine."""
        return self.folder / "elsewhere" / "checkpoints"

    @property
    def worker_env_file(self) -> Path:
        """The variables of the demo's workers, for `exconn doctor`."""
        return self.folder / "worker.env"

    @property
    def monitor_url(self) -> str:
        """Console and API."""
        return f"http://127.0.0.1:{self.ports.monitor}"

    @property
    def intake_url(self) -> str:
        """Where requests go."""
        return f"http://127.0.0.1:{self.ports.intake}"

    @property
    def flower_url(self) -> str:
        """Flower, read-only."""
        return f"http://127.0.0.1:{self.ports.flower}"

    def context_of(self, person: str) -> Path:
        """The context file of one of the two; the operator's has the name that counts unnamed."""
        return self.folder.parent / (CONTEXT_FILE if person == OPERATOR else f"{person}.toml")


def choose_ports() -> Ports:
    """The usual ports where they are free, other ones where not."""
    return Ports(monitor=_free(8780), intake=_free(8781), flower=_free(5555))


def service_settings(place: DemoPlace, url: str) -> dict[str, str]:
    """The variables of the demo's services, with the server at `url`; those of keys come on top."""
    folder = place.folder.absolute()
    return {
        "PYTHONUNBUFFERED": "1",
        "EXCONN_BROKER_URL": url,
        "EXCONN_LEDGER_URL": url,
        "EXCONN_LEDGER_DURABILITY": "volatile",
        "EXCONN_STATE_DIR": str(folder),
        "EXCONN_REQUESTERS_FILE": str(place.requesters.absolute()),
        "EXCONN_MONITOR_PORT": str(place.ports.monitor),
        "EXCONN_INTAKE_PORT": str(place.ports.intake),
        "EXCONN_WORKER_CONCURRENCY": "2",
        # The workers turn to this machine alone, and read no secret but those of this demo.
        "EXCONN_EXCHANGE_HOSTS": "127.0.0.1,localhost",
        "EXCONN_EXCHANGE_SIGN_INS": "basic,kerberos",
        "EXCONN_SECRETS_DIR": str(folder),
    }


def make_service_keys(place: DemoPlace) -> dict[str, str]:
    """The keys that services sign with, and the place of the audit log's checkpoints; the variables that name them."""
    settings: dict[str, str] = {}
    folder = place.folder.absolute()
    for service in ("intake", "actions"):
        private, public = folder / f"{service}.pem", folder / f"{service}.pub"
        make_service_key(private, public)
        name = service.upper()
        settings |= {f"EXCONN_{name}_KEY_FILE": str(private), f"EXCONN_{name}_PUBLIC_KEY_FILE": str(public)}
    make_service_key(folder / "monitor.pem", place.audit_public_key_file)
    return settings | {
        "EXCONN_AUDIT_KEY_FILE": str(folder / "monitor.pem"),
        "EXCONN_AUDIT_ANCHOR_FILE": str(place.audit_anchor_file.absolute()),
        "EXCONN_AUDIT_CHECKPOINT_EVERY": _CHECKPOINT_EVERY,
        "EXCONN_AUDIT_VERIFY_EVERY": _VERIFY_EVERY,
    }


def write_worker_env(place: DemoPlace, environment: Mapping[str, str]) -> None:
    """The workers' variables in a file, which only this user reads: the URLs may hold a password."""
    shown = {name: value for name, value in environment.items() if name.startswith("EXCONN_") or name == "KRB5_CONFIG"}
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in sorted(shown.items()))
    place.worker_env_file.touch(mode=0o600)
    place.worker_env_file.write_text("".join(lines), encoding="utf-8")


def _free(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError("no free loopback port")
