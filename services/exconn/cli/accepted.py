"""The end of every verb that asked for something: print its id, follow it when told to."""

from datetime import timedelta
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

from exconn.cli.following import duration_of, follow, watch_line
from exconn.cli.output import plain
from exconn.cli.session import CommandSession


def longest_wait(*, wait: bool, timeout: str) -> timedelta | None:
    """How long to follow, or None. Asked before anything is requested, so that a typing error costs nothing."""
    within = duration_of(timeout)
    return within if wait else None


def report_accepted(session: CommandSession, answer: dict[str, Any], within: timedelta | None, *, said: str) -> None:
    """Report an accepted request; `said` is its line for people. Raises Ended as `follow` does."""
    job = answer.get("job")
    if within is not None and job:
        session.out.line(said)
        _tell_foreseen(session, answer)
        follow(session, job, within=within)
    elif session.out.as_json:
        session.out.json(answer)
    elif session.out.quiet:
        session.out.name(str(job or answer["request"]))
    else:
        session.out.line(said)
        _tell_foreseen(session, answer)
        if answer.get("state") == "held":
            session.out.line("held: a person must let it go on")
        if job:
            session.out.line(f"see: {watch_line(job)}")


def _tell_foreseen(session: CommandSession, answer: dict[str, Any]) -> None:
    """What is known already of why a worker will hold it, and what to do."""
    if "expected_hold" in answer.get("details", {}):
        for text in (f"it will be held: {answer['text']}.", answer["remedy"]):
            width = get_terminal_size().columns
            for line in wrap(plain(text), width, initial_indent="! ", subsequent_indent="  "):
                session.out.line(line)
