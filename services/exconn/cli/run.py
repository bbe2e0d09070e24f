"""`exconn run SERVICE`: becomes that process."""

import os
import sys
from importlib.util import find_spec

import typer

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.services import SERVICES, service_row
from exconn.cli.session import session_of

#: As the simulator names them, which may not be installed here.
ESTATES = ("tidy", "real", "hostile")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run", epilog="Example: exconn run intake")(run_service)


def run_service(
    context: typer.Context,
    service: str = typer.Argument("", metavar="SERVICE", help="One of: " + ", ".join(SERVICES) + ".", show_default=""),
    estate: str = typer.Option(
        "", metavar="|".join(ESTATES), help="What the simulator's organization is like.", show_default=""
    ),
) -> None:
    """Run one service in this process until it is told to stop; it reads EXCONN_... variables."""
    out = session_of(context).out
    if not service:
        rows = [{"service": name, "what it does": row.about} for name, row in SERVICES.items()]
        out.listing(rows, rows, ("service", "what it does"), name="service", empty="", wrap=("what it does",))
        return
    service_row(service)
    if estate:
        _choose_estate(service, estate)
    become(f"exconn.{service}")


def _choose_estate(service: str, estate: str) -> None:
    """Tell the simulator. Raises CommandError for another service, or an estate that there is not."""
    if service != "simulator":
        raise CommandError(
            ExitCode.BAD_INPUT, "--estate is for the simulator", remedy="exconn run simulator --estate real"
        )
    if estate not in ESTATES:
        raise CommandError(ExitCode.BAD_INPUT, f"no estate {estate!r}", remedy=f"one of {', '.join(ESTATES)}")
    os.environ["EXCONN_SIMULATOR_ESTATE"] = estate


def become(module: str, *arguments: str) -> None:
    """Replace this process by `python -m module`. Raises CommandError when there is no such module."""
    if find_spec(module) is None or find_spec(f"{module}.__main__") is None:
        raise CommandError(
            ExitCode.NOT_FOUND, f"{module} is not installed here", remedy="install exconn with extra demo"
        )
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606  (no shell, our own module)
