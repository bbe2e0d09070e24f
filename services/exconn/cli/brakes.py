"""`exconn brakes`: the kill switch, what is held, and letting it go on."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from exconn.cli.accepted import report_accepted
from exconn.cli.changes import list_pending, pending, release_change, report_pending
from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.confirmation import confirm
from exconn.cli.held_action import as_asked_for
from exconn.cli.job_fields import reasons_below
from exconn.cli.options import ConnectorArgument, ConnectorOption, ReasonOption, YesOption
from exconn.cli.output import plain, short_moment
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession, session_of

_COLUMNS = ("id", "reason", "requester", "asked")
_WRAP = ("reason", "requester")
#: What people call the sorts of actions that the breaker counts apart.
_SORTS = {"erase": "wipes", "disconnect": "removals"}


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Brakes: the kill switch, and what is held for a person.", no_args_is_help=True)
    noun.command("show", epilog="Example: exconn brakes show")(show_brakes)
    noun.command("pause", epilog="Example: exconn brakes pause --all --reason 'strange requests'")(pause)
    noun.command("resume", epilog="Example: exconn brakes resume")(resume)
    noun.command("release", epilog="Example: exconn brakes release --count 5")(release)
    app.add_typer(noun, name="brakes")


def show_brakes(context: typer.Context, connector: ConnectorArgument = None) -> None:
    """Show the kill switch, the breaker's counts and every held job."""
    session = session_of(context)
    found = session.monitor.get(f"/v1/brakes/{session.connector(connector)}")
    session.out.fields([("switch", found["switch"]), *_who(found), *_counts(found["windows"] or {})])
    session.out.line()
    rows = [_row(job) for job in found["held"]]
    changes = pending(session)
    shown = {**found, "changes": changes}
    session.out.listing(shown, rows, _COLUMNS, name="id", empty="nothing is held", wrap=_WRAP)
    if rows:
        session.out.line("what one needs: exconn jobs show ID")
    list_pending(session, changes)


