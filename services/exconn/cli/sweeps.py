"""`exconn sweeps`: discoveries of the organization."""

from collections.abc import Iterator
from typing import Any

import typer

from exconn.cli.accepted import longest_wait, report_accepted
from exconn.cli.listing import show_list
from exconn.cli.options import ConnectorArgument, ConnectorOption, LimitOption, TimeoutOption, WaitOption
from exconn.cli.output import moment, plain, short_moment
from exconn.cli.reading import in_lines, in_short
from exconn.cli.send_request import send_request
from exconn.cli.session import session_of

_COLUMNS = ("job", "state", "devices", "complete", "started", "finished")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Discoveries: start one, look at them.", no_args_is_help=True)
    start = typer.Typer(help="Start a discovery.", no_args_is_help=True)
    start.command("full", epilog="Example: exconn sweeps start full --wait")(start_full)
    noun.add_typer(start, name="start")
    noun.command("list", epilog="Example: exconn sweeps list")(list_sweeps)
    noun.command("show", epilog="Example: exconn sweeps show sweep-abcdefghijklmnop")(show_sweep)
    app.add_typer(noun, name="sweeps")


def start_full(
    context: typer.Context,
    connector: ConnectorArgument = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = "1h",
) -> None:
    """Discover all devices and owners now; only reads."""
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    within = longest_wait(wait=wait, timeout=timeout)
    answer = send_request(session, RequestKind.SWEEP_START, session.connector(connector), Target(mode="full"))
    report_accepted(session, answer, within, said=f"full discovery accepted as {answer['job']}")


def list_sweeps(context: typer.Context, connector: ConnectorOption = None, limit: LimitOption = 20) -> None:
    """List discoveries, newest first."""
    empty = "no discovery yet; start one: exconn sweeps start full"
    show_list(
        session_of(context),
        "sweeps",
        _row,
        _COLUMNS,
        connector=connector,
        empty=empty,
        name="job",
        legend=_not_complete,
        limit=limit,
    )


def show_sweep(context: typer.Context, sweep: str = typer.Argument(..., metavar="JOB", help="Its job id.")) -> None:
    """Show one discovery and its parts."""
    session = session_of(context)
    found = session.monitor.get(f"/v1/jobs/{sweep}")
    reading = session.monitor.get(f"/v1/sweeps/{sweep}/reading")
    found["reading"] = reading
    pairs: list[tuple[str, object]] = [
        ("job", found["id"]),
        ("number", found["data"].get("number")),
        ("connector", found["connector"]),
        ("state", found["outcome"] or found["state"]),
        *([("reason", found["reason_text"])] if found["reason"] else []),
        ("started", moment(found["queued_at"])),
        ("finished", moment(found["settled_at"])),
        ("parts", _parts(found["children"])),
        *((name, found["data"].get(name)) for name in ("devices", "owners")),
        ("reading", in_short(reading)),
    ]
    session.out.record(found, pairs, name=found["id"])
    for line in in_lines(reading, found["connector"]):
        session.out.line(plain(line) if line else "")


def _not_complete(sweeps: list[dict[str, Any]]) -> Iterator[str]:
    """Below the list: how to see what the newest sweep could not read."""
    newest = next((sweep for sweep in sweeps if sweep["complete"] is not None), None)
    if newest and not newest["complete"]:
        yield f"what was not read: exconn sweeps show {newest['job']}"


def _row(sweep: dict[str, Any]) -> dict[str, object]:
    return {
        "job": sweep["job"],
        "state": sweep["outcome"] or sweep["state"],
        "devices": sweep["devices"],
        "complete": sweep["complete"],
        "started": short_moment(sweep["started_at"]),
        "finished": short_moment(sweep["finished_at"]),
    }


def _parts(parts: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in parts.items())
