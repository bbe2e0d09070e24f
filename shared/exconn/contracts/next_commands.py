"""What to type next about a job: one answer for the command line, the console and every remedy that names a command."""

from collections.abc import Iterator
from typing import NamedTuple

from exconn.contracts.action_kinds import ACTION_KINDS
from exconn.contracts.kinds import KINDS
from exconn.contracts.names import Service
from exconn.contracts.reason_texts import Step, steps_for
from exconn.contracts.reasons import HoldReason
from exconn.contracts.work import Kind

#: What is wrong is at the address, the account or its rights.
_DOCTOR_SEES = frozenset(
    {
        HoldReason.ACCOUNT_REFUSED,
        HoldReason.CMDLET_MISSING,
        HoldReason.PARAMETER_MISSING,
        HoldReason.ENDPOINT_REFUSED,
        HoldReason.SSL_REQUIRED,
        HoldReason.UNTRUSTED_CERTIFICATE,
        HoldReason.WRONG_ENDPOINT,
    }
)
#: How a kind of job is asked for again; an action needs its device, too.
_AGAIN = {
    Kind.PREFLIGHT_ACTIONS: "connector arm {connector} actions",
    Kind.PREFLIGHT_POLICY: "connector arm {connector} policy",
    Kind.SWEEP: "sweeps start full {connector}",
    Kind.POLICY_PLAN: "policy plan {connector} --wait",
    Kind.POLICY_APPLY: "policy plan {connector} --wait",
}


class NextCommand(NamedTuple):
    """What to type, and what it does."""

    line: str
    does: str


def next_commands(
    kind: str, job: str, connector: str, *, state: str = "", reason: str = "", outcome: str = "", device: str = ""
) -> tuple[NextCommand, ...]:
    """The commands about a job as it stands, the most useful one first. Any kind and reason will do."""
    if state == "settled":
        return (*_again(kind, connector, outcome, device), show_command(kind, job))
    if state == "held":
        return (*_ways_out(kind, job, connector, reason), show_command(kind, job))
    return (watch_command(kind, job), cancel_command(kind, job))


def watch_command(kind: str, job: str) -> NextCommand:
    """How to see a job go on."""
    if kind in ACTION_KINDS:
        return NextCommand(f"exconn actions follow {job}", "wait for its end")
    return show_command(kind, job)


def show_command(kind: str, job: str) -> NextCommand:
    """How to look at a job."""
    return NextCommand(f"exconn {_noun(kind)} show {job}", "show it as text")


def cancel_command(kind: str, job: str) -> NextCommand:
    """How to give a job up."""
    if kind in ACTION_KINDS:
        return NextCommand(f"exconn actions cancel {job}", "take it back while that is possible")
    return NextCommand(f"exconn jobs cancel {job}", "give it up")


def _noun(kind: str) -> str:
    if kind in ACTION_KINDS:
        return "actions"
    return "sweeps" if kind == Kind.SWEEP else "jobs"


def _ways_out(kind: str, job: str, connector: str, reason: str) -> Iterator[NextCommand]:
    """What a held job needs, by its reason."""
    feature = _feature(kind)
    if reason == HoldReason.NOT_ARMED and feature:
        yield NextCommand(f"exconn connector arm {connector} {feature}", "arm the connector")
    if reason in _DOCTOR_SEES:
        yield NextCommand(f"exconn doctor {connector}", "find out what is wrong, on the worker's machine")
    for step in steps_for(reason):
        if step is Step.RELEASE:
            line = f"exconn brakes release {job} --connector {connector}"
            yield NextCommand(line, "let it go on; a second person may have to")
        elif step in (Step.RETRY, Step.FIX_THEN_RETRY):
            does = "try it again" if step is Step.RETRY else "try it again once that is corrected"
            yield NextCommand(f"exconn jobs retry {job}", does)
        elif step is Step.WAIT:
            yield watch_command(kind, job)
        elif step is Step.CANCEL:
            yield cancel_command(kind, job)


def _again(kind: str, connector: str, outcome: str, device: str) -> Iterator[NextCommand]:
    """How to ask once more for what did not succeed."""
    if outcome in ("", "succeeded", "cancelled"):
        return
    line = _AGAIN.get(Kind(kind)) if kind in _KNOWN else None
    if line:
        yield NextCommand(f"exconn {line.format(connector=connector)}", "ask for it again")
    elif device and kind in ACTION_KINDS:
        yield NextCommand(f"exconn devices {kind} {device} --connector {connector}", "ask for it again")


def _feature(kind: str) -> str:
    """What a connector must be armed for, for jobs of a kind; empty where nothing is needed."""
    service = KINDS[Kind(kind)].service if kind in _KNOWN else None
    return service.value if service in (Service.POLICY, Service.ACTIONS) else ""


_KNOWN = frozenset(known.value for known in Kind)