def _who(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Who turned the kill switch on, and who may turn it off."""
    if found["switch"] == "paused" and found["paused_by"]:
        yield "paused by", f"{found['paused_by']}, since {short_moment(found['paused_at'])}"
        yield "may resume", f"{found['paused_by']}; while actions wait, one who has none; or two persons"
        yield "", "with a single administrator: an hour after the pause"
    elif found["switch"] == "paused":
        yield "may resume", "whoever has the right to: nobody paused it"


def _counts(windows: dict[str, dict[str, int]]) -> Iterator[tuple[str, str]]:
    """How many actions of each sort passed the circuit breaker lately; but for wipes, only sorts that had some."""
    for check, counts in windows.items():
        if check == "erase" or any(counts.values()):
            yield _SORTS.get(check, check), ", ".join(f"{count} in {window}" for window, count in counts.items())


def pause(
    context: typer.Context,
    connector: ConnectorArgument = None,
    everyone: bool = typer.Option(False, "--all", help="Every connector; goes on past those that fail."),
    reason: ReasonOption = "",
) -> None:
    """Stop every wipe, removal, block and policy write before it begins. Does not ask: it is the emergency brake."""
    from exconn.contracts.request import RequestKind

    session = session_of(context)
    if everyone:
        _pause_all(session, connector, reason)
        return
    name = session.connector(connector)
    answer = send_request(session, RequestKind.PAUSE, name, reason=reason)
    report_accepted(session, answer, None, said=_paused(name))


def _pause_all(session: CommandSession, named: str | None, reason: str) -> None:
    from exconn.contracts.request import RequestKind

    if named:
        raise CommandError(ExitCode.BAD_INPUT, f"either {named} or --all", remedy="exconn brakes pause --all")
    known = session.monitor.get("/v1/connectors")["connectors"]
    names = [str(found["name"]) for found in known if found["state"] != "removed"]
    if not names:
        raise CommandError(ExitCode.NOT_FOUND, "there is no connector", remedy="exconn connector list")
    answers: list[dict[str, Any]] = []
    failed: dict[str, CommandError] = {}
    for name in names:
        try:
            answers.append({"connector": name, **send_request(session, RequestKind.PAUSE, name, reason=reason)})
        except CommandError as exc:
            failed[name] = exc
            continue
        session.out.line(_paused(name))
        if session.out.quiet:
            session.out.name(name)
    if session.out.as_json:
        session.out.json(answers)
    if failed:
        raise _not_all_paused(failed)


def _paused(name: str) -> str:
    return f"{name} is paused; let it go on with: exconn brakes resume {name}"


def _not_all_paused(failed: dict[str, CommandError]) -> CommandError:
    """One error for those that may still act; the exit code of the first."""
    first = next(iter(failed.values()))
    texts = [f"{name} is not known to be paused: {error.text}" for name, error in failed.items()]
    return CommandError(first.code, "\n".join(texts), remedy=first.remedy)


def resume(
    context: typer.Context, connector: ConnectorArgument = None, reason: ReasonOption = "", yes: YesOption = False
) -> None:
    """Let stopped jobs go on, in their order and through the breaker; up to who paused, or two persons. Asks first."""
    from exconn.contracts.request import RequestKind

    session = session_of(context)
    name = session.connector(connector)
    confirm(session, f"Let {name} act on devices and policy again?", yes=yes)
    answer = send_request(session, RequestKind.RESUME, name, reason=reason)
    if "change" in answer["details"]:
        report_pending(session, answer, said=f"{plain(answer['text'])}; a second person must release:")
    report_accepted(session, answer, None, said=f"{name} is running")


def release(
    context: typer.Context,
    jobs: Annotated[list[str] | None, typer.Argument(metavar="[JOB]...", help="Held jobs, or one change.")] = None,
    count: int = typer.Option(0, "--count", min=0, max=500, help="The oldest N that the brakes hold."),
    connector: ConnectorOption = None,
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> None:
    """Let named held jobs go on, each once, or one pending change take effect. Needs a second person. Asks first."""
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    if changes := [name for name in jobs or [] if name.startswith("change-")]:
        _release_change(session, changes, jobs or [], reason, yes=yes)
        return
    name = session.connector(connector)
    held = _chosen(session.monitor.get(f"/v1/brakes/{name}")["held"], jobs or [], count)
    chosen = [as_asked_for(session, job) for job in held]
    _preview(session, chosen)
    confirm(session, f"Release these {len(chosen)}?", yes=yes)
    target = Target(jobs=tuple(job["id"] for job in chosen), held_for=tuple(job["held_for"] for job in chosen))
    answer = send_request(session, RequestKind.RELEASE, name, target, reason=reason)
    report_accepted(session, answer, None, said=f"released {answer['details']['count']}")


def _release_change(session: CommandSession, changes: list[str], named: list[str], reason: str, *, yes: bool) -> None:
    if len(named) != 1:
        raise CommandError(ExitCode.BAD_INPUT, "a change stands beside others", remedy="release one change at a time")
    answer = release_change(session, changes[0], reason=reason, yes=yes)
    report_accepted(session, answer, None, said=f"{changes[0]} is released and in effect")


def _chosen(held: list[dict[str, Any]], named: list[str], count: int) -> list[dict[str, Any]]:
    from exconn.contracts.reasons import BRAKES

    if bool(named) == bool(count):
        raise CommandError(ExitCode.BAD_INPUT, "name the jobs, or say --count N", remedy="exconn brakes show")
    known = {job["id"]: job for job in held}
    unknown = [job for job in named if job not in known]
    if unknown:
        raise CommandError(ExitCode.NOT_FOUND, f"{unknown[0]} is not held", remedy="exconn brakes show")
    if named:
        return [known[job] for job in named]
    # Other reasons are each a person's own decision.
    oldest = sorted((job for job in held if job["reason"] in BRAKES), key=lambda job: job["queued_at"] or "")
    if not oldest:
        raise CommandError(ExitCode.NOT_FOUND, "the brakes hold nothing", remedy="exconn brakes show")
    return oldest[:count]


def _preview(session: CommandSession, chosen: list[dict[str, Any]]) -> None:
    """What is to be released, each with its phone; below, for what they are held."""
    if session.out.for_people:
        rows = [{**_row(job), "phone": job.get("phone", "")} for job in chosen]
        session.out.listing(chosen, rows, ("id", "phone", "requester", "asked"), name="id", empty="", wrap=("phone",))
        session.out.line()
        for line in reasons_below([{**job, "state": "held"} for job in chosen]):
            session.out.line(line)


def _row(job: dict[str, Any]) -> dict[str, object]:
    return {
        "id": job["id"],
        "reason": job["reason_text"],
        "requester": job["requester"],
        "asked": short_moment(job["queued_at"]),
    }
