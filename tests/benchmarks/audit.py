"""What the audit log costs the projector, and how long verifying a million records takes, in processor time.

Two projectors take turns at the same messages, each from a server of its own into a database of its own: one as it is,
and one whose only difference is that it keeps no log, and whose table has no index of places in it. Then the log is
verified: in the database, as each night, and as `exconn audit verify` does it, over HTTP from a monitor's application.
"""

import gc
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Connection, text

from exconn.audit import AuditReport
from exconn.cli.audit_source import lines_of_monitor
from exconn.cli.audit_verification import verified
from exconn.cli.http import Site
from exconn.keyspace import keys
from exconn.monitor.answers.source import Source
from exconn.monitor.app import create_app
from exconn.monitor.audit.check import check_log
from exconn.monitor.database import open_database
from exconn.monitor.live import LiveLedger
from exconn.monitor.projector import Projector, ProjectorLease, Role
from exconn.monitor.projector import status as projected_status
from exconn.monitor.projector.same_message import message_row
from exconn.monitor.tables import messages
from exconn.monitor.upsert import upsert
from exconn.process.listening_socket import listen
from exconn.process.serve_http import HttpServer
from exconn.stream import StatusMessage
from tests.benchmarks.report import Report, compare, compare_size
from tests.support.machine.valkey import RestartableValkey

NAME = "audit"
#: The projector with the log must reach this share of its rate without.
GOAL = 0.9
GOAL_SECONDS = 60
#: Messages of each side in a round, for one operation that is asked for.
MESSAGES = 20
_AT_ONCE = 1_000
_NO_WAIT = timedelta(milliseconds=1)

Tell = Callable[[str], None]


class Side:
    """A projector with a server and a database of its own."""

    def __init__(self, folder: Path, server: RestartableValkey, *, with_log: bool) -> None:
        self.client = server.client()
        self.engine = open_database(f"sqlite:///{folder / 'monitor.db'}")
        self.with_log = with_log
        if not with_log:
            with self.engine.begin() as connection:
                connection.execute(text("DROP INDEX messages_by_position"))
        self._projector = Projector(self.engine, self.client, ProjectorLease(self.client, "bench"))
        self._projector.open()
        self._told = 0

    def rate(self, count: int) -> float:
        """Messages a second of this process's own time, over so many."""
        self._tell(count)
        gc.collect()
        with _kept(self.with_log):
            started = time.process_time()
            while self._projector.step(idle_wait=_NO_WAIT):
                pass
            return count / (time.process_time() - started)

    def close(self) -> None:
        """Let go of server and database."""
        self.client.close()
        self.engine.dispose()

    def _tell(self, count: int) -> None:
        pipe = self.client.pipeline(transaction=False)
        for record in _messages(self._told, count):
            pipe.xadd(keys.STATUS, record)
            if len(pipe) >= _AT_ONCE:
                pipe.execute()
        pipe.execute()
        self._told += count


@contextmanager
def _kept(with_log: bool) -> Iterator[None]:
    """The projector as it is, or with this one part taken out."""
    as_it_is = projected_status._store_messages
    if not with_log:
        projected_status._store_messages = _store_without_log
    try:
        yield
    finally:
        projected_status._store_messages = as_it_is


def _store_without_log(connection: Connection, found: Sequence[StatusMessage]) -> None:
    upsert(connection, messages, [message_row(message) for message in found])
    projected_status._count(connection, found)


def _messages(after: int, count: int) -> Iterator[dict[Any, Any]]:
    """Of each job five."""
    common = {"v": "1", "n": "50101", "connector": "contoso", "at": "1700000000000", "by": "worker", "kind": "wipe"}
    common |= {"state": "claimed", "phase": "pending", "epoch": "1"}
    common |= {"data": json.dumps({"attempt": 1, "service": "actions"})}
    for number in range(after + 1, after + count + 1):
        yield common | {"seq": str(number), "job": f"wipe-{number // 5:016d}"}


def run(rounds: int, n: int, tell: Tell) -> Report:
    """Interleave both sides, round by round; then verify what the one with the log has written."""
    count = n * MESSAGES
    rates: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sides = {}
        for with_log in (True, False):
            place = Path(folder) / ("with" if with_log else "without")
            place.mkdir()
            sides[with_log] = Side(place, stack.enter_context(RestartableValkey(place)), with_log=with_log)
            stack.callback(sides[with_log].close)
        for number in range(rounds):
            # Whoever comes second finds a warmer machine.
            for with_log in (True, False) if number % 2 else (False, True):
                rates[with_log].append(sides[with_log].rate(count))
            tell(f"round {number + 1} of {rounds}")
        here = _seconds_a_million(lambda: check_log(sides[True].engine), rounds * count)
        over_http = _seconds_a_million(lambda: _verified_over_http(sides[True]), rounds * count)
    figures = (
        compare("messages projected, with the audit log to without", rates[True], rates[False], goal=GOAL),
        compare_size("seconds to verify a million records, in the database", here, 1, goal=GOAL_SECONDS),
        compare_size("the same by `exconn audit verify`, both processes", over_http, 1, goal=GOAL_SECONDS),
    )
    return Report(name=NAME, seed=0, n=n, figures=figures)


def _seconds_a_million(verify: Callable[[], AuditReport], records: int) -> float:
    gc.collect()
    started = time.process_time()
    report = verify()
    spent = time.process_time() - started
    if not report.good or report.records != records:
        raise RuntimeError(f"{report.records} of {records} records verified, {report.count} findings")
    return spent / records * 1_000_000


def _verified_over_http(side: Side) -> AuditReport:
    """Monitor and command in one process, so that its time is that of both."""
    client: redis.Redis = side.client
    app = create_app(Source(side.engine, LiveLedger(client), lambda: Role.ACTIVE))
    with (
        listen("127.0.0.1", 0, settings="BENCH") as listener,
        HttpServer(app, listener, stop_within=timedelta(seconds=1)) as server,
    ):
        return verified(lines_of_monitor(Site(server.url, "the monitor", "")), keys={}, anchors=[])
