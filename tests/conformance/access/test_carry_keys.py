"""The command of an upgrade that copies tokens has the rights for it."""

import contextlib
from datetime import UTC, datetime

from exconn.connector import ConnectorState
from exconn.contracts import Checks
from exconn.coordinator.earlier_keys import carry_keys
from exconn.keyspace import connect, keys
from tests.conformance.access.conftest import Guarded


def test_a_coordinators_user_may_find_and_copy_what_was_counted(guarded: Guarded) -> None:
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

        with contextlib.closing(connect(guarded.url("coordinator", "ledger"))) as client:
            carry_keys(client, {"carried": state})

        assert admin.zscore(keys.brake("o7", Checks.ERASE), job) == 1.0
        assert admin.zscore(keys.quota("o7", "hr"), job) == 1.0
