"""What a second person is shown of an action that a brake holds: what was asked for, whatever a page says of its id.

The monitor hands over the bytes that the requester signed. Their digest is what a release is signed for, so who shows
other bytes has nothing released; and the phone is shown as far as it is the one that those bytes speak of.
"""

import base64
import binascii
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import CommandError, ExitCode
from exconn.cli.output import plain
from exconn.cli.session import CommandSession

if TYPE_CHECKING:
    from exconn.contracts.request import Request


def as_asked_for(session: CommandSession, job: dict[str, Any]) -> dict[str, Any]:
    """The held job with `held_for` as its release has to say it and, of what a brake holds, requester and `phone` as
    its requester signed them. Raises CommandError where what is shown is not that.
    """
    from exconn.contracts.hold_text import asked_of, hold_text
    from exconn.contracts.reasons import BRAKES

    if job["reason"] not in BRAKES:
        return job
    signed = _signed(job)
    request = _request(job, signed)
    held_for = hold_text(job["reason"], asked_of(signed))
    return {**job, "held_for": held_for, "requester": request.requester, "phone": _phone(session, job, request)}


def _signed(job: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(job.get("request") or ""), validate=True)
    except binascii.Error:
        return b""


def _request(job: dict[str, Any], signed: bytes) -> "Request":
    """What was signed, if it is about the connector, requester and device that are shown with the job."""
    from pydantic import ValidationError

    from exconn.contracts.request import Request

    if not signed:
        text = f"the monitor does not show what was asked for by {job['id']}"
        raise CommandError(ExitCode.UNREACHABLE, text, remedy="try again when the ledger answers: exconn status")
    try:
        request = Request.model_validate_json(signed)
    except ValidationError as exc:
        raise _not_so(job, "what was asked for") from exc
    shown = (job["connector"], job["requester"], job["device"])
    if shown != (request.connector, request.requester, request.target.device):
        raise _not_so(job, "connector, requester or device")
    return request


def _phone(session: CommandSession, job: dict[str, Any], request: "Request") -> str:
    """The phone in the words that are signed, if those are what its requester saw; else its GUID alone."""
    from exconn.contracts.seen import seen_of_shown

    guid, seen = str(request.target.device), request.target.seen
    if seen is None:
        return guid
    device = session.monitor.get(f"/v1/devices/{guid}", connector=request.connector)
    if seen_of_shown(request.nonce, device) != seen:
        raise _not_so(job, "the phone")
    parts = (device["owner_address"] or "no address", device["device_type"], device["device_id"])
    return ", ".join(plain(part) for part in parts)


def _not_so(job: dict[str, Any], what: str) -> CommandError:
    text = f"{job['id']} is not what its requester asked for: {what} shown with it differs"
    remedy = f"see exconn jobs show {job['id']}; if nothing has changed since, the monitor shows what is not so"
    return CommandError(ExitCode.REFUSED, text, remedy=remedy)
