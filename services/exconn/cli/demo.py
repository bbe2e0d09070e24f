"""`exconn demo`: the whole system on one machine, and its phones."""

import typer

from exconn.cli.command_errors import bad_input
from exconn.cli.run import become
from exconn.cli.session import CommandSession, session_of

_WHO = typer.Argument(..., metavar="USER", help="User, or the GUID of one phone.")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(invoke_without_command=True, epilog="Example: exconn demo --once --json")
    noun.callback()(start_demo)
    phone = typer.Typer(help="Move the phones of a user of the made-up Exchange.", no_args_is_help=True)
    phone.command("sync", epilog="Example: exconn demo phone sync jdoe")(sync_phone)
    phone.command("enrol", epilog="Example: exconn demo phone enrol jdoe --same-object")(enrol_phone)
    phone.command("offline", epilog="Example: exconn demo phone offline jdoe")(take_offline)
    phone.command("online", epilog="Example: exconn demo phone online jdoe")(take_online)
    noun.add_typer(phone, name="phone")
    app.add_typer(noun, name="demo")


def start_demo(
    context: typer.Context,
    once: bool = typer.Option(False, "--once", help="End after the story; exit 0 when all of it happened."),
    devices: int = typer.Option(320, "--devices", min=10, max=100_000, help="Devices in the made-up Exchange."),
    seed: int = typer.Option(7, "--seed", help="The same seed makes the same people and phones."),
    kerberos: bool = typer.Option(False, "--kerberos", help="Sign in by tickets of a KDC of the demo's own."),
    folder: str = typer.Option("", "--folder", metavar="PATH", help="With --once: a new folder, which stays."),
) -> None:
    """Start everything against a made-up Exchange and play install, discovery, policy and a wipe."""
    if context.invoked_subcommand:
        return
    flags = ["--once"] if once else []
    if session_of(context).as_json:
        flags.append("--json")
    if kerberos:
        flags.append("--kerberos")
    if folder:
        flags += ["--folder", folder]
    become("exconn.demo", *flags, "--devices", str(devices), "--seed", str(seed))


def sync_phone(context: typer.Context, user: str = _WHO) -> None:
    """Have the phones contact Exchange now."""
    _move(session_of(context), user, "sync")


def enrol_phone(
    context: typer.Context,
    user: str = _WHO,
    same_object: bool = typer.Option(False, "--same-object", help="Keep the partnership's directory object."),
) -> None:
    """Enrol the phones again, as after a wipe."""
    _move(session_of(context), user, "enrol", form="same_object" if same_object else "new_object")


def take_offline(context: typer.Context, user: str = _WHO) -> None:
    """Take the phones off the network."""
    _move(session_of(context), user, "offline")


def take_online(context: typer.Context, user: str = _WHO) -> None:
    """Put the phones back on the network."""
    _move(session_of(context), user, "online")


def _move(session: CommandSession, user: str, what: str, **body: str) -> None:
    if not user or "/" in user:
        bad_input(f"{user!r} is no user", remedy=f"exconn demo phone {what} USER")
    from urllib.parse import quote

    found = session.simulator.post(f"/phones/{quote(user)}/{what}", dict(body))
    if session.out.as_json:
        session.out.json(found)
    else:
        session.out.name(f"{user}: {what}")
