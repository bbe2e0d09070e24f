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
) -> None:
    """Write context, key, registry and a sample definition; nothing is overwritten."""
    from exconn.signing import new_signing_key, save_signing_key

    session = session_of(context)
    _check_names(connector, requester, deployment)
    key_file = folder / f"{requester}.pem"
    texts = {
        folder / "context.toml": _context_text(
            monitor_url, intake_url, connector, requester, key_file.name, deployment
        ),
        folder / "connector.toml": _definition_text(connector),
    }
    registry = folder / "requesters.toml"
    taken = [path for path in (*texts, key_file, registry) if path.exists()]
    if taken:
        raise CommandError(
            ExitCode.REFUSED, f"{taken[0]} is there already", remedy="name another --folder, or delete it"
        )
    try:
        key = new_signing_key()
        save_signing_key(key, key_file)
        for path, text in (texts | {registry: _registry_text(requester, key.public_text, deployment)}).items():
            path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise CommandError(ExitCode.FAILED, f"{exc.filename}: {exc.strerror}", remedy="name another --folder") from exc
    _tell(session, folder, [*texts, key_file, registry])


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


def _context_text(
    monitor_url: str, intake_url: str, connector: str, requester: str, key_file: str, deployment: str
) -> str:
    fields = {
        "monitor_url": monitor_url,
        "intake_url": intake_url,
        "connector": connector,
        "requester": requester,
        "deployment": deployment,
        "key_file": key_file,
    }
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
