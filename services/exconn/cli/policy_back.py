"""Plans towards what was before: asking for one, and what is said of it beside its settings."""

from typing import TYPE_CHECKING, Any

from exconn.cli.output import plain
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession
from exconn.cli.wrapping import sentence_width, wrapped

if TYPE_CHECKING:
    from exconn.contracts.policy_towards import Towards


def ask_for_plan(session: CommandSession, connector: str, towards: "Towards | None") -> dict[str, Any]:
    """The answer that accepts the request for a plan, None: towards the definition. Raises CommandError."""
    from exconn.contracts.request import RequestKind, Target

    return send_request(session, RequestKind.POLICY_PLAN, connector, Target(towards=towards))


def is_back(found: dict[str, Any]) -> bool:
    """Whether a plan goes towards what was before."""
    return bool(_result(found).get("towards"))


def towards_of(found: dict[str, Any]) -> str:
    """Towards what a plan goes, as a person reads it."""
    from exconn.contracts.policy_towards import towards_text

    told = {name: str(value) for name, value in (_result(found).get("towards") or {}).items()}
    return plain(towards_text(told.get("goal", ""), group=told.get("group", ""), job=told.get("job", "")))


def tell_way_back(session: CommandSession, found: dict[str, Any]) -> None:
    """What a plan back leaves as it is, and that the definition would set again what it puts back."""
    from exconn.contracts.policy_towards import leaves_text

    if not session.out.for_people:
        return
    left, guarded = _result(found).get("left") or [], _result(found).get("guarded") or []
    if left:
        session.out.line("left as it is:")
    for each in left:
        values = f"{plain(each['found'])}, before {plain(each['before'])}"
        session.out.line(f"  {plain(each['parameter'])} ({values}): {plain(leaves_text(each['why']))}")
    if guarded:
        groups = ", ".join(plain(group) for group in guarded)
        again = f"the definition still guards {groups}: its next apply would set these again."
        for line in wrapped(again, sentence_width()):
            session.out.line(line)
        session.out.line("to take a group out, delete its settings from the definition and apply that:")
        session.out.line("  exconn connector apply FILE")


def _result(found: dict[str, Any]) -> dict[str, Any]:
    return found.get("result") or {}
