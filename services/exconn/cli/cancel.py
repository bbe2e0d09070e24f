"""Cancelling a job, whichever noun names it."""

from typing import Any

from exconn.cli.accepted import report_accepted
from exconn.cli.confirmation import confirm
from exconn.cli.send_request import send_request
from exconn.cli.session import CommandSession


def cancel(session: CommandSession, found: dict[str, Any], shown: str, *, reason: str, yes: bool) -> None:
    """Show what the job `found` is, ask, and request that it is cancelled."""
    from exconn.contracts.request import RequestKind, Target

    session.out.line(f"{found['id']}: {shown}")
    confirm(session, "Cancel it?", yes=yes)
    target = Target(jobs=(found["id"],))
    answer = send_request(session, RequestKind.JOB_CANCEL, found["connector"], target, reason=reason)
    report_accepted(session, answer, None, said="; ".join(answer["details"]["results"]))
