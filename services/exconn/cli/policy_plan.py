"""How a plan of policy is shown: like a diff, with whom it is about and what those do with it."""

from typing import Any

from exconn.cli.output import moment, plain
from exconn.cli.policy_back import is_back, tell_way_back, towards_of
from exconn.cli.session import CommandSession
from exconn.cli.wrapping import sentence_width, wrapped


def show_plan(session: CommandSession, found: dict[str, Any]) -> None:
    """Its fields, the settings that differ, and the known devices by class of client."""
    drift = found["drift"]
    in_step = "in step with Exchange, as far as it has them" if _lacked(found) else "in step with Exchange"
    in_step = "nothing to put back" if is_back(found) else in_step
    settings = f"{count_of(drift)} differ{_second_person(drift)}" if drift else in_step
    compared = moment(found["planned_at"])
    session.out.fields(
        [
            ("plan", found["plan"]),
            ("towards", towards_of(found)),
            ("policy", found["policy"]),
            ("compared", compared),
            ("settings", settings),
        ]
    )
    _lacking(session, found)
    tell_way_back(session, found)
    if not drift or not session.out.for_people:
        return
    session.out.line()
    for change in drift:
        _difference(session, change)
    session.out.line()
    _clients(session, found.get("clients"))
    session.out.line("write what is wanted with: exconn policy apply")


def _difference(session: CommandSession, change: dict[str, Any]) -> None:
    """One setting: what Exchange has, and what is wanted of it."""
    from exconn.connector import place_of, rule_of

    parameter, follows = plain(change["parameter"]), change.get("follows")
    place, rule = place_of(parameter), rule_of(parameter)
    told = f"{parameter}, by Exchange itself with {plain(follows)}" if follows else parameter
    session.out.line(f"{told} ({place})" if place and not follows else told)
    for sign, value in (("-", change["found"]), ("+", change["wanted"])):
        for line in wrapped(plain(value), sentence_width(), first=f"  {sign} "):
            session.out.line(line)
    if change["dangerous"]:
        for line in wrapped(f"a second person must see it ({rule})", sentence_width(), first="  ! "):
            session.out.line(line)


def _second_person(drift: list[dict[str, Any]]) -> str:
    dangerous = count_of([row for row in drift if row["dangerous"]])
    return f", {dangerous} of them for a second person to see" if dangerous else ""


def count_of(drift: list[dict[str, Any]]) -> int:
    """How many settings are written: what Exchange changes by itself beside them is shown, and not counted."""
    return len([row for row in drift if not row.get("follows")])


def _lacked(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What is wanted and not written; a plan of an earlier version does not say."""
    return (found.get("result") or {}).get("lacking") or []


def _lacking(session: CommandSession, found: dict[str, Any]) -> None:
    from exconn.contracts.policy_lacking import lacks_text

    lacking = _lacked(found)
    if not session.out.for_people or not lacking:
        return
    session.out.line("not written, as Exchange does not have it here:")
    for each in lacking:
        session.out.line(f"  {plain(each['parameter'])}: {plain(lacks_text(each['why']))}")


def _clients(session: CommandSession, found: list[dict[str, Any]] | None) -> None:
    """Whom it is about, and what they do with it; a monitor of an earlier version does not say."""
    if found is None:
        return
    from exconn.contracts import ClientClass, client_text
    from exconn.contracts.policy_reach import Obeys, PolicyReach, reach_text

    session.out.line("known devices of mailboxes that have this policy:")
    rows = []
    for each in found:
        reach = PolicyReach(Obeys(each["obeys"]), tuple(each["settings"]), tuple(each["on_android"]))
        name = client_text(ClientClass(each["client"]))
        rows.append({"client": name, "devices": each["devices"], "these_settings": plain(reach_text(reach))})
    columns = ("client", "devices", "these_settings")
    session.out.listing(found, rows, columns, name="client", empty="none", wrap=("these_settings",))
