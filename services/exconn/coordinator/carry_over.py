"""Carrying a ledger over from an earlier version: texts become codes, and what is no reason to hold any more ends.

Earlier versions kept reasons as texts, and held jobs for what is a state of the account or the connection by now.

Held actions that are in Exchange are looked at in the next round, after which the ledger knows when they are again.

Safe to run at any time and any number of times: what has a code already, or moves meanwhile, is left alone.
"""

import json
import sys

import redis

from exconn.connector import ConnectorStore
from exconn.contracts import REASONS, TROUBLES, is_in_exchange
from exconn.coordinator.earlier_reasons import Carried, carried
from exconn.keyspace import connect
from exconn.ledger import Job, Ledger, LedgerOutOfReachError, State
from exconn.process.exits import ExitCode
from exconn.process.start import start_or_refuse
from exconn.settings import RedisSettings, load

_CODES = frozenset(code.value for code in REASONS)


def main() -> int:
    """Carry over the ledger that the settings name; the exit code."""
    out_of_reach: dict[type[Exception], ExitCode] = {
        LedgerOutOfReachError: ExitCode.UNREACHABLE,
        redis.RedisError: ExitCode.UNREACHABLE,
    }
    return start_or_refuse("coordinator", _carried_over, out_of_reach)


def _carried_over() -> int:
    client = connect(load(RedisSettings).ledger_url.get_secret_value(), name="exconn-coordinator")
    count = carry_over(Ledger(client), ConnectorStore(client), by="carry-over")
    sys.stdout.write(f"{count} jobs were carried over\n")
    return ExitCode.DONE


def carry_over(ledger: Ledger, store: ConnectorStore, *, by: str) -> int:
    """Give every open job of every connector reasons that are codes, and hold none for a trouble; how many changed."""
    count = 0
    for connector in store.states():
        for job_id in sorted(ledger.unsettled(connector)):
            job = ledger.job(job_id)
            fields = {} if job is None else changed(job)
            if job is None:
                continue
            goes_on = job.state is State.HELD and fields.get("reason", job.reason) in TROUBLES
            if fields or goes_on:
                count += ledger.carry_over(job, fields, goes_on=goes_on, by=by)
            if job.state is State.HELD and is_in_exchange(job.kind, job.phase):
                ledger.follow(job)
    return count


def changed(job: Job) -> dict[str, str]:
    """The fields of a job that are to be written anew; none where every reason is a code."""
    fields: dict[str, str] = {}
    if _is_text(job.reason):
        fields |= _reason(job, carried(job.reason))
    if _is_text(job.released_reason):
        released = carried(job.released_reason)
        fields |= {"released_reason": released.code.value, "released_subject": released.subject}
    passed = job.notes.get("passed")
    if isinstance(passed, str):
        found = carried(passed)
        fields["notes"] = json.dumps({**job.notes, "passed": [found.code.value, found.subject]})
    return fields


def _reason(job: Job, found: Carried) -> dict[str, str]:
    if job.state is not State.HELD and not found.failures:
        return {"reason": ""}  # it waits: its next look says why
    data = {**found.data, "reason": found.code.value}
    return {
        "reason": found.code.value,
        "subject": found.subject,
        "failures": str(found.failures),
        "data": json.dumps(data),
    }


def _is_text(reason: str) -> bool:
    return bool(reason) and reason not in _CODES
