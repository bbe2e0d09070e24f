"""Pending changes on the command line: listed with their age, shown as a diff, released as they were shown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from exconn.cli.command_errors import CommandError, Ended, ExitCode
from exconn.cli.confirmation import confirm
from exconn.cli.output import plain, short_moment
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession
from exconn.cli.wrapping import terminal_width, wrapped

_LATER = "Released, it counts now. Otherwise it counts later by itself, unless the registry is changed."
_COLUMNS = ("id", "connector", "by", "waits", "expires")
#: What people read of why a difference needs a second person.
WHY = {
    "widens_limit": "widens a brake",
    "later_deadline": "follows a wipe for longer before a person is asked",
    "moves_address": "sends the accounts to another address",
    "other_organization": "names another Exchange organization, for which no brake has counted anything",
    "weaker_sign_in": "signs in in a way that shows more of the secret",
    "other_sign_in": "signs in or trusts in another way",
    "other_secret": "reads another secret file",
    "other_account": "uses another account",
    "new_connector": "a connector that was not there, with brakes of its own",
    "other_setting": "a setting that was never judged to be harmless",
    "resumes": "lets stopped actions go on",
    "new_key": "a new key, which may release and resume later by itself",
    "wider_rights": "added to a requester, who may use it later by itself",
    "single_administrator": "lets one person alone release and resume",
    "fewer_hardware_keys": "takes requests without a touch that needed one",
}


def pending(session: CommandSession, connector: str = "") -> list[dict[str, Any]]:
    """The changes that wait, of one connector or of all."""
    found: list[dict[str, Any]] = session.monitor.get("/v1/changes", connector=connector)["changes"]
    return found


def pending_change(session: CommandSession, name: str) -> dict[str, Any]:
    """One change that waits. Raises CommandError."""
    found = next((change for change in pending(session) if change["id"] == name), None)
    if found is None:
        raise CommandError(ExitCode.NOT_FOUND, f"{name} is not pending", remedy="exconn brakes show")
    return found


def list_pending(session: CommandSession, changes: Sequence[dict[str, Any]]) -> None:
    """A table of changes, and what to type; nothing where nothing waits."""
    if not changes or not session.out.for_people:
        return
    session.out.line()
    session.out.line("changes that wait for a second person:")
    rows = [_row(change) for change in changes]
    session.out.listing(changes, rows, _COLUMNS, name="id", empty="", wrap=("by",))
    session.out.line(f"see and release one: exconn brakes release {changes[0]['id']}")


def show_differences(session: CommandSession, differences: Iterable[dict[str, str]]) -> None:
    """A diff: of each value the field, what holds now, what would hold, and why that needs a second person."""
    for one in differences:
        lines = [("", one["field"])]
        lines += [(f"  {sign} ", one[side]) for sign, side in (("-", "old"), ("+", "new")) if one[side]]
        lines.append(("    ", WHY.get(one["why"], one["why"])))
        for first, text in lines:
            for line in wrapped(plain(text), terminal_width(), first=first):
                session.out.line(line)


def release_change(session: CommandSession, name: str, *, reason: str, yes: bool) -> dict[str, Any]:
    """Show one change, ask, and release exactly what was shown. Raises CommandError."""
    from exconn.connector import ChangeKind, PendingChange
    from exconn.contracts.request import RequestKind, Target

    found = pending_change(session, name)
    change = PendingChange.model_validate(found)
    session.out.line(f"{name}: proposed by {plain(change.by)} {_age(change.at)} ago, for {change.connector or 'all'}")
    show_differences(session, found["differences"])
    if change.kind is ChangeKind.REGISTRY:
        for line in wrapped(_LATER, terminal_width()):
            session.out.line(line)
    confirm(session, "Let this take effect?", yes=yes)
    # What was shown, not what the monitor says it is: another one is refused.
    target = Target(jobs=(change.id,), digest=change.shown)
    connector = change.connector or session.connector(None)
    return send_request(session, RequestKind.RELEASE, connector, target, reason=reason)


def report_pending(session: CommandSession, answer: dict[str, Any], *, said: str) -> NoReturn:
    """Say what waits for a second person; `said` is the first line for people. Raises Ended."""
    change = answer["details"]["change"]
    if session.out.as_json:
        session.out.json(answer)
    elif session.out.quiet:
        session.out.name(change)
    else:
        session.out.line(said)
        show_differences(session, answer["details"]["differences"])
        session.out.line(f"release it: exconn brakes release {change}")
        session.out.line(f"give it up: exconn jobs cancel {change}")
    raise Ended(ExitCode.HELD)


def _row(change: dict[str, Any]) -> dict[str, object]:
    return {
        "id": change["id"],
        "connector": change["connector"] or "all",
        "by": change["by"],
        "waits": _age(datetime.fromisoformat(change["at"])),
        "expires": short_moment(change["expires_at"]),
    }


def _age(at: datetime) -> str:
    minutes = max(0, int((datetime.now(UTC) - at).total_seconds() // 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
