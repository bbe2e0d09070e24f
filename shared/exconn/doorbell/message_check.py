"""What a message must be before Celery may see it, and the clean message that Celery sees instead.

Pure: bytes in, bytes or Poison out. Nothing of a message goes further but its task name, its id and its checked
arguments: callbacks, chords, ETA, reply addresses, time limits and forged texts for Flower end here.
"""

import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_JOB_ID = re.compile(r"[a-z][a-z-]{1,30}-[a-z2-7]{16}")
_TASK_ID = re.compile(r"[\w.:@-]{1,128}", re.ASCII)
#: Parts of a Celery message that would start further tasks.
_EMBEDDED = ("callbacks", "errbacks", "chain", "chord")


class Reason(StrEnum):
    """Why a message cannot be read: the word in the dead letter."""

    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    NOT_A_MESSAGE = "not-a-message"
    NO_TASK = "no-task"
    NO_ID = "no-id"
    UNKNOWN_TASK = "unknown-task"
    CONTENT_TYPE = "content-type"
    BAD_BASE64 = "bad-base64"
    BAD_BODY = "bad-body"
    BAD_ARGUMENTS = "bad-arguments"
    EMBEDDED_TASKS = "embedded-tasks"


class Poison(Exception):
    """A message that is not what its queue is for."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(f"the message cannot be read: {reason}")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the messages of a service's queues look like.

    `shown` is what Flower and logs may show of the arguments; None shows nothing.
    """

    tasks: frozenset[str]
    largest: int
    fits: Callable[[list[Any]], bool]
    shown: Callable[[list[Any]], str] | None = None


def doorbells(tasks: frozenset[str]) -> Shape:
    """The shape of doorbells: one argument, a job id."""
    return Shape(tasks=tasks, largest=8 * 1024, fits=_is_one_job_id, shown=lambda arguments: repr(tuple(arguments)))


def texts(*tasks: str, largest: int) -> Shape:
    """The shape of messages with one text, which nobody but the task looks at."""
    return Shape(tasks=frozenset(tasks), largest=largest, fits=_is_one_text)


def admitted(raw: bytes, queue: str, shape: Shape) -> bytes:
    """The clean message for what was popped from `queue`. Raises Poison."""
    if len(raw) > shape.largest:
        raise Poison(Reason.TOO_LARGE)
    envelope = _object(_parsed(raw, Reason.NOT_JSON))
    headers, properties = _object(envelope.get("headers")), _object(envelope.get("properties"))
    task = headers.get("task")
    if not isinstance(task, str) or not task:
        raise Poison(Reason.NO_TASK)
    if task not in shape.tasks:
        raise Poison(Reason.UNKNOWN_TASK)
    identity = headers.get("id")
    if not isinstance(identity, str) or not _TASK_ID.fullmatch(identity):
        raise Poison(Reason.NO_ID)
    if envelope.get("content-type") != "application/json":
        raise Poison(Reason.CONTENT_TYPE)
    arguments = _arguments(_body(envelope.get("body"), properties.get("body_encoding")))
    if not shape.fits(arguments):
        raise Poison(Reason.BAD_ARGUMENTS)
    return _clean(task, identity, arguments, queue, shape)


def _parsed(raw: bytes | str, reason: Reason) -> Any:
    try:
        return json.loads(raw)
    except ValueError as exc:
        raise Poison(reason) from exc
    except RecursionError as exc:  # deeper than any message of ours; how deep is too deep differs by Python
        raise Poison(Reason.NOT_A_MESSAGE if reason is Reason.NOT_JSON else reason) from exc


def _object(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise Poison(Reason.NOT_A_MESSAGE)
    return found


def _body(body: Any, encoding: Any) -> bytes | str:
    if not isinstance(body, str):
        raise Poison(Reason.BAD_BODY)
    if encoding != "base64":
        return body
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as exc:
        raise Poison(Reason.BAD_BASE64) from exc


def _arguments(body: bytes | str) -> list[Any]:
    found = _parsed(body, Reason.BAD_BODY)
    if not isinstance(found, list) or len(found) != 3:
        raise Poison(Reason.BAD_BODY)
    arguments, named, embedded = found
    if not isinstance(arguments, list) or not isinstance(named, dict):
        raise Poison(Reason.BAD_BODY)
    if isinstance(embedded, dict) and any(embedded.get(part) for part in _EMBEDDED):
        raise Poison(Reason.EMBEDDED_TASKS)
    if named:
        raise Poison(Reason.BAD_ARGUMENTS)
    return arguments


def _is_one_job_id(arguments: list[Any]) -> bool:
    return _is_one_text(arguments) and _JOB_ID.fullmatch(arguments[0]) is not None


def _is_one_text(arguments: list[Any]) -> bool:
    return len(arguments) == 1 and isinstance(arguments[0], str)


def _clean(task: str, identity: str, arguments: list[Any], queue: str, shape: Shape) -> bytes:
    body = json.dumps([arguments, {}, {}])
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
            "argsrepr": "(...)" if shape.shown is None else shape.shown(arguments),
            "kwargsrepr": "{}",
            "retries": 0,
            "ignore_result": True,
        },
        "properties": {
            "body_encoding": "base64",
            "correlation_id": identity,
            # Our own: two messages with the same tag would take each other's place.
            "delivery_tag": uuid.uuid4().hex,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
        },
    }
    return json.dumps(message).encode()
