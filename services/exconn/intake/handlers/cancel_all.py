"""Cancelling several jobs: one that is not confirmed keeps no other from being cancelled."""

from collections.abc import Iterable

from exconn.intake.context import RequestContext
from exconn.ledger import UnconfirmedError


def cancel_all(context: RequestContext, job_ids: Iterable[str]) -> tuple[list[str], UnconfirmedError | None]:
    """Cancel every job; what became of each, and the first UnconfirmedError, which is for the caller to raise.

    The same bytes would meet that job first again, and never get to those behind it.
    """
    results: list[str] = []
    unconfirmed: UnconfirmedError | None = None
    for job_id in job_ids:
        try:
            results.append(f"{job_id} {context.intake.ledger.cancel(job_id, by=context.by)}")
        except UnconfirmedError as exc:
            unconfirmed = unconfirmed or exc
    return results, unconfirmed
