"""Following a job to its end, message by message, and what its end means to the exit code.

`options.py` has --wait and --timeout, `accepted.py` follows what was just accepted.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from exconn.cli.command_errors import CommandError, Ended, ExitCode
from exconn.cli.output import clock, plain
from exconn.cli.session import CommandSession
from exconn.cli.wrapping import terminal_width, wrapped

#: One question waits this long for the next message; proxies wait longer than that.
LOOK = timedelta(seconds=15)

#: A wipe of Outlook that was sent is as done as it can be.
_CODE_OF_OUTCOME = {"succeeded": ExitCode.DONE, "unreported": ExitCode.DONE, "refused": ExitCode.REFUSED}
#: "Job claimed by a worker": each look of a long action is one.
_UNTOLD = {50101}
#: The first call finds the messages of a job from its beginning.
_BEGINNING = 0


def duration_of(text: str) -> timedelta:
    """A duration such as 30s, 10m or 2h. Raises CommandError."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdigit() or not 0 < int(number) < 1_000_000:
        raise CommandError(ExitCode.BAD_INPUT, f"{text!r} is no duration", remedy="write it like 30s, 10m or 2h")
    return timedelta(seconds=int(number) * units[unit])


def messages_after(
    session: CommandSession, *, within: timedelta, after: int | None = _BEGINNING, **wanted: str
) -> Iterator[dict[str, Any]]:
    """Status messages as they come, until the time is up."""
    deadline = time.monotonic() + within.total_seconds()
    place: dict[str, Any] = {"after": after}
    while (left := deadline - time.monotonic()) > 0:
        wait = min(LOOK.total_seconds(), left)
        found = session.monitor.get("/v1/messages", within=LOOK * 2, wait=round(wait, 2), limit=500, **place, **wanted)
        yield from found["messages"]
        place = {"after": found["next"], "after_record": found.get("next_record", "")}


def show_message(session: CommandSession, message: dict[str, Any]) -> None:
    """One message as a line."""
    mark = {"W": "! ", "E": "!!"}.get(message["severity"], "  ")
    for line in wrapped(plain(message["text"]), terminal_width(), first=f"{clock(message['at'])} {mark} "):
        session.out.line(line)


def follow(session: CommandSession, job: str, *, within: timedelta, report: bool = True) -> None:
    """Show the messages of a job until it ends. Raises Ended unless it succeeded; held is an end too.

    `report=False` leaves the JSON of a success to the caller.
    """
    try:
        shown = ""
        for message in messages_after(session, within=within, job=job):
            if message["number"] not in _UNTOLD and message["text"] != shown:
                shown = message["text"]
                show_message(session, message)
            if message["state"] == "settled":
                _end_settled(session, job, message, report=report)
                return
            if message["state"] == "held":
                _end_if_held(session, job)
    except CommandError as exc:
        if exc.code is ExitCode.UNREACHABLE:
            session.out.note(f"{job} goes on without this command: {watch_line(job)}")
        raise
    if session.out.as_json:
        session.out.json({"job": job, "state": "running"})
    session.out.note(f"{job} goes on; see: {watch_line(job)}")
    raise Ended(ExitCode.STILL_RUNNING)


def watch_line(job: str) -> str:
    """What to type to see a job go on."""
    from exconn.contracts.next_commands import watch_command

    return watch_command(job).line


def _end_if_held(session: CommandSession, job: str) -> None:
    """Raises Ended when the job is held now; it may have been held and released before."""
    found = session.monitor.get(f"/v1/jobs/{job}")
    if found["state"] != "held":
        return
    if session.out.as_json:
        told = {name: found[name] for name in ("state", "reason", "reason_text", "remedy", "data")}
        session.out.json({"job": job, "outcome": "held", **told})
    session.out.note(f"held: {plain(found['reason_text'])}")
    note_next(session, found)
    raise Ended(ExitCode.HELD)


def show_end_of_job(session: CommandSession, found: dict[str, Any]) -> None:
    """Below the fields of a job: its messages and, where a person has to act, how."""
    for message in found["messages"]:
        show_message(session, message)
    if found["state"] == "held":
        session.out.note(plain(found["remedy"]))
        note_next(session, found)


def note_next(session: CommandSession, found: dict[str, Any]) -> None:
    """What to type next about a job, one command a line."""
    from exconn.contracts.next_commands import next_commands

    known = {name: found[name] or "" for name in ("state", "reason", "outcome", "device")}
    for command in next_commands(found["id"], found["connector"], **known):
        session.out.note(f"  {command.does}:\n    {command.line}")


def _end_settled(session: CommandSession, job: str, message: dict[str, Any], *, report: bool) -> None:
    """Raises Ended unless the job succeeded."""
    data = message["data"]
    outcome = str(data.get("outcome") or message["state"])
    if session.out.as_json and (report or outcome != "succeeded"):
        session.out.json({"job": job, "state": message["state"], "outcome": outcome, "data": data})
    code = _CODE_OF_OUTCOME.get(outcome, ExitCode.FAILED)
    if code is not ExitCode.DONE:
        session.out.note(f"{job} ended as {outcome}:")
        note_next(session, session.monitor.get(f"/v1/jobs/{job}"))
        raise Ended(code)
