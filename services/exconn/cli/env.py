"""`exconn env`: the settings of a service."""

import typer

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.services import SERVICES, settings_of
from exconn.cli.session import session_of

_SERVICE = typer.Argument(..., metavar="SERVICE", help="One of: " + ", ".join(SERVICES) + ".")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Settings of services: what is in force, and a sample to start from.", no_args_is_help=True)
    noun.command("show", epilog="Example: exconn env show intake")(show_env)
    noun.command("sample", epilog="Example: exconn env sample intake > intake.env")(sample_env)
    app.add_typer(noun, name="env")


def show_env(context: typer.Context, service: str = _SERVICE) -> None:
    """Show the settings in force in this environment, secrets masked."""
    from exconn.settings import SettingsError, effective, load

    out = session_of(context).out
    try:
        found = [setting for cls in settings_of(service) for setting in effective(load(cls))]
    except SettingsError as exc:
        raise CommandError(ExitCode.BAD_INPUT, str(exc), remedy=f"exconn env sample {service}") from exc
    rows = [setting._asdict() for setting in found]
    out.listing(
        rows, rows, ("variable", "value", "default"), name="variable", empty="no settings", wrap=("value", "default")
    )


def sample_env(context: typer.Context, service: str = _SERVICE) -> None:
    """Print a sample environment file, every variable with its meaning."""
    from exconn.settings import sample

    out = session_of(context).out
    text = sample(settings_of(service))
    if out.as_json:
        out.json({"service": service, "sample": text})
    else:
        out.name(text.rstrip("\n"))
