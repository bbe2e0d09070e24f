"""What to type next about a job: one answer for the command line, the console and every remedy that names a command."""

from collections.abc import Iterator
from typing import NamedTuple

from exconn.contracts.kinds import row_of
from exconn.contracts.names import Service
from exconn.contracts.reason_texts import Step, steps_for
from exconn.contracts.reasons import TROUBLES, HoldReason

#: Of these, nobody asks for another one just because they ended.
_AS_WANTED = ("", "succeeded", "cancelled", "unreported")


class NextCommand(NamedTuple):
    """What to type, and what it does."""

    line: str
    does: str


def next_commands(
    job: str, connector: str, *, state: str = "", reason: str = "", outcome: str = "", device: str = ""
) -> tuple[NextCommand, ...]:
    """The commands about a job as it stands, the most useful one first. Any kind and reason will do."""
    if state == "settled":
        return (*_again(job, connector, outcome, device), show_command(job))
    if state == "held" or reason in TROUBLES:
        return (*_ways_out(job, connector, reason), show_command(job))
    return (watch_command(job), cancel_command(job))


def watch_command(job: str) -> NextCommand:
    """How to see a job go on."""
    noun, verb = _follow(job)
    does = "wait for its end" if verb == "follow" else "show it as text"
    return NextCommand(f"exconn {noun} {verb} {job}", does)


def show_command(job: str) -> NextCommand:
    """How to look at a job."""
    return NextCommand(f"exconn {_follow(job)[0]} show {job}", "show it as text")


def cancel_command(job: str) -> NextCommand:
    """How to give a job up."""
    if _follow(job)[0] == "actions":
        return NextCommand(f"exconn actions cancel {job}", "take it back while that is possible")
    return NextCommand(f"exconn jobs cancel {job}", "give it up")


def _follow(job: str) -> tuple[str, str]:
    row = row_of(job)
    return row.follow if row else ("jobs", "show")


def _ways_out(job: str, connector: str, reason: str) -> Iterator[NextCommand]:
    """What a job needs that is held, or that waits for something to be corrected, by its reason."""
    feature = _feature(job)
    if reason == HoldReason.NOT_ARMED and feature:
        yield NextCommand(f"exconn connector arm {connector} {feature}", "arm the connector")
    if reason in TROUBLES:
        yield NextCommand(f"exconn doctor {connector}", "find out what is wrong, on the worker's machine")
    for step in steps_for(reason):
        if step is Step.RELEASE:
            line = f"exconn brakes release {job} --connector {connector}"
            yield NextCommand(line, "let it go on; a second person may have to")
        elif step in (Step.RETRY, Step.FIX_THEN_RETRY):
            does = "try it again" if step is Step.RETRY else "try it again once that is corrected"
            yield NextCommand(f"exconn jobs retry {job}", does)
        elif step is Step.WAIT:
            yield watch_command(job)
        elif step is Step.CANCEL:
            yield cancel_command(job)


def _again(job: str, connector: str, outcome: str, device: str) -> Iterator[NextCommand]:
    """How to ask once more for what did not succeed."""
    row = row_of(job)
    again = row.again if row and outcome not in _AS_WANTED else ""
    if again and (device or "{device}" not in again):
        yield NextCommand(f"exconn {again.format(connector=connector, device=device)}", "ask for it again")


def _feature(job: str) -> str:
    """What a connector must be armed for, for a job of that kind; empty where nothing is needed."""
    row = row_of(job)
    return row.service.value if row and row.service in (Service.POLICY, Service.ACTIONS) else ""
