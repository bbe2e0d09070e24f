"""The bytes of a doorbell: a Celery protocol-2 message that carries a job id and nothing else.

Built by hand because publishing is on the path of every request: one LPUSH, no broker round trips for bindings.
"""

import base64
import json
import secrets
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

from exconn.contracts.kinds import KINDS
from exconn.contracts.names import CANARY_TASK, Service, canary_queue, queue_of
from exconn.contracts.work import Kind, new_job_id

#: What follows the positional arguments in the body of every message: no keyword arguments, nothing embedded.
_BODY = json.dumps([{}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])[1:-1]


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
    body = f"[[{quoted(job_id)}], {_BODY}]"
    message = _template(task, queue) % {
        "body": base64.b64encode(body.encode()).decode(),
        "id": quoted(identity),
        "arguments": quoted(repr((job_id,))),
        "tag": secrets.token_hex(16),
    }
    return message.encode()


@lru_cache(maxsize=1024)
def _template(task: str, queue: str) -> str:
    """The JSON of a message, with places for what differs between those of a queue: most of the work is done once."""
    message = {
        "body": "<body>",
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {
            "lang": "py",
            "task": task,
            "id": "<id>",
            "root_id": "<id>",
            "parent_id": None,
            "argsrepr": "<arguments>",
            "kwargsrepr": "{}",
            "origin": "exconn",
            "retries": 0,
            "ignore_result": True,
        },
        "properties": {
            "body_encoding": "base64",
            "correlation_id": "<id>",
            "delivery_tag": "<tag>",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
        },
    }
    text = json.dumps(message).replace("%", "%%")
    text = text.replace('"<id>"', "%(id)s").replace('"<arguments>"', "%(arguments)s")
    return text.replace("<body>", "%(body)s").replace("<tag>", "%(tag)s")
