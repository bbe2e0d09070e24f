"""`exconn status`: everything at a glance; exit 8 when something needs a person."""

from typing import Any

import typer

from exconn.cli.command_errors import Ended, ExitCode
from exconn.cli.output import moment, plain
from exconn.cli.session import session_of

#: A projector further behind shows people an old world.
MOST_LAG_SECONDS = 60


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("status", epilog="Example: exconn status --json")(show_status)


def show_status(context: typer.Context) -> None:
    """Show connectors, workers, jobs and alarms; exit 8 when something needs a person."""
    session = session_of(context)
    found = session.monitor.get("/v1/overview")
    problems = problems_of(found)
    if session.out.as_json:
        session.out.json(found | {"problems": problems})
    elif session.out.quiet:
        session.out.name("unhealthy" if problems else "healthy")
    else:
        _show(session.out.line, found, problems)
    if problems:
        raise Ended(ExitCode.UNHEALTHY)


def problems_of(found: dict[str, Any]) -> list[str]:
    """What needs a person, each in one line (pure)."""
    problems = [f"{plain(alarm['text'])}: {plain(alarm['remedy'])}" for alarm in found.get("alarms", [])]
    if found["ledger"] != "reachable":
        problems.append("the ledger is out of reach: start it or correct EXCONN_LEDGER_URL")
    lag = found["projector"]["lag"]
    if lag is not None and lag > MOST_LAG_SECONDS:
        problems.append(f"what is shown is {lag:.0f} s old: look at the monitor's log")
    for connector in found["connectors"]:
        problems += _problems_of_connector(connector)
    alive = {worker["service"] for worker in found["workers"] if worker["alive"]}
    if any(connector["state"] != "removed" for connector in found["connectors"]):
        wanted = {"coordinator", "intake", "discovery"} | _needed(found["connectors"])
        problems += [f"no {service} is running: exconn run {service}" for service in sorted(wanted - alive)]
    return problems


def _problems_of_connector(connector: dict[str, Any]) -> list[str]:
    if connector["state"] == "flagged" and connector.get("last_error"):
        error = plain(connector["last_error"])
        return [f"connector {connector['name']} is not installed ({error}): exconn connector show {connector['name']}"]
    return []


def _needed(connectors: list[dict[str, Any]]) -> set[str]:
    return {feature for connector in connectors for feature in connector["armed"]}


def _show(line: Any, found: dict[str, Any], problems: list[str]) -> None:
    for connector in found["connectors"]:
        armed = ", ".join(connector["armed"]) or "nothing (observing)"
        line(
            f"connector {connector['name']}: {connector['state']}, {connector['devices']} devices, "
            f"armed: {armed}, switch: {plain(connector['switch'])}"
        )
    if not found["connectors"]:
        line("no connector yet: exconn connector sample > connector.toml")
    line(f"jobs:    {_counts(found['jobs'])}")
    line(f"actions: {_counts(found['actions'])}")
    alive = sorted(worker["service"] for worker in found["workers"] if worker["alive"])
    line(f"running: {', '.join(alive) or 'nothing'}")
    line(f"last message: {moment(found['last_message'])}")
    for problem in problems:
        line(f"! {problem}")
    if not problems:
        line("healthy")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
