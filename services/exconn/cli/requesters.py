"""`exconn requesters`: who may ask, and the keys."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exconn.cli import requesters_change
from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.registry_option import RegistryOption, registry_path
from exconn.cli.session import CommandSession, session_of

if TYPE_CHECKING:
    from exconn.signing import Registry, SigningKey
    from exconn.signing.ssh_keys import SshPublicKey

NewKeyOption = Annotated[Path | None, typer.Option("--new", metavar="FILE", help="Make a new private key in FILE.")]


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Who may send requests, and with which keys.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn requesters list --file requesters.toml")(list_requesters)
    noun.command("show", epilog="Example: exconn requesters show")(show_registry)
    requesters_change.register(noun)
    noun.command("keys", epilog="Example: exconn requesters keys --new helpdesk.pem")(show_keys)
    app.add_typer(noun, name="requesters")


def list_requesters(
    context: typer.Context,
    file: RegistryOption = None,
) -> None:
    """List the requesters of a registry file, and check it."""
    session = session_of(context)
    path, registry = _loaded(session, file)
    rows = [
        {
            "requester": name,
            "may": sorted(requester.allowed) if requester.role is None else [requester.role, *sorted(requester.kinds)],
            "connectors": list(requester.connectors),
            "keys": sorted(key for key, known in registry.keys.items() if known.requester == name),
        }
        for name, requester in registry.requesters.items()
    ]
    value = {"file": str(path), "single_administrator": registry.single_administrator, "requesters": rows}
    session.out.listing(
        value,
        rows,
        ("requester", "may", "connectors", "keys"),
        name="requester",
        empty="nobody may ask for anything",
        wrap=("may", "connectors", "keys"),
    )
    if registry.single_administrator:
        session.out.note("a single administrator: releases wait an hour")


def show_registry(
    context: typer.Context,
    file: RegistryOption = None,
) -> None:
    """Show the revision of a registry, its deployment and its bounds."""
    from exconn.signing.registry_summary import summary_of
    from exconn.signing.wider_bounds import wider_than_factory

    session = session_of(context)
    path, registry = _loaded(session, file)
    wider = wider_than_factory(registry.bounds)
    fields = {name: value for name, value in summary_of(registry).items() if not name.startswith("requesters.")}
    value = {"file": str(path), "revision": registry.revision, **fields, "wider": list(wider)}
    pairs = [("revision", registry.revision), *fields.items(), ("requesters", list(registry.requesters))]
    session.out.record(value | {"requesters": list(registry.requesters)}, pairs, name=str(registry.revision))
    if wider:
        session.out.note(f"wider than the factory's bounds: {', '.join(wider)}")


def show_keys(
    context: typer.Context,
    new: NewKeyOption = None,
) -> None:
    """Show your public key as the registry takes it, or make a new key."""
    from exconn.signing import KeyFileError, load_signing_key, new_signing_key, save_signing_key
    from exconn.signing.ssh_files import ssh_key_in

    session = session_of(context)
    try:
        if new is None:
            path = session.context.key_path
            _show(session, path, ssh_key_in(path) or load_signing_key(path))
        else:
            key = new_signing_key()
            save_signing_key(key, new)
            _show(session, new, key)
    except KeyFileError as exc:
        raise CommandError(ExitCode.BAD_INPUT, f"key file {exc.path}: {exc.problem}", remedy=exc.remedy) from exc


def _loaded(session: CommandSession, file: Path | None) -> "tuple[Path, Registry]":
    from exconn.signing import RegistryError, load_registry

    path = file or registry_path(session)
    try:
        return path, load_registry(path)
    except RegistryError as exc:
        raise CommandError(ExitCode.BAD_INPUT, str(exc), remedy="correct the file") from exc


def _show(session: CommandSession, path: Path, key: "SigningKey | SshPublicKey") -> None:
    value = {"key": key.id, "public": key.public_text, "file": str(path)}
    session.out.record(value, value.items(), name=key.public_text)
    session.out.note("have the public key added to the registry: keys = [...] of your requester")
