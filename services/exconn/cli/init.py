"""`exconn init`: the files to start with; what is there already stays as it is."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.init_files import CHECKPOINTS, context_text, definition_text, first_registry, services_text
from exconn.cli.session import CommandSession, session_of

FOLDER = Path(".exconn")
#: Whose private halves lie beside the settings of the services: each of these signs.
_SIGNING = ("intake", "actions", "monitor")

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
        "",
        "--intake-public-key",
        help="The line of intake's public key file, where services run elsewhere; without it, their keys and settings "
        "are made, too.",
    ),
    audit_public_key: str = typer.Option(
        "", "--audit-public-key", help="The line of the monitor's public key file, where services run elsewhere."
    ),
    actions_public_key: str = typer.Option(
        "", "--actions-public-key", help="The line of device actions' public key file, where services run elsewhere."
    ),
    ca_file: str = typer.Option("", "--ca-file", help="The authority of intake's and the monitor's certificates."),
) -> None:
    """Write context, keys, registry, a sample definition and settings; nothing is overwritten."""
    from exconn.signing import KeyFileError

    session = session_of(context)
    _check_names(connector, requester, deployment)
    files = _Files(folder=folder, requester=requester, with_services=not intake_public_key)
    files.refuse_taken()
    fields = {
        "monitor_url": monitor_url,
        "intake_url": intake_url,
        "connector": connector,
        "requester": requester,
        "deployment": deployment,
        "key_file": files.key.name,
        "intake_public_key": intake_public_key,
        "audit_public_key": audit_public_key,
        "actions_public_key": actions_public_key,
        "ca_file": ca_file,
    }
    try:
        own, services = files.make_keys()
        # For its owner alone, whatever the umask: a context that others may write does not count.
        files.context.touch(mode=0o600)
        files.context.write_text(context_text(fields | services), encoding="utf-8")
        files.definition.write_text(definition_text(connector), encoding="utf-8")
        files.registry.write_text(first_registry(requester, own, deployment), encoding="utf-8")
        for path in files.settings:
            path.touch(mode=0o600)
            path.write_text(services_text(folder), encoding="utf-8")
    except KeyFileError as exc:
        raise CommandError(ExitCode.FAILED, f"{exc.path}: {exc.problem}", remedy=exc.remedy) from exc
    except OSError as exc:
        raise CommandError(ExitCode.FAILED, f"{exc.filename}: {exc.strerror}", remedy="name another --folder") from exc
    _tell(session, files)


@dataclass(frozen=True, kw_only=True)
class _Files:
    """What is written, and where; keys and settings of services only where these run here."""

    folder: Path
    requester: str
    with_services: bool

    @property
    def context(self) -> Path:
        return self.folder / "context.toml"

    @property
    def definition(self) -> Path:
        return self.folder / "connector.toml"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.requester}.pem"

    @property
    def registry(self) -> Path:
        return self.folder / "requesters.toml"

    @property
    def pairs(self) -> dict[str, tuple[Path, Path]]:
        """The keys of each service that signs: private and public half."""
        if not self.with_services:
            return {}
        return {name: (self.folder / f"{name}.pem", self.folder / f"{name}.pub") for name in _SIGNING}

    @property
    def settings(self) -> list[Path]:
        return [self.folder / "services.env"] if self.with_services else []

    @property
    def all(self) -> list[Path]:
        halves = [half for pair in self.pairs.values() for half in pair]
        return [self.context, self.definition, self.key, *halves, self.registry, *self.settings]

    def refuse_taken(self) -> None:
        """Raises CommandError when a file is there, or would be two things at once."""
        if self.requester in self.pairs:
            problem = f"{self.requester!r} is the name of a service"
            raise CommandError(ExitCode.BAD_INPUT, problem, remedy="name yourself: --requester anna")
        taken = [path for path in self.all if path.exists()]
        if taken:
            raise CommandError(
                ExitCode.REFUSED, f"{taken[0]} is there already", remedy="name another --folder, or delete it"
            )

    def make_keys(self) -> tuple[str, dict[str, str]]:
        """The requester's new public half, and what the context says of the services' new keys. Raises KeyFileError."""
        from exconn.signing import make_service_key, new_signing_key, save_signing_key

        own = new_signing_key()
        save_signing_key(own, self.key)
        public = {name: make_service_key(*pair).public_text for name, pair in self.pairs.items()}
        if not public:
            return own.public_text, {}
        return own.public_text, {
            "intake_public_key": public["intake"],
            "audit_public_key": public["monitor"],
            "audit_anchor_file": CHECKPOINTS,
            "actions_public_key": public["actions"],
            "worker_env_file": self.settings[0].name,
        }


def _tell(session: CommandSession, files: _Files) -> None:
    names = [str(path) for path in files.all]
    if session.out.as_json:
        session.out.json({"written": names})
        return
    for name in names:
        session.out.name(name)
    for number, step in enumerate(_steps(files)):
        session.out.line(("      " if number else "next: ") + step)


def _steps(files: _Files) -> Iterator[str]:
    definition = files.definition
    yield " and ".join(["edit " + str(definition), *(str(path) for path in files.settings)])
    yield f"exconn connector check {definition}"
    yield f"exconn doctor --file {definition}"
    yield "exconn requesters add NAME --role approver --key KEY, for a second person"
    if files.settings:
        yield f"set -a; . {shlex.quote(str(files.settings[0]))}; set +a"
        yield "exconn run SERVICE, for each that exconn run lists"
    yield f"exconn connector apply {definition} --wait"


def _check_names(connector: str, requester: str, deployment: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from exconn.contracts.request import Name

    for what, name in (("connector", connector), ("requester", requester), ("deployment", deployment)):
        try:
            TypeAdapter(Name).validate_python(name)
        except ValidationError as exc:
            remedy = "use lower-case letters, digits and dashes"
            raise CommandError(ExitCode.BAD_INPUT, f"{name!r} cannot name a {what}", remedy=remedy) from exc
