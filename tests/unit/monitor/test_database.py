"""The database of the read model, and its one place of dialect."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from exconn.monitor.database import open_database
from exconn.monitor.queries.cursor import BadCursorError, decode_cursor, encode_cursor
from exconn.monitor.tables import devices, message_counts, positions
from exconn.monitor.upsert import add_counts, upsert


def test_database_opens_again_with_what_it_had(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/folder/monitor.db"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(insert(positions).values(stream="s", last_id="1-0"))
    engine.dispose()

    again = open_database(url)

    with again.connect() as connection:
        assert connection.execute(select(positions.c.last_id)).scalars().all() == ["1-0"]
    again.dispose()


def test_committed_rows_survive_a_power_cut(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/monitor.db")

    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


def test_upsert_changes_only_the_named_columns(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/monitor.db")
    key = {"connector": "contoso", "guid": "g"}
    with engine.begin() as connection:
        upsert(connection, devices, [key | {"name": "old", "model": "kept"}])
        upsert(connection, devices, [key | {"name": "lost"}, key | {"name": "new"}])
        upsert(connection, devices, [])

        row = connection.execute(select(devices.c.name, devices.c.model)).one()

    assert tuple(row) == ("new", "kept")
    engine.dispose()


def test_counts_add_up(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/monitor.db")
    row = {"connector": "contoso", "number": 1015, "severity": "I", "count": 2}
    with engine.begin() as connection:
        add_counts(connection, message_counts, [row], column="count")
        add_counts(connection, message_counts, [row | {"count": 3}], column="count")

        assert connection.execute(select(message_counts.c.count)).scalars().all() == [5]
    engine.dispose()


def test_moments_come_back_aware_in_utc_to_the_millisecond(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/monitor.db")
    moments = [
        datetime(2026, 11, 20, 10, 0, 0, 123000, tzinfo=timezone(timedelta(hours=2))),
        datetime(1601, 1, 1, tzinfo=UTC),
    ]
    with engine.begin() as connection:
        for number, moment in enumerate(moments):
            connection.execute(insert(positions).values(stream=str(number), last_id="0", updated_at=moment))
        found = connection.execute(select(positions.c.updated_at).order_by(positions.c.stream)).scalars().all()

    assert found == moments
    assert {moment.tzinfo for moment in found} == {UTC}
    engine.dispose()


def test_cursor_comes_back_and_a_forged_one_is_refused() -> None:
    assert decode_cursor(encode_cursor("a", 1), (str, int)) == ("a", 1)
    for forged in ("", "a", "%%", encode_cursor(1, "a"), encode_cursor("a"), encode_cursor("a", 2**70)):
        with pytest.raises(BadCursorError):
            decode_cursor(forged, (str, int))
