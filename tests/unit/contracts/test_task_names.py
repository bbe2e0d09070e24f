"""Task and queue names are the addresses that other systems and other versions use: they do not move with the code."""

from exconn.contracts import KINDS, REQUESTS_QUEUE, SUBMIT_TASK
from exconn.contracts.names import CANARY_TASK


def test_task_of_each_kind_has_the_name_that_it_always_had() -> None:
    tasks = {kind.value: row.task.removeprefix("exconn.") for kind, row in KINDS.items()}

    assert tasks == {
        "echo": "echo",
        "install": "discovery.install",
        "preflight-policy": "policy.preflight",
        "preflight-actions": "actions.preflight",
        "sweep": "discovery.sweep",
        "partition": "discovery.partition",
        "policy-plan": "policy.plan",
        "policy-apply": "policy.apply",
        "wipe": "actions.wipe",
        "block": "actions.block",
        "allow": "actions.allow",
    }


def test_other_systems_find_the_queue_of_requests_where_it_always_was() -> None:
    assert (REQUESTS_QUEUE, SUBMIT_TASK, CANARY_TASK) == ("exconn.requests", "exconn.requests.submit", "exconn.canary")
