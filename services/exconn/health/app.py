"""Can the process on this host do its work?

Those that listen are asked over HTTP. The others need both servers and were heard of lately; to those who work in a
worker, a doorbell must have come through lately too.

Every container runs this several times a minute, so what costs time to import is imported where it is needed; the
settings library would cost more than everything else here, so a few variables are read by hand.
"""

import http.client
import json
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from exconn.process.address_file import announced_url
from exconn.process.exits import ExitCode, refuse

if TYPE_CHECKING:
    from redis import Redis

#: Six beats, and six canaries: a machine under load is slow, not sick.
HEARD_WITHIN = timedelta(seconds=30)
ANSWER_WITHIN = timedelta(seconds=3)
#: Services whose processes listen, and say where.
LISTENERS = ("intake", "monitor")
#: Services whose processes hear doorbells.
WORKERS = ("discovery", "policy", "actions")


def main() -> int:
    """0 when the process can do its work; 1, with one line, when not."""
    state_dir = Path(os.environ.get("EXCONN_STATE_DIR") or ".exconn")
    try:
        problem = problem_of(url_of, state_dir, socket.gethostname())
    except (OSError, KeyError) as exc:
        problem = f"a setting cannot be read ({exc})"
    return refuse("health", problem, ExitCode.FAILED) if problem else int(ExitCode.DONE)


def url_of(server: str) -> str:
    """The URL of `broker` or `ledger`, as the process beside this one reads it. Raises KeyError and OSError."""
    variable = f"EXCONN_{server.upper()}_URL"
    named = os.environ.get(f"{variable}_FILE")
    return Path(named).read_text(encoding="utf-8").strip() if named else os.environ[variable]


def problem_of(url: Callable[[str], str], state_dir: Path, host: str) -> str:
    """What keeps the process on `host` from its work; empty when nothing does. Raises what `url` raises."""
    for service in LISTENERS:
        listens_at = announced_url(state_dir, service)
        if listens_at:
            return problem_of_listener(listens_at)
    at_broker = _problem_at("broker", url, _ping)
    return at_broker or _problem_at("ledger", url, lambda client: problem_at_ledger(client, host))


def _problem_at(server: str, url: Callable[[str], str], ask: "Callable[[Redis], str]") -> str:
    import redis

    from exconn.keyspace import connect

    client = connect(url(server), name="exconn-health", answer_within=ANSWER_WITHIN)
    try:
        return ask(client)
    except (redis.RedisError, OSError) as exc:
        return f"the {server} does not answer ({type(exc).__name__})"
    finally:
        client.close()


def _ping(client: "Redis") -> str:
    client.ping()
    return ""


def problem_at_ledger(client: "Redis", host: str, within: timedelta = HEARD_WITHIN) -> str:
    """Why no process of `host` counts as able to work; empty when one does. Raises RedisError."""
    from exconn.keyspace import keys
    from exconn.process.heartbeat import moments

    seconds, micros = client.time()
    now_ms = seconds * 1000 + micros // 1000
    found = cast("dict[str, str]", client.hgetall(keys.HEARTBEATS))
    beats = {field: at for field, at in moments(found).items() if field.split("/")[1:2] == [host]}
    if not beats:
        return f"no process of {host} is known to the ledger"
    silent = timedelta(milliseconds=now_ms - max(beats.values()))
    if silent >= within:
        return f"the process was not heard of for {silent.total_seconds():.0f} s"
    alive = [field for field, at in beats.items() if timedelta(milliseconds=now_ms - at) < within]
    problems = [_problem_of_canary(client, field, within) for field in alive]
    return "" if "" in problems else problems[0]


def _problem_of_canary(client: "Redis", field: str, within: timedelta) -> str:
    from exconn.keyspace import keys

    if field.split("/")[0] not in WORKERS:
        return ""
    left = client.pttl(keys.canary(field))
    if left < 0:
        return "no doorbell has come through to the process yet"
    age = keys.PROOF_KEPT - timedelta(milliseconds=left)
    return "" if age < within else f"no doorbell came through to the process for {age.total_seconds():.0f} s"


def problem_of_listener(url: str) -> str:
    """Why the listener at `url` does not count as healthy; empty when it does."""
    parts = urlsplit(url)
    # A listener on all addresses is asked on loopback; that name is one which every process accepts.
    host = "127.0.0.1" if parts.hostname in ("0.0.0.0", "::", None) else parts.hostname  # noqa: S104  (compared)
    connection = _connection(parts.scheme, host, parts.port)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as exc:
        return f"nothing answers at {url} ({type(exc).__name__})"
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        return f"{url}/health answers {answer.status}: {body}"
    return _problem_of_door(body)


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    seconds = ANSWER_WITHIN.total_seconds()
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=seconds)
    import ssl

    # The process beside this one has a certificate for the names by which others reach it; nothing secret is asked.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)


def _problem_of_door(body: str) -> str:
    """What intake says of its Celery door, by which requests come from a queue."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    return str(found.get("door", "")) if isinstance(found, dict) else ""
