"""The demo's two people: one asks, another releases what the brakes hold.

Their keys, the registry that knows both, and a context file of each, by which `exconn` speaks for that person.
"""

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from exconn.demo.place import APPROVER, CONNECTOR, OPERATOR, DemoPlace
from exconn.demo.progress import tell
from exconn.signing import RequesterRole, SigningKey, new_signing_key, registry_text, save_signing_key

#: Its fleet is small, and who tries it wipes more than one would.
_DEMO_BOUNDS = """\
[bounds.erase]
fleet_percent = 100.0
[bounds.quota]
per_hour = 100
per_day = 1000
"""
_MAKES_KEY_WITHIN = 20.0


@dataclass(frozen=True, kw_only=True)
class People:
    """The two of a running demo: the operator's key, and the file with the approver's."""

    key: SigningKey
    key_files: dict[str, Path]


def make_people(place: DemoPlace) -> People:
    """Fresh keys for both, and the registry that knows them: a later one than that of a demo before."""
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    operator = place.folder / f"{OPERATOR}.pem"
    key = _make_key(operator)
    approver, public = _make_ssh_key(place.folder / APPROVER) or _plain_key(place.folder / f"{APPROVER}.pem")
    place.requesters.write_text(
        "# The demo's registry: two people, on this machine only.\n"
        + registry_text(
            {OPERATOR: key.public_text, APPROVER: public},
            deployment=CONNECTOR,
            revision=int(time.time()),
            roles={APPROVER: RequesterRole.APPROVER},
            bounds=_DEMO_BOUNDS,
        ),
        encoding="utf-8",
    )
    return People(key=key, key_files={OPERATOR: operator, APPROVER: approver})


def write_contexts(place: DemoPlace, people: People, control_url: str) -> list[Path]:
    """The context files by which `exconn` finds this demo: the operator's, which counts unnamed, and the approver's."""
    common = {
        "monitor_url": place.monitor_url,
        "intake_url": place.intake_url,
        "flower_url": place.flower_url,
        "simulator_control_url": control_url,
        "connector": CONNECTOR,
        "deployment": CONNECTOR,
        "intake_public_key": place.intake_public_key_file.read_text(encoding="ascii").strip(),
        "audit_public_key": place.audit_public_key_file.read_text(encoding="ascii").strip(),
        "actions_public_key": (place.folder / "actions.pub").read_text(encoding="ascii").strip(),
        "audit_anchor_file": str(place.audit_anchor_file.absolute()),
        "worker_env_file": str(place.worker_env_file.absolute()),
    }
    written = []
    for person, key_file in people.key_files.items():
        own = {"requester": person, "key_file": str(key_file.absolute())}
        path = place.context_of(person)
        _write(path, common | own)
        written.append(path)
    return written


def _write(path: Path, fields: dict[str, str]) -> None:
    text = "# Written by exconn demo; gone when it ends.\n"
    text += "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _make_key(path: Path) -> SigningKey:
    path.unlink(missing_ok=True)
    key = new_signing_key()
    save_signing_key(key, path)
    return key


def _plain_key(path: Path) -> tuple[Path, str]:
    return path, _make_key(path).public_text


def _make_ssh_key(path: Path) -> tuple[Path, str] | None:
    """A key of OpenSSH's and its public half; None where OpenSSH's client is missing."""
    public = path.with_suffix(".pub")
    for old in (path, public):
        old.unlink(missing_ok=True)
    program = shutil.which("ssh-keygen")
    if program is None:
        tell("no ssh-keygen here, so the approver has a key of exconn's own instead of an SSH key")
        return None
    command = [program, "-q", "-t", "ed25519", "-N", "", "-C", APPROVER, "-f", str(path)]
    try:
        subprocess.run(  # noqa: S603  (OpenSSH's own program, and names of ours)
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_MAKES_KEY_WITHIN, check=True
        )
    except subprocess.SubprocessError as exc:
        raise OSError(f"ssh-keygen made no key: {exc}") from exc
    return path, public.read_text(encoding="ascii").strip()
