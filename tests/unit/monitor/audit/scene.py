"""A monitor's database with a log of some messages, for tests of what looks after it."""

from datetime import timedelta

from sqlalchemy import Engine

from exconn.keyspace import keys
from exconn.monitor.projector.status import MessageChecks, store_status
from exconn.monitor.queries.signs import standing_alarms
from exconn.stream import Number

DAY = timedelta(days=1)


def projected(engine: Engine, count: int, *, after: int = 0) -> None:
    """Store messages as the projector does."""
    common = {"v": "1", "n": str(int(Number.JOB_CLAIMED)), "connector": "contoso", "at": "1700000000000"}
    common |= {"by": "worker", "job": "wipe-aaaaaaaaaaaaaaaa", "kind": "wipe", "state": "claimed", "phase": "pending"}
    records = [
        (f"{1_700_000_000_000 + number}-0", common | {"seq": str(number), "data": f'{{"n": {number}, "a": 1}}'})
        for number in range(after + 1, after + count + 1)
    ]
    with engine.begin() as connection:
        store_status(connection, keys.STATUS, records, checks=MessageChecks(lambda *_: True))


def standing(engine: Engine) -> list[tuple[str, str]]:
    """Name and text of each problem that stands."""
    with engine.connect() as connection:
        return [(alarm["name"], alarm["text"]) for alarm in standing_alarms(connection)]
