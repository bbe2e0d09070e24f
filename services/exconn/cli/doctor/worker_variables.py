"""The variables of a worker from the file that the context names, for a shell that sets none: so beside the demo."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.session import CommandSession

_OWN = tuple(f"EXCONN_{server}_URL{suffix}" for server in ("BROKER", "LEDGER") for suffix in ("", "_FILE"))


def load_worker_variables(session: CommandSession) -> Path | None:
    """Load them, unless this shell names a server itself; the file, if there was need and one. Raises CommandError."""
    if any(os.environ.get(name) for name in _OWN):
        return None
    try:
        context = session.context
    except CommandError:
        if session.context_file:
            raise
        return None  # without a context the variables alone count
    if not context.worker_env_file:
        return None
    path = context.path.parent / context.worker_env_file
    try:
        found = dict(_variables(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as exc:
        said = f"{context.path}: worker_env_file {path} can not be read ({type(exc).__name__})"
        raise CommandError(ExitCode.BAD_INPUT, said, remedy="correct it, or take the line out") from exc
    for name, value in found.items():
        os.environ.setdefault(name, value)
    return path


def _variables(text: str) -> Iterator[tuple[str, str]]:
    """Names and values, as a shell reads them. Raises ValueError."""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.startswith("EXCONN_") or name == "KRB5_CONFIG":
            yield name, "".join(shlex.split(value))
