"""The one place where the SQL of different databases differs: insert, or update what is there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]


def upsert(connection: Connection, table: Table, rows: Rows, *, update: Iterable[str] | None = None) -> None:
    """Insert `rows` by primary key; rows that exist get the columns in `update` (all given ones by default).

    All rows name the same columns; of two with one key the last wins.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    by_key = {tuple(row[key] for key in keys): row for row in rows}
    insert = _insert(connection, table)
    named = list(update) if update is not None else [name for name in rows[0] if name not in keys]
    statement = insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in named})
    connection.execute(statement, list(by_key.values()))


def add_counts(connection: Connection, table: Table, rows: Rows, *, column: str) -> None:
    """Insert `rows`, or add their `column` to that of the row which is there."""
    if not rows:
        return
    insert = _insert(connection, table)
    keys = [key.name for key in table.primary_key]
    statement = insert.on_conflict_do_update(
        index_elements=keys, set_={column: table.c[column] + insert.excluded[column]}
    )
    connection.execute(statement, list(rows))


def insert_missing(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert those of `rows` whose key is not there yet."""
    if rows:
        insert = _insert(connection, table)
        connection.execute(insert.on_conflict_do_nothing(), list(rows))


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
