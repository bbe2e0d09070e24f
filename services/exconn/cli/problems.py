"""`exconn problems`: what is wrong now, and taking a finding off that list once a person has looked."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from exconn.cli.accepted import report_accepted
from exconn.cli.command_errors import CommandError, ExitCode, bad_input
from exconn.cli.confirmation import confirm
from exconn.cli.options import LimitOption, YesOption
from exconn.cli.output import plain, short_moment
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession, session_of
from exconn.cli.wrapping import sentence_width, wrapped

_COLUMNS = ("severity", "code", "connector", "since", "problem")
_ACKNOWLEDGED = ("code", "finding", "at", "by", "because", "problem")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Problems: what is wrong now.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn problems list")(list_problems)
    example = "Example: exconn problems acknowledge records_missing 12-15 --reason 'stream trimmed by hand, see ticket'"
    noun.command("acknowledge", epilog=example)(acknowledge)
    app.add_typer(noun, name="problems")


def list_problems(
    context: typer.Context,
    acknowledged: bool = typer.Option(False, "--acknowledged", help="Findings that people have acknowledged."),
    limit: LimitOption = 50,
) -> None:
    """List what is wrong, the worst first; exit 0 whatever it is (see exconn status)."""
    session = session_of(context)
    if acknowledged:
        found = session.monitor.get("/v1/problems/acknowledged", limit=limit)
        rows = [_acknowledged(each) for each in found["acknowledged"]]
        wrap = ("finding", "by", "because", "problem")
        session.out.listing(found, rows, _ACKNOWLEDGED, name="finding", empty="nothing was acknowledged", wrap=wrap)
        return
    found = session.monitor.get("/v1/problems")
    rows = [_row(each) for each in found["problems"][:limit]]
    session.out.listing(found, rows, _COLUMNS, name="code", empty="healthy", wrap=("connector", "problem"))
    if session.out.for_people:
        for line in _what_to_do(found["problems"][:limit]):
            session.out.line(line)


def acknowledge(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The problem's code, such as records_missing.")],
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Which one: the numbers that it is about.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What was found out; goes on record.")],
    yes: YesOption = False,
) -> None:
    """Say that somebody has looked at one finding: it is history then, and a new one is a new problem. Asks first."""
    from exconn.contracts.findings import FindingCode
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    if not reason.strip():
        bad_input("no reason", remedy="say what was found out, with --reason TEXT")
    stands = _standing(session, code, finding)
    confirm(session, f"Acknowledge: {plain(stands['text'])}?", yes=yes)
    target = Target(problem=FindingCode(code), finding=finding)
    answer = send_request(session, RequestKind.PROBLEM_ACKNOWLEDGE, session.connector(None), target, reason=reason)
    report_accepted(session, answer, None, said=f"{code} {finding} is acknowledged")


def _standing(session: CommandSession, code: str, finding: str) -> dict[str, Any]:
    problems: list[dict[str, Any]] = session.monitor.get("/v1/problems")["problems"]
    for problem in problems:
        if problem["finding"] and (problem["code"], problem["finding"]) == (code, finding):
            return problem
    raise CommandError(ExitCode.NOT_FOUND, f"no open finding {code} {finding}", remedy="exconn problems list")


def _what_to_do(problems: list[dict[str, Any]]) -> Iterator[str]:
    """Below the list, for each problem: what to type, or what a person can do."""
    for number, problem in enumerate(problems):
        if not number:
            yield ""
        # A command stays in one line, so that it can be copied.
        remedy = wrapped(plain(problem["remedy"]), sentence_width(), first="  ")
        yield f"{problem['code']}:"
        yield from [f"  {plain(problem['command'])}"] if problem["command"] else remedy


def _row(problem: dict[str, Any]) -> dict[str, object]:
    return {**problem, "since": short_moment(problem["since"]), "problem": problem["text"]}


def _acknowledged(found: dict[str, Any]) -> dict[str, object]:
    return {**found, "at": short_moment(found["acknowledged_at"]), "problem": found["text"]}
