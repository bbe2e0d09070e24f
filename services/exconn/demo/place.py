"""The demo's folder and ports, and the files in the folder: keys, settings of its processes, the CLI's context."""

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exconn.signing import SigningKey, make_service_key, new_signing_key, registry_text, save_signing_key

CONNECTOR = "demo"
REQUESTER = "operator"
CONTEXT_FILE = "context.toml"
#: Its fleet is small, and who tries it wipes more than one would.
_DEMO_BOUNDS = """\
[bounds.erase]
fleet_percent = 100.0
[bounds.quota]
per_hour = 100
per_day = 1000
"""


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
    def key_file(self) -> Path:
        """The operator's private key."""
        return self.folder / "operator.pem"

    @property
    def intake_public_key_file(self) -> Path:
        """The public half of the key with which intake signs its answers."""
        return self.folder / "intake.pub"

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


def choose_ports() -> Ports:
    """The usual ports where they are free, other ones where not."""
    return Ports(monitor=_free(8780), intake=_free(8781), flower=_free(5555))


def make_operator(place: DemoPlace) -> SigningKey:
    """A fresh key for the demo's operator, and the registry that knows it: a later one than that of a demo before."""
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.key_file.unlink(missing_ok=True)
    key = new_signing_key()
    save_signing_key(key, place.key_file)
    place.requesters.write_text(
        "# The demo's registry: one operator, on this machine only.\n"
        + registry_text(
            {REQUESTER: key.public_text},
            deployment=CONNECTOR,
            revision=int(time.time()),
            single_administrator=True,
            bounds=_DEMO_BOUNDS,
        ),
        encoding="utf-8",
    )
    return key


def make_service_keys(place: DemoPlace) -> dict[str, str]:
    """The keys of intake and device actions; the variables that name them."""
    settings: dict[str, str] = {}
    folder = place.folder.absolute()
    for service in ("intake", "actions"):
        private, public = folder / f"{service}.pem", folder / f"{service}.pub"
        make_service_key(private, public)
        name = service.upper()
        settings |= {f"EXCONN_{name}_KEY_FILE": str(private), f"EXCONN_{name}_PUBLIC_KEY_FILE": str(public)}
    return settings


def write_context(place: DemoPlace, control_url: str) -> Path:
    """The context file by which `exconn` finds this demo."""
    path = place.folder.parent / CONTEXT_FILE
    fields = {
        "monitor_url": place.monitor_url,
        "intake_url": place.intake_url,
        "flower_url": place.flower_url,
        "simulator_control_url": control_url,
        "connector": CONNECTOR,
        "requester": REQUESTER,
        "deployment": CONNECTOR,
        "key_file": str(place.key_file.absolute()),
        "intake_public_key": place.intake_public_key_file.read_text(encoding="ascii").strip(),
        "worker_env_file": str(place.worker_env_file.absolute()),
    }
    text = "# Written by exconn demo; gone when it ends.\n"
    text += "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return path


def write_worker_env(place: DemoPlace, environment: Mapping[str, str]) -> None:
    """The workers' variables in a file, which only this user reads: the URLs may hold a password."""
    shown = {name: value for name, value in environment.items() if name.startswith("EXCONN_") or name == "KRB5_CONFIG"}
    lines = (f"{name}={value}\n" for name, value in sorted(shown.items()))
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
