"""The context file: where the services are, and who is asking.

Found by `--context`, EXCONN_CONTEXT, ./.exconn/context.toml, ~/.config/exconn/context.toml, in this order. The one in
the current folder was not named by anybody, and says who gets your signed requests: it counts only when nobody else can
have written it.
"""

import os
import stat
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from exconn.cli.command_errors import CommandError, ExitCode

LOCAL = Path(".exconn/context.toml")
PERSONAL = Path(".config/exconn/context.toml")


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a context file says; a field that it leaves out is empty."""

    path: Path
    monitor_url: str = ""
    intake_url: str = ""
    connector: str = ""
    requester: str = ""
    deployment: str = "exconn"
    key_file: str = ""
    flower_url: str = ""
    simulator_control_url: str = ""
    worker_env_file: str = ""
    ca_file: str = ""
    intake_public_key: str = ""
    audit_public_key: str = ""
    audit_anchor_file: str = ""
    actions_public_key: str = ""

    def need(self, name: str) -> str:
        """The value of a field. Raises CommandError when the file does not say it."""
        value: str = getattr(self, name)
        if not value:
            raise CommandError(ExitCode.BAD_INPUT, f"{self.path} says no {name}", remedy=f'add a line: {name} = "..."')
        return value

    @property
    def key_path(self) -> Path:
        """The private key's file; a relative name lies beside the context file."""
        return self._beside(self.need("key_file"))

    @property
    def ca_path(self) -> Path | None:
        """Whose certificates count at intake and monitor; None: those that the system trusts."""
        return self._beside(self.ca_file) if self.ca_file else None

    @property
    def anchor_path(self) -> Path | None:
        """The second place of the audit log's checkpoints, where the context names one."""
        return self._beside(self.audit_anchor_file) if self.audit_anchor_file else None

    def _beside(self, name: str) -> Path:
        return self.path.parent / Path(name).expanduser()


def find_context(named: str | None) -> Context:
    """The context in force. Raises CommandError."""
    chosen = named or os.environ.get("EXCONN_CONTEXT")
    if chosen:
        return read_context(Path(chosen).expanduser())
    if LOCAL.exists():
        refuse_foreign(LOCAL)
        return read_context(LOCAL)
    if (personal := Path.home() / PERSONAL).exists():
        return read_context(personal)
    raise CommandError(
        ExitCode.BAD_INPUT,
        f"no context file: neither {LOCAL} nor ~/{PERSONAL}",
        remedy="start a demo with exconn demo, or write one with exconn init",
    )


def refuse_foreign(path: Path) -> None:
    """Refuse a context file that somebody else may have written. Raises CommandError."""
    for place in (path, path.parent):
        why = _foreign(place)
        if why:
            raise CommandError(
                ExitCode.REFUSED,
                f"context {path} is not taken: {place} {why}",
                remedy=f"read it; if it is yours, name it with --context {path} or in EXCONN_CONTEXT",
            )


def _foreign(place: Path) -> str:
    """Why somebody else may have written what is there; empty when nobody can have."""
    found = place.lstat()
    if stat.S_ISLNK(found.st_mode):
        return "is a link"
    if found.st_uid != os.geteuid():
        return "belongs to another user"
    return "may be written by others" if found.st_mode & 0o022 else ""


def read_context(path: Path) -> Context:
    """The context in one file. Raises CommandError."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise CommandError(
            ExitCode.BAD_INPUT, f"context {path}: {exc.strerror}", remedy="write one with exconn init"
        ) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise CommandError(ExitCode.BAD_INPUT, f"context {path}: {exc}", remedy="correct the file") from exc
    known = {field.name for field in fields(Context)} - {"path"}
    for name, value in found.items():
        if name not in known or not isinstance(value, str):
            remedy = f"it takes text for {', '.join(sorted(known))}"
            raise CommandError(ExitCode.BAD_INPUT, f"context {path}: {name} is not understood", remedy=remedy)
    return Context(path=path, **found)
