"""`exconn jobs`: all work, of every kind."""

from typing import Annotated, Any

import typer

from exconn.cli.accepted import longest_wait, report_accepted
from exconn.cli.cancel import cancel
from exconn.cli.changes import pending_change
from exconn.cli.following import show_end_of_job
from exconn.cli.job_fields import job_fields, reasons_below
from exconn.cli.listing import show_list
from exconn.cli.options import (
    AfterOption,
    ConnectorOption,
    LimitOption,
    ReasonOption,
    StateOption,
    TimeoutOption,
    WaitOption,
    YesOption,
)
from exconn.cli.output import short_moment
from exconn.cli.send_request import send_request
from exconn.cli.session import session_of

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Job id.")]
_COLUMNS = ("id", "state", "connector", "changed")


def register(app: typer.Typer) -> None:
    """Add the noun."""
    noun = typer.Typer(help="Jobs of every kind: look, retry, cancel.", no_args_is_help=True)
    noun.command("list", epilog="Example: exconn jobs list --state held")(list_jobs)
    noun.command("show", epilog="Example: exconn jobs show sweep-abcdefghijklmnop")(show_job)
    noun.command("retry", epilog="Example: exconn jobs retry install-abcdefghijklmnop --wait")(retry_job)
    noun.command("cancel", epilog="Example: exconn jobs cancel sweep-abcdefghijklmnop --yes")(cancel_job)
    app.add_typer(noun, name="jobs")


def list_jobs(
    context: typer.Context,
    connector: ConnectorOption = None,
    kind: str = typer.Option("", "--kind", help="What it does, such as wipe or sweep."),
    state: StateOption = "",
    limit: LimitOption = 50,
    after: AfterOption = "",
) -> None:
    """List jobs, newest first."""
    session = session_of(context)
    wanted: dict[str, Any] = {"kind": kind, "state": state, "limit": limit, "after": after}
    show_list(
        session,
        "jobs",
        _row,
        _COLUMNS,
        connector=connector,
        empty="no jobs",
        wrap=("connector",),
        legend=reasons_below,
        **wanted,
    )


def show_job(context: typer.Context, job: JobArgument) -> None:
    """Show a job with its messages."""
    session = session_of(context)
    found = session.monitor.get(f"/v1/jobs/{job}")
    session.out.record(found, _fields(found), name=found["id"])
    show_end_of_job(session, found)


def retry_job(
    context: typer.Context,
    job: JobArgument,
    reason: ReasonOption = "",
    wait: WaitOption = False,
    timeout: TimeoutOption = "10m",
) -> None:
    """Look at a waiting or held job now; a brake that holds it still does."""
    from exconn.contracts.request import RequestKind, Target

    session = session_of(context)
    within = longest_wait(wait=wait, timeout=timeout)
    found = session.monitor.get(f"/v1/jobs/{job}")
    answer = send_request(session, RequestKind.JOB_RETRY, found["connector"], Target(jobs=(job,)), reason=reason)
    report_accepted(session, answer, within, said="; ".join(answer["details"]["results"]))


def cancel_job(context: typer.Context, job: JobArgument, reason: ReasonOption = "", yes: YesOption = False) -> None:
    """Cancel a job, or drop a pending change."""
    session = session_of(context)
    if job.startswith("change-"):
        change = pending_change(session, job)
        cancel(session, change, f"proposed by {change['by']}", reason=reason, yes=yes)
        return
    found = session.monitor.get(f"/v1/jobs/{job}")
    cancel(session, found, f"{found['kind']} of {found['connector']}, {found['state']}", reason=reason, yes=yes)


def _row(job: dict[str, Any]) -> dict[str, object]:
    return {
        "id": job["id"],
        "state": job["outcome"] or job["state"],
        "connector": job["connector"],
        "changed": short_moment(job["changed_at"]),
    }


def _fields(job: dict[str, Any]) -> list[tuple[str, object]]:
    parts = ", ".join(f"{count} {state}" for state, count in job["children"].items())
    return [
        ("job", job["id"]),
        ("kind", job["kind"]),
        ("connector", job["connector"]),
        *job_fields(job),
        *([("parts", parts)] if parts else []),
    ]
