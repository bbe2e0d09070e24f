"""Can the process on this host do its work? Those that listen are asked over HTTP, the others were heard of lately.

Every container runs this several times a minute, so what costs time to import is imported where it is needed; the
settings library would cost more than everything else here, so two variables are read by hand.
"""

import http.client
import json
import os
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from redis import Redis

#: Six beats: a machine under load is slow, not sick.
HEARD_WITHIN = timedelta(seconds=30)
ANSWER_WITHIN = timedelta(seconds=3)
#: Where processes that listen say on which address.
ANNOUNCED = ("intake.json", "monitor.json")


def main() -> int:
    """0 when the process can do its work; 1, with one line, when not."""
    state_dir = Path(os.environ.get("EXCONN_STATE_DIR") or ".exconn")
    try:
        problem = problem_of(_ledger_url, state_dir, socket.gethostname())
    except (OSError, KeyError) as exc:
        problem = f"EXCONN_LEDGER_URL cannot be read ({exc})"
    if problem:
        sys.stderr.write(f"exconn health: {problem}\n")
    return 1 if problem else 0


def _ledger_url() -> str:
    named = os.environ.get("EXCONN_LEDGER_URL_FILE")
    return Path(named).read_text(encoding="utf-8").strip() if named else os.environ["EXCONN_LEDGER_URL"]


def problem_of(ledger_url: Callable[[], str], state_dir: Path, host: str) -> str:
    """What keeps the process on `host` from its work; empty when nothing does. Raises what `ledger_url` raises."""
    for name in ANNOUNCED:
        url = _announced(state_dir / name)
        if url:
            return problem_of_listener(url)
    return _problem_at_ledger(ledger_url(), host)


def _problem_at_ledger(ledger_url: str, host: str) -> str:
    import redis

    from exconn.keyspace import connect

    client = connect(ledger_url, name="exconn-health", answer_within=ANSWER_WITHIN)
    try:
        return problem_of_heartbeat(client, host)
    except (redis.RedisError, OSError) as exc:
        return f"the ledger does not answer ({type(exc).__name__})"
    finally:
        client.close()


def problem_of_heartbeat(client: "Redis", host: str) -> str:
    """Why no process of `host` counts as alive on the ledger server; empty when one does. Raises RedisError."""
    from exconn.keyspace import keys

    seconds, micros = client.time()
    now_ms = seconds * 1000 + micros // 1000
    found = cast("dict[str, str]", client.hgetall(keys.HEARTBEATS))
    beats = [int(at) for field, at in found.items() if field.split("/")[1:2] == [host] and at.isdigit()]
    if not beats:
        return f"no process of {host} is known to the ledger"
    silent = timedelta(milliseconds=now_ms - max(beats))
    return "" if silent < HEARD_WITHIN else f"the process was not heard of for {silent.total_seconds():.0f} s"


def problem_of_listener(url: str) -> str:
    """Why the listener at `url` does not count as healthy; empty when it does."""
    parts = urlsplit(url)
    # A listener on all addresses is asked on loopback; that name is one which every process accepts.
    host = "127.0.0.1" if parts.hostname in ("0.0.0.0", "::", None) else parts.hostname  # noqa: S104  (compared)
    connection = http.client.HTTPConnection(host, parts.port, timeout=ANSWER_WITHIN.total_seconds())
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as exc:
        return f"nothing answers at {url} ({type(exc).__name__})"
    finally:
        connection.close()
    return "" if answer.status == http.HTTPStatus.OK else f"{url}/health answers {answer.status}: {body}"


def _announced(path: Path) -> str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("url", "")) if isinstance(found, dict) else ""
