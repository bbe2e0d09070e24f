"""Carrying a ledger over from versions that kept reasons as texts, or the keys of all services together.

Safe to run at any time and any number of times: what has a code already, or moves meanwhile, is left alone.
"""

import json
import sys

import redis

from exconn.connector import ConnectorStore
from exconn.contracts import REASONS
from exconn.coordinator.earlier_keys import carry_keys
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
    store = ConnectorStore(client)
    changed_jobs = carry_keys(client, store.states()) | carry_over(Ledger(client), store, by="carry-over")
    sys.stdout.write(f"{len(changed_jobs)} jobs were carried over\n")
    return ExitCode.DONE


def carry_over(ledger: Ledger, store: ConnectorStore, *, by: str) -> set[str]:
    """Give every open job of every connector reasons that are codes; the jobs that got one."""
    done = set()
    for connector in store.states():
        for job_id in sorted(ledger.unsettled(connector)):
            job = ledger.job(job_id)
            fields = {} if job is None else changed(job)
            if job is not None and fields and ledger.carry_over(job, fields, by=by):
                done.add(job_id)
    return done


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
