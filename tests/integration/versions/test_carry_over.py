"""A ledger that a version before reason codes wrote is carried over by the command of the upgrade page."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exconn.contracts import HoldReason
from exconn.keyspace import keys
from exconn.ledger import Ledger, State
from exconn.stream import Number
from tests.support.machine.earlier_versions import Version, commit_without, laid_out
from tests.support.streams.records import messages_of

if TYPE_CHECKING:
    import redis

CODES = "shared/exconn/contracts/reasons.py"
HELD = {
    "differs": "fingerprint 0123456789ab: differs in mailbox",
    "brake": "breaker",
    "late": "undelivered",
    "odd": "something that nobody remembers",
}
#: Run by the earlier version: jobs held and waiting as its workers left them.
WRITE = """
import json, sys
from datetime import timedelta
import redis
from exconn.connector import ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks, Service
from exconn.ledger import Ledger, NewJob

client = redis.Redis.from_url(sys.argv[1], decode_responses=True)
ConnectorStore(client).apply(parse_definition(sample_definition("hq")), "operator")
ledger = Ledger(client)
ConnectorStore(client).set_installed("hq", "4f5d", "operator")
ledger.resume("hq", by="operator")

def claimed(name):
    new = NewJob(kind="wipe", connector="hq", payload="{}", idempotency_key=name, service=Service.ACTIONS,
                 checks=Checks.ERASE, phase="accepted", requester="hr")
    job = ledger.insert(new).job_id
    return job, ledger.claim(job, "worker").lease

made = {}
for name, reason in json.loads(sys.argv[2]).items():
    made[name], lease = claimed(name)
    ledger.hold(lease, reason, phase="issued" if name == "late" else "")
made["failing"], lease = claimed("failing")
ledger.defer(lease, timedelta(hours=1), reason="failure 3: Exchange could not be reached at ex1: refused")
made["waiting"], lease = claimed("waiting")
ledger.begin(lease)
ledger.defer(lease, timedelta(hours=1), reason="waiting for the device")
made["released"], lease = claimed("released")
text = "fingerprint ba9876543210: differs in mailbox"
ledger.note(lease, {"passed": text})
ledger.hold(lease, text)
ledger.release("hq", [made["released"]], release_id="r1", by="boss")
print(json.dumps(made))
"""


@pytest.fixture
def jobs(redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The jobs of the earlier version, by what is the matter with each."""
    return written_by(laid_out(commit_without(CODES), tmp_path), redis_url)


def written_by(version: Version, url: str) -> dict[str, str]:
    told = subprocess.run(
        [sys.executable, "-c", WRITE, url, json.dumps(HELD)],
        env=version.environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    found: dict[str, str] = json.loads(told.stdout)
    return found


def carry_over(url: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "exconn.coordinator", "carry-over"],
        env={"PATH": os.environ["PATH"], "EXCONN_LEDGER_URL": url, "EXCONN_BROKER_URL": url},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended.stdout


def test_jobs_of_the_version_before_codes_get_them_and_go_on(
    jobs: dict[str, str], redis_client: "redis.Redis", redis_url: str
) -> None:
    ledger = Ledger(redis_client)

    due = redis_client.zscore("exconn:due:hq", jobs["waiting"])
    began = redis_client.zscore("exconn:brake:hq:erase", jobs["waiting"])
    assert None not in (due, began)

    assert carry_over(redis_url) == f"{len(jobs)} jobs were carried over\n"

    # Where it is, each is found where this version looks for it, and no more where the earlier one did.
    assert ledger.unsettled("hq") == set(jobs.values())
    assert redis_client.zscore(keys.due("actions", "hq"), jobs["waiting"]) == due
    assert redis_client.zscore(keys.brake("4f5d", "erase"), jobs["waiting"]) == began
    assert redis_client.zscore(keys.quota("4f5d", "hr"), jobs["waiting"]) == began
    assert redis_client.get(keys.idempotency("wipe", "hq", "waiting")) == f"{jobs['waiting']} "
    earlier = ("due:hq", "paused:hq", "unsettled:hq", "settled", "parked:hq:wipe", "inflight:hq:wipe")
    assert redis_client.exists(*(f"exconn:{name}" for name in earlier)) == 0

    found = {name: ledger.job(job) for name, job in jobs.items()}
    reasons = {name: job.reason for name, job in found.items() if job is not None}
    assert reasons == {
        "differs": HoldReason.PARTNERSHIP_DIFFERS,
        "brake": HoldReason.BREAKER,
        "late": HoldReason.UNDELIVERED,
        "odd": HoldReason.UNEXPECTED_FAILURES,
        "failing": "unexpected_failure",
        "waiting": "",
        "released": "",
    }
    differs, failing, released = found["differs"], found["failing"], found["released"]
    assert differs is not None
    assert (differs.state, differs.subject, differs.data["differences"]) == (State.HELD, "0123456789ab", "mailbox")
    assert failing is not None
    assert failing.failures == 3
    assert released is not None
    assert released.notes["passed"] == ["partnership_differs", "ba9876543210"]
    last = [message for message in messages_of(redis_client) if message.job == jobs["differs"]][-1]
    assert (last.number, last.data["reason"]) == (Number.JOB_HELD, "partnership_differs")
    assert ledger.release("hq", [jobs["differs"]], release_id="r2", by="boss") == [jobs["differs"]]


def test_a_ledger_is_carried_over_once_and_what_has_moved_is_left_alone(
    jobs: dict[str, str], redis_client: "redis.Redis", redis_url: str
) -> None:
    ledger = Ledger(redis_client)
    before = ledger.job(jobs["differs"])
    assert before is not None
    ledger.retry(before.id, by="boss")
    assert not ledger.carry_over(before, {"reason": "changed"}, goes_on=False, by="test")
    claim = ledger.claim(before.id, "worker")
    assert claim is not None

    assert not ledger.carry_over(before, {"reason": "changed"}, goes_on=False, by="test")
    ledger.defer(claim.lease, timedelta(hours=1))
    carry_over(redis_url)

    assert carry_over(redis_url) == "0 jobs were carried over\n"


@pytest.mark.parametrize(("url", "code"), [("redis://127.0.0.1:1", 6), ("ledger", 2)])
def test_without_a_ledger_the_command_ends_with_a_line_that_says_why(url: str, code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "exconn.coordinator", "carry-over"],
        env={"PATH": os.environ["PATH"], "EXCONN_LEDGER_URL": url, "EXCONN_BROKER_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == code
    assert ended.stderr.startswith("exconn coordinator: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_held_wipe_that_is_in_exchange_is_looked_at_after_the_upgrade(
    jobs: dict[str, str], redis_client: "redis.Redis", redis_url: str
) -> None:
    ledger = Ledger(redis_client)

    carry_over(redis_url)

    rung = {ring.job_id for ring in ledger.doorbells_due("hq")}
    assert jobs["late"] in rung
    assert jobs["differs"] not in rung
