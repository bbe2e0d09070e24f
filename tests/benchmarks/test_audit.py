"""The sides of the benchmark project the same messages, and one of them keeps no log."""

import pytest
from sqlalchemy import func, select

from exconn.monitor.tables import audit_leaves, messages
from tests.benchmarks import audit

COUNT = 40


def test_both_sides_store_every_message_and_one_of_them_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[audit.Side] = []
    taken = audit.Side.rate

    def rate(side: audit.Side, count: int) -> float:
        sides.append(side)
        found = taken(side, count)
        with side.engine.connect() as connection:
            stored = connection.execute(select(func.count()).select_from(messages)).scalar()
            kept = connection.execute(select(func.sum(audit_leaves.c.count))).scalar()
        assert (stored, kept) == (COUNT, COUNT if side.with_log else None)
        return found

    monkeypatch.setattr(audit.Side, "rate", rate)
    monkeypatch.setattr(audit, "MESSAGES", 1)

    report = audit.run(1, COUNT, lambda _: None)

    assert sorted(side.with_log for side in sides) == [False, True]
    assert [figure.ours > 0 for figure in report.figures] == [True] * 3
