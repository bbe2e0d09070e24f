"""Which registry of requesters a command means."""

import os
from pathlib import Path
from typing import Annotated

import typer

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.session import CommandSession

RegistryOption = Annotated[
    Path | None,
    typer.Option("--file", help="The registry; EXCONN_REQUESTERS_FILE or the one beside the context otherwise."),
]
_REGISTRY = "requesters.toml"


def registry_path(session: CommandSession) -> Path:
    """Where the registry is. Raises CommandError."""
    named = os.environ.get("EXCONN_REQUESTERS_FILE")
    if named:
        return Path(named)
    key_file = session.context.key_file
    for folder in (session.context.path.parent, session.context.key_path.parent if key_file else Path()):
        if (folder / _REGISTRY).exists():
            return folder / _REGISTRY
    raise CommandError(ExitCode.NOT_FOUND, "no registry of requesters here", remedy="name it: --file requesters.toml")
