"""The bytes of a doorbell: a Celery protocol-2 message that carries a job id and nothing else.

Built by hand because publishing is on the path of every request: one LPUSH, no broker round trips for bindings.
"""

import base64
import json
import uuid

from exconn.contracts.kinds import KINDS
from exconn.contracts.names import CANARY_TASK, Service, canary_queue, queue_of
from exconn.contracts.work import Kind, new_job_id


def task_id(job_id: str, ring: int) -> str:
    """The Celery task id of one ring of a job's doorbell: the same key in Flower, the CLI and the logs."""
    return f"{job_id}:{ring}"


def doorbell_bytes(job_id: str, kind: Kind, *, service: Service, connector: str, ring: int) -> bytes:
    """The message that, pushed to `queue_of(service, connector)`, wakes a worker for `job_id`."""
    return _message(KINDS[kind].task, job_id, task_id(job_id, ring), queue_of(service, connector))


def canary_bytes(*, service: Service, process: str) -> bytes:
    """A doorbell without a job, for `canary_queue(service, process)`: it goes the way of all and changes nothing."""
    token = new_job_id("canary")
    return _message(CANARY_TASK, token, task_id(token, 1), canary_queue(service, process))


def _message(task: str, job_id: str, identity: str, queue: str) -> bytes:
    body = json.dumps([[job_id], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    message = {
        "body": base64.b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {
            "lang": "py",
            "task": task,
            "id": identity,
            "root_id": identity,
            "parent_id": None,
            "argsrepr": repr((job_id,)),
            "kwargsrepr": "{}",
            "origin": "exconn",
            "retries": 0,
            "ignore_result": True,
        },
        "properties": {
            "body_encoding": "base64",
            "correlation_id": identity,
            "delivery_tag": str(uuid.uuid4()),
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
        },
    }
    return json.dumps(message).encode()
