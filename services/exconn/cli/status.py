"""`exconn status`: everything at a glance; exit 8 when there is a problem."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from exconn.cli.command_errors import Ended, ExitCode
from exconn.cli.output import moment, plain, short_moment
from exconn.cli.session import session_of
from exconn.cli.wrapping import sentence_width, wrapped

_MARKS = {"critical": "!"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("status", epilog="Example: exconn status --json")(show_status)


def show_status(context: typer.Context) -> None:
    """Show connectors, workers, jobs and problems; exit 8 when there is a problem."""
    session = session_of(context)
    found = session.monitor.get("/v1/overview")
    problems = found["problems"]
    if session.out.as_json:
        session.out.json(found)
    elif session.out.quiet:
        session.out.name("unhealthy" if problems else "healthy")
    else:
        width = sentence_width()
        for line in (*_overview(found, width), "", *problem_lines(problems, width)):
            session.out.line(line)
    if problems:
        raise Ended(ExitCode.UNHEALTHY)


def problem_lines(problems: list[Mapping[str, Any]], width: int) -> Iterator[str]:
    """The problems as text (pure): what, since when, and what to type next."""
    if not problems:
        yield "healthy"
        return
    critical = sum(problem["severity"] == "critical" for problem in problems)
    counted = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    yield f"{counted}, {critical} critical" if critical else counted
    for problem in problems:
        mark = _MARKS.get(problem["severity"], "-")
        yield from wrapped(_sentence(problem), width, first=f"{mark} ")
        # A command stays in one line, so that it can be copied.
        yield from [f"    {plain(problem['command'])}"] if problem["command"] else _remedy(problem, width)


def _sentence(problem: Mapping[str, Any]) -> str:
    whom = f"{plain(problem['connector'])}: " if problem["connector"] else ""
    since = f", since {short_moment(problem['since'])}" if problem["since"] else ""
    return f"{whom}{plain(problem['text'])}{since}"


def _remedy(problem: Mapping[str, Any], width: int) -> list[str]:
    return wrapped(plain(problem["remedy"]), width, first="    ")


def _overview(found: Mapping[str, Any], width: int) -> Iterator[str]:
    for connector in found["connectors"]:
        armed = ", ".join(connector["armed"]) or "nothing (observing)"
        yield from _labelled(
            "connector",
            f"{plain(connector['name'])}: {connector['state']}, {connector['devices']} devices, armed: {armed}",
            width,
        )
    if not found["connectors"]:
        yield "no connector yet: exconn connector sample > connector.toml"
    yield from _labelled("jobs", _counts(found["jobs"]), width)
    yield from _labelled("actions", _counts(found["actions"]), width)
    alive = sorted(worker["service"] for worker in found["workers"] if worker["alive"])
    yield from _labelled("running", ", ".join(alive) or "nothing", width)
    yield from _labelled("last message", moment(found["last_message"]), width)


def _labelled(label: str, text: str, width: int) -> list[str]:
    return wrapped(text, width, first=f"{label:<14}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
