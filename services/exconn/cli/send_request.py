"""Writing: a signed request to intake, sent again with the same bytes until it is answered."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.intake_door import IntakeDoor
from exconn.cli.session import CommandSession
from exconn.cli.signer import signed

if TYPE_CHECKING:
    from exconn.contracts.request import Audience, RequestKind, Target

PRESENT_WITHIN = timedelta(minutes=10)
VALID_FOR = timedelta(hours=72)
ATTEMPTS = 3


def send_request(
    session: CommandSession,
    kind: "RequestKind",
    connector: str,
    target: "Target | None" = None,
    *,
    reason: str = "",
    valid_for: timedelta = VALID_FOR,
    shown: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The answer that accepts the request. Raises CommandError when it is not accepted.

    `shown` is the device as it was shown: what the person saw is signed too.
    """
    body = _signed(session, kind, connector, target, reason, valid_for, shown)
    door = IntakeDoor(session)
    for attempt in range(ATTEMPTS):
        try:
            answer = door.answer_to(body)
        except CommandError:
            if attempt + 1 < ATTEMPTS:
                continue
            raise
        if answer.get("status") == "accepted":
            found: dict[str, Any] = answer
            return found
        if answer.get("status") != "unconfirmed":
            raise _refused(answer)
    text = "not confirmed: it may run, or not"
    raise CommandError(ExitCode.UNREACHABLE, text, remedy="see with exconn jobs list, then ask again")


def _signed(
    session: CommandSession,
    kind: "RequestKind",
    connector: str,
    target: "Target | None",
    reason: str,
    valid_for: timedelta,
    shown: Mapping[str, Any] | None,
) -> bytes:
    from exconn.contracts.request import MAX_ENVELOPE, Request, Target
    from exconn.contracts.seen import seen_of_shown

    now, nonce = datetime.now(UTC), secrets.token_urlsafe(18)
    seen = None if shown is None else seen_of_shown(nonce, shown)
    try:
        request = Request(
            kind=kind,
            audience=_audience(session, connector, acts=shown is not None),
            connector=connector,
            target=(target or Target()).model_copy(update={"seen": seen}),
            reason=reason,
            requester=session.context.need("requester"),
            nonce=nonce,
            present_by=now + PRESENT_WITHIN,
            valid_until=now + valid_for,
        )
    except ValueError as exc:
        raise _unusable(exc) from exc
    envelope = signed(session, request).model_dump_json().encode()
    if len(envelope) > MAX_ENVELOPE:
        problem = f"the request is longer than {MAX_ENVELOPE} bytes"
        raise CommandError(ExitCode.BAD_INPUT, problem, remedy="name fewer things at a time")
    return envelope


def _audience(session: CommandSession, connector: str, *, acts: bool) -> "Audience":
    """For whom it is signed; an action on a device also for the organization that its connector shows."""
    from exconn.contracts.request import Audience

    shown = session.monitor.get(f"/v1/connectors/{connector}")["organization"] if acts else None
    return Audience(deployment=session.context.deployment, organization=shown)


def _unusable(exc: ValueError) -> CommandError:
    from pydantic import ValidationError

    if not isinstance(exc, ValidationError):
        return CommandError(ExitCode.BAD_INPUT, str(exc), remedy="see exconn --help")
    first = exc.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return CommandError(ExitCode.BAD_INPUT, f"{field}: {first['msg']}", remedy="correct it and type it again")


def _refused(answer: dict[str, Any]) -> CommandError:
    from exconn.contracts.refusals import row_of

    code = ExitCode(row_of(str(answer.get("error"))).exit_code)
    text = str(answer.get("text") or answer.get("error") or "intake gave an answer that is not understood")
    problems = (answer.get("details") or {}).get("problems")
    if problems:
        text = "\n".join(str(problem) for problem in problems)
    return CommandError(code, text, remedy=str(answer.get("remedy") or "see exconn status"))
