"""The command of an upgrade that copies tokens has the rights for it."""

import contextlib
import os
import subprocess
import sys
from datetime import UTC, datetime

from exconn.connector import ConnectorState, ConnectorStore, parse_definition, sample_definition
from exconn.contracts import Checks
from exconn.coordinator.earlier_keys import carry_keys
from exconn.keyspace import connect, keys
from exconn.ledger import Ledger
from tests.conformance.access.conftest import Guarded
from tests.support.jobs.new_wipes import new_wipe


def test_the_user_of_an_upgrade_may_find_and_copy_what_was_counted(guarded: Guarded) -> None:
    job, earlier = "wipe-carried", "exconn:brake:carried:erase"
    told = {
        "name": "carried",
        "revision": 1,
        "state": "installed",
        "applied_at": datetime.now(UTC),
        "organization": "o7",
    }
    state = ConnectorState.model_validate(told)
    with contextlib.closing(guarded.servers["ledger"].client()) as admin:
        for field, value in (("kind", "wipe"), ("service", "actions"), ("requester", "hr")):
            admin.hset(keys.job(job), field, value)
        for key in (earlier, "exconn:quota:carried:hr"):
            admin.zadd(key, {job: 1.0})

        with contextlib.closing(connect(guarded.url("deploy", "ledger"))) as client:
            carry_keys(client, {"carried": state})

        assert admin.zscore(keys.brake("o7", Checks.ERASE), job) == 1.0
        assert admin.zscore(keys.quota("o7", "hr"), job) == 1.0


def test_the_user_of_an_upgrade_may_do_all_of_it(guarded: Guarded) -> None:
    with contextlib.closing(guarded.servers["ledger"].client()) as admin:
        ConnectorStore(admin).apply(parse_definition(sample_definition("carried")), "anna")
        ledger = Ledger(admin)
        held, unwanted = (ledger.insert(new_wipe("carried", key, requester="hr")).job_id for key in ("k1", "k2"))
        for job, fields in (
            (held, {"reason": "the access was denied"}),
            (unwanted, {"cancel": "1", "reason": "quota"}),
        ):
            for name, value in ({"state": "held", "due": ""} | fields).items():
                admin.hset(keys.job(job), name, value)
        admin.set(keys.cancelled(unwanted), "1")

        environment = {**os.environ, "EXCONN_LEDGER_URL": guarded.url("deploy", "ledger")}
        command = [sys.executable, "-m", "exconn.coordinator", "carry-over"]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

        assert (ran.returncode, ran.stdout) == (0, "2 jobs were carried over\n"), ran.stderr
        assert [admin.hget(keys.job(job), "state") for job in (held, unwanted)] == ["held", "settled"]
        assert admin.hget(keys.job(held), "reason") == "unexpected_failures"
        admin.hdel(keys.CONNECTORS, "carried")
