"""Carrying a ledger over from an earlier version: texts become codes, keys of all services become those of each.

Earlier versions kept reasons as texts, held jobs for what is a state of the account or the connection by now, and left
held what nobody wanted any more: the first get codes, the second go on, the third are cancelled. Held actions that are
in Exchange are looked at in the next round, after which the ledger knows when they are again.

Safe to run at any time and any number of times: what has a code already, or moves meanwhile, is left alone. A job whose
worker died is waited for until its lease has run out.
"""

import json
import sys
from collections.abc import Iterator
from threading import Event

import redis

from exconn.connector import ConnectorStore
from exconn.contracts import ACTION_KINDS, CANCELLATIONS, REASONS, TROUBLES, is_in_exchange, kind_of
from exconn.coordinator.earlier_keys import carry_keys
from exconn.coordinator.earlier_reasons import Carried, carried
from exconn.coordinator.open_indexes import index_open
from exconn.keyspace import connect
from exconn.ledger import LEASE, Job, Ledger, LedgerOutOfReachError, State
from exconn.process.exits import ExitCode
from exconn.process.start import start_or_refuse
from exconn.settings import LedgerSettings, load

#: How often a job in a worker's hands is looked at; together longer than a lease, so what stays is being worked on.
LOOKS = 16
BETWEEN_LOOKS = LEASE / 15

_CODES = frozenset(code.value for code in REASONS)


def main() -> int:
    """Carry over the ledger that the settings name; the exit code."""
    out_of_reach: dict[type[Exception], ExitCode] = {
        LedgerOutOfReachError: ExitCode.UNREACHABLE,
        redis.RedisError: ExitCode.UNREACHABLE,
    }
    return start_or_refuse("coordinator", _carried_over, out_of_reach)


def _carried_over() -> int:
    client = connect(load(LedgerSettings).ledger_url.get_secret_value(), name="exconn-carry-over")
    ledger, store = Ledger(client), ConnectorStore(client)
    moved = carry_keys(client, store.states())
    index_open(client, store.states())
    count = len(moved | carry_over(ledger, store, by="carry-over"))
    sys.stdout.write(f"{count} jobs were carried over\n")
    left = [job.id for job in _earlier(ledger, store) if changed(job) or _goes_on(job) or is_forgotten(job)]
    if left:
        sys.stdout.write(f"{len(left)} are being worked on; stop the workers and run it again: {', '.join(left)}\n")
    return ExitCode.DONE


def carry_over(ledger: Ledger, store: ConnectorStore, *, by: str) -> set[str]:
    """Give every open job reasons that are codes, and end what is no reason to hold any more; the jobs that changed."""
    done = set()
    for _ in range(LOOKS):
        in_hand = False
        for job in _earlier(ledger, store):
            if _is_followed(job):
                ledger.follow(job)
            fields, goes_on, forgotten = changed(job), _goes_on(job), is_forgotten(job)
            is_carried = not (fields or goes_on) or ledger.carry_over(job, fields, goes_on=goes_on, by=by)
            if is_carried and forgotten:
                ledger.cancel(job.id, by=by)
            if is_carried and (fields or goes_on or forgotten):
                done.add(job.id)
            in_hand = in_hand or (not is_carried and job.state is State.CLAIMED)
        if not in_hand:
            break
        Event().wait(BETWEEN_LOOKS.total_seconds())
    return done


def _earlier(ledger: Ledger, store: ConnectorStore) -> Iterator[Job]:
    """The open jobs that are as an earlier version left them."""
    for connector in store.states():
        for job_id in sorted(ledger.unsettled(connector)):
            job = ledger.job(job_id)
            if job is not None and (changed(job) or is_forgotten(job) or _goes_on(job) or _is_followed(job)):
                yield job


def is_forgotten(job: Job) -> bool:
    """Whether a job is held that no version holds any more: a part, or one that was cancelled and does not say so.

    No action is a part. That it was cancelled, only intake says, whatever stands in its hash.
    """
    is_part = job.parent is not None and kind_of(job.id) not in ACTION_KINDS
    return job.state is State.HELD and (is_part or (job.cancel and job.reason not in CANCELLATIONS))


def _goes_on(job: Job) -> bool:
    return job.state is State.HELD and changed(job).get("reason", job.reason) in TROUBLES


def _is_followed(job: Job) -> bool:
    return job.state is State.HELD and is_in_exchange(job.kind, job.phase)


def changed(job: Job) -> dict[str, str]:
    """The fields of a job that are to be written anew; none where every reason is a code."""
    fields: dict[str, str] = {}
    if _is_text(job.reason):
        fields |= _reason(job, carried(job.reason))
    passed = job.notes.get("passed")
    if isinstance(passed, str):
        found = carried(passed)
        fields["notes"] = json.dumps({**job.notes, "passed": [found.code.value, found.subject]})
    return fields


def _reason(job: Job, found: Carried) -> dict[str, str]:
    if job.state is not State.HELD and not found.failures:
        return {"reason": ""}  # it waits: its next look says why
    data = {**found.data, "reason": found.code.value} | ({"subject": found.subject} if found.subject else {})
    return {
        "reason": found.code.value,
        "subject": found.subject,
        "failures": str(found.failures),
        "data": json.dumps(data),
    }


def _is_text(reason: str) -> bool:
    return bool(reason) and reason not in _CODES
