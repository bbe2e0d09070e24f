"""`exconn requesters add, rotate, revoke`: they write the registry, after a look at the difference."""

import difflib
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.confirmation import confirm
from exconn.cli.options import YesOption
from exconn.cli.registry_option import RegistryOption, registry_path
from exconn.cli.session import CommandSession, session_of

if TYPE_CHECKING:
    from exconn.signing import Requester

NameArgument = Annotated[str, typer.Argument(help="The requester.")]
KeyOption = Annotated[str, typer.Option("--key", help="The public key, as `exconn requesters keys` shows it.")]
KeyIdOption = Annotated[str, typer.Option("--key", help="The id of one key; all of the requester otherwise.")]
RoleOption = Annotated[str, typer.Option("--role", help="view, help-desk, operator, approver or admin.")]
KindsOption = Annotated[list[str] | None, typer.Option("--kind", help="A kind of request, beside or without a role.")]
ConnectorsOption = Annotated[list[str] | None, typer.Option("--connector", "-c", help="A connector; all otherwise.")]
ExpiresOption = Annotated[datetime | None, typer.Option("--expires", help="The key counts until then (UTC).")]
KeepOption = Annotated[datetime | None, typer.Option("--keep-until", help="The keys of now count until then (UTC).")]

#: From the requester of now to the one that is to be; None takes it out.
_Change = Callable[["Requester | None"], "Requester | None"]


def register(noun: typer.Typer) -> None:
    """Add the verbs that write."""
    noun.command("add", epilog="Example: exconn requesters add bert --role approver --key AAAA...")(add)
    noun.command("rotate", epilog="Example: exconn requesters rotate bert --key BBBB... --keep-until 2027-01-31")(
        rotate
    )
    noun.command("revoke", epilog="Example: exconn requesters revoke bert")(revoke)


def add(
    context: typer.Context,
    name: NameArgument,
    key: KeyOption,
    role: RoleOption = "",
    kinds: KindsOption = None,
    connectors: ConnectorsOption = None,
    expires: ExpiresOption = None,
    file: RegistryOption = None,
    yes: YesOption = False,
) -> None:
    """Enter a requester in the registry."""

    def entered(found: "Requester | None") -> "Requester":
        if found is not None:
            raise CommandError(
                ExitCode.REFUSED, f"{name} is there already", remedy=f"exconn requesters rotate {name} --key KEY"
            )
        fields = {"keys": [{"public": key, "expires": _utc(expires)}], "connectors": connectors or ["*"]}
        return _requester(fields | ({"role": role} if role else {}) | ({"kinds": kinds} if kinds else {}))

    _write(session_of(context), file, name, entered, yes=yes)


def rotate(
    context: typer.Context,
    name: NameArgument,
    key: KeyOption,
    expires: ExpiresOption = None,
    keep_until: KeepOption = None,
    file: RegistryOption = None,
    yes: YesOption = False,
) -> None:
    """Give a requester another key in place of those of now, at once or after a while."""

    def rotated(found: "Requester | None") -> "Requester":
        now = _known(name, found)
        kept = [] if keep_until is None else [{"public": old.public, "expires": _utc(keep_until)} for old in now.keys]
        return _requester(now.model_dump() | {"keys": [*kept, {"public": key, "expires": _utc(expires)}]})

    _write(session_of(context), file, name, rotated, yes=yes)


def revoke(
    context: typer.Context,
    name: NameArgument,
    key: KeyIdOption = "",
    file: RegistryOption = None,
    yes: YesOption = False,
) -> None:
    """Take a requester, or one of the keys, out of the registry."""
    from exconn.signing import key_id, parse_public_key

    def revoked(found: "Requester | None") -> "Requester | None":
        now = _known(name, found)
        left = [entry for entry in now.keys if key and key_id(parse_public_key(entry.public)) != key]
        if key and len(left) == len(now.keys):
            raise CommandError(ExitCode.NOT_FOUND, f"{name} has no key {key}", remedy="see exconn requesters list")
        return now.model_copy(update={"keys": tuple(left)}) if left else None

    _write(session_of(context), file, name, revoked, yes=yes)


def _write(session: CommandSession, file: Path | None, name: str, change: _Change, *, yes: bool) -> None:
    from exconn.signing import RegistryError, parse_registry
    from exconn.signing.registry_edit import requester_in, with_requester
    from exconn.signing.registry_file import read_registry_text

    path = file or registry_path(session)
    try:
        text = read_registry_text(path)
        changed = with_requester(text, name, change(requester_in(text, name, path=path)), path=path)
        registry = parse_registry(changed, path=path)
    except RegistryError as exc:
        raise CommandError(ExitCode.BAD_INPUT, str(exc), remedy="nothing was written") from exc
    if not session.out.as_json:
        for line in difflib.unified_diff(text.splitlines(), changed.splitlines(), str(path), "", lineterm="", n=1):
            session.out.line(line)
    confirm(session, f"Write revision {registry.revision} of the registry?", yes=yes)
    _replace(path, text, changed)
    session.out.record({"file": str(path), "revision": registry.revision}, [("revision", registry.revision)], name=name)
    session.out.note("bring the file to every machine; intake announces it")
    session.out.note("a new key may not release for a day, or until another requester releases it: exconn brakes show")


def _replace(path: Path, text: str, changed: str) -> None:
    from exconn.signing.registry_file import read_registry_text

    try:
        if read_registry_text(path) != text:
            raise CommandError(ExitCode.REFUSED, f"{path} was changed meanwhile", remedy="do it again")
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(changed)
        Path(temporary).chmod(path.stat().st_mode & 0o777)
        Path(temporary).replace(path)
    except OSError as exc:
        raise CommandError(ExitCode.FAILED, f"{path}: {exc.strerror}", remedy="nothing was written") from exc


def _requester(fields: dict[str, object]) -> "Requester":
    from pydantic import ValidationError

    from exconn.signing import Requester
    from exconn.signing.registry_problems import problems_of

    try:
        return Requester.model_validate(fields)
    except ValidationError as exc:
        raise CommandError(ExitCode.BAD_INPUT, "; ".join(problems_of(exc)), remedy="nothing was written") from exc


def _known(name: str, found: "Requester | None") -> "Requester":
    if found is None:
        raise CommandError(ExitCode.NOT_FOUND, f"no requester {name}", remedy="see exconn requesters list")
    return found


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
