"""`exconn init`: the files to start with; what is there already stays as it is."""

import json
from pathlib import Path
from typing import Annotated

import typer

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.session import CommandSession, session_of

FOLDER = Path(".exconn")


FolderOption = Annotated[Path, typer.Option("--folder", help="Where the files go.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("init", epilog="Example: exconn init --connector contoso --requester anna")(init)


def init(
    context: typer.Context,
    folder: FolderOption = FOLDER,
    deployment: str = typer.Option("exconn", "--deployment", help="What this installation is called."),
    connector: str = typer.Option("contoso", "--connector", "-c", help="The connector's name."),
    requester: str = typer.Option("operator", "--requester", help="Your name as a requester."),
    monitor_url: str = typer.Option("http://127.0.0.1:8780", "--monitor-url", help="Where the monitor listens."),
    intake_url: str = typer.Option("http://127.0.0.1:8781", "--intake-url", help="Where intake listens."),
    intake_public_key: str = typer.Option(
        "", "--intake-public-key", help="The line of intake's public key file; without it, a pair is made."
    ),
    ca_file: str = typer.Option("", "--ca-file", help="The authority of intake's and the monitor's certificates."),
) -> None:
    """Write context, keys, registry and a sample definition; nothing is overwritten."""
    from exconn.signing import KeyFileError, make_service_key, new_signing_key, save_signing_key

    session = session_of(context)
    _check_names(connector, requester, deployment)
    key_file, registry = folder / f"{requester}.pem", folder / "requesters.toml"
    context_file, definition = folder / "context.toml", folder / "connector.toml"
    pair = () if intake_public_key else (folder / "intake.pem", folder / "intake.pub")
    written = [context_file, definition, key_file, *pair, registry]
    taken = [path for path in written if path.exists()]
    if taken:
        raise CommandError(
            ExitCode.REFUSED, f"{taken[0]} is there already", remedy="name another --folder, or delete it"
        )
    try:
        key = new_signing_key()
        save_signing_key(key, key_file)
        if pair:
            make_service_key(*pair)
            intake_public_key = pair[1].read_text(encoding="ascii").strip()
        fields = {
            "monitor_url": monitor_url,
            "intake_url": intake_url,
            "connector": connector,
            "requester": requester,
            "deployment": deployment,
            "key_file": key_file.name,
            "intake_public_key": intake_public_key,
        }
        # For its owner alone, whatever the umask: a context that others may write does not count.
        context_file.touch(mode=0o600)
        context_file.write_text(_context_text(fields | ({"ca_file": ca_file} if ca_file else {})), encoding="utf-8")
        definition.write_text(_definition_text(connector), encoding="utf-8")
        registry.write_text(_registry_text(requester, key.public_text, deployment), encoding="utf-8")
    except KeyFileError as exc:
        raise CommandError(ExitCode.FAILED, f"{exc.path}: {exc.problem}", remedy=exc.remedy) from exc
    except OSError as exc:
        raise CommandError(ExitCode.FAILED, f"{exc.filename}: {exc.strerror}", remedy="name another --folder") from exc
    _tell(session, folder, written)


def _tell(session: CommandSession, folder: Path, written: list[Path]) -> None:
    names = [str(path) for path in written]
    if session.out.as_json:
        session.out.json({"written": names})
        return
    for name in names:
        session.out.name(name)
    definition = folder / "connector.toml"
    session.out.line(f"next: edit {definition}")
    for step in (
        f"exconn connector check {definition}",
        f"exconn doctor --file {definition}",
        "exconn run SERVICE, for each that exconn run lists",
        f"exconn connector apply {definition} --wait",
    ):
        session.out.line(f"      {step}")


def _check_names(connector: str, requester: str, deployment: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from exconn.contracts.request import Name

    for what, name in (("connector", connector), ("requester", requester), ("deployment", deployment)):
        try:
            TypeAdapter(Name).validate_python(name)
        except ValidationError as exc:
            remedy = "use lower-case letters, digits and dashes"
            raise CommandError(ExitCode.BAD_INPUT, f"{name!r} cannot name a {what}", remedy=remedy) from exc


def _context_text(fields: dict[str, str]) -> str:
    head = "# Where the services are, and who is asking; found by exconn in this folder's parent.\n"
    return head + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())


def _registry_text(requester: str, public: str, deployment: str) -> str:
    from exconn.signing import registry_text

    return (
        "# Who may ask for what. Services read it through EXCONN_REQUESTERS_FILE and never write it.\n"
        "# revision: higher with each change. single_administrator = true: nobody else can approve, so releases wait.\n"
        "# role: view, help-desk, operator, approver or admin. Bounds that are not written are the factory's.\n"
        + registry_text({requester: public}, deployment=deployment)
    )


def _definition_text(connector: str) -> str:
    from exconn.connector import sample_definition

    return sample_definition(connector)
