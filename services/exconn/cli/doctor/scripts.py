"""`exconn doctor --roles`: writes the role scripts of a definition's accounts, for review."""

from pathlib import Path
from typing import TYPE_CHECKING

from exconn.cli.command_errors import CommandError, ExitCode, bad_input
from exconn.cli.output import Output, plain
from exconn.cli.wrapping import sentence_width, wrapped

if TYPE_CHECKING:
    from exconn.connector import ConnectorDefinition

_READ_THEM = (
    "Read them, then run them in the Exchange Management Shell. Rights show in sessions opened later, once the "
    "directory has replicated them; arming waits for that."
)


def write_role_scripts(out: Output, definition: "ConnectorDefinition", directory: Path, *, protected: str) -> None:
    """Write every script, and say in which order they are used. Raises CommandError."""
    from exconn.contracts import ACCOUNT_ROLES
    from exconn.exchange.rights.role_scripts import RoleScriptPlan, write_scripts

    named = ((role, definition.accounts.of(role)) for role in ACCOUNT_ROLES)
    accounts = {role: account.username for role, account in named if account}
    settings = definition.policy.guarded()
    plan = RoleScriptPlan(connector=definition.name, accounts=accounts, settings=settings, protected=protected)
    try:
        scripts = write_scripts(plan)
    except ValueError as exc:
        bad_input(str(exc), remedy="write names on one line")
    written = [_written(directory / name, text) for name, text in scripts.items()]
    if out.as_json:
        out.json({"connector": definition.name, "files": [str(path) for path in written]})
        return
    for path in written:
        out.name(str(path))
    out.line()
    for role in ACCOUNT_ROLES:
        if role not in accounts:
            out.line(f"the definition names no {role} account: no script for it")
    for line in wrapped(_READ_THEM, sentence_width()):
        out.line(line)
    if "actions" in accounts:
        out.line(f"exconn-actions-armed.ps1 comes last, before: exconn connector arm {plain(definition.name)} actions")


def _written(path: Path, text: str) -> Path:
    """The file, with a mark of UTF-8: without one PowerShell 5.1 reads a script in the machine's old code page."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8-sig", newline="\r\n")
    except OSError as exc:
        raise CommandError(ExitCode.FAILED, f"{path}: {exc.strerror}", remedy="name a folder to write to") from exc
    return path
