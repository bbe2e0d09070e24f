"""`exconn version`."""

import platform
from importlib.metadata import PackageNotFoundError, version

import typer

from exconn.cli.session import session_of


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("version", epilog="Example: exconn version")(show_version)


def show_version(context: typer.Context) -> None:
    """Show the version of exconn and of Python."""
    out = session_of(context).out
    try:
        ours = version("exconn")
    except PackageNotFoundError:
        ours = "from a checkout"
    value = {"exconn": ours, "python": platform.python_version()}
    out.record(value, value.items(), name=ours)
