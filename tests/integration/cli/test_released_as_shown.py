"""Whoever lets go what a brake holds releases what he was shown: who asked, and for which phone."""

import contextlib
import sqlite3

import pytest

from exconn.cli.command_errors import ExitCode
from exconn.contracts import HoldReason
from exconn.ledger import State
from tests.integration.cli.conftest import SOON, Operator, Services, become, guid
from tests.support.machine.processes import wait_until


def held(operator: Operator, numbers: tuple[int, ...] = (1, 2)) -> list[str]:
    """Wipes of those phones, which the breaker holds, and which are shown so."""
    asked = [operator.exconn("devices", "wipe", guid(number), "--yes", "--quiet").out.strip() for number in numbers]
    for action in asked:
        claim = operator.ledger.claim(action, "a test")
        assert claim is not None
        operator.ledger.hold(claim.lease, HoldReason.BREAKER)
    path = f"/v1/brakes/{operator.connector}"
    wait_until(lambda: len(operator.monitor.json(path)["held"]) == len(asked), SOON, "what is held to be shown")
    return asked


def swap(operator: Operator, services: Services, table: str, column: str, pair: tuple[str, str]) -> None:
    """What a fallen monitor, or somebody who may write its tables, can do: two rows change places."""
    place, (one, other) = services.intake.state_dir / "monitor.db", pair
    with contextlib.closing(sqlite3.connect(place, timeout=20)) as database, database:
        for before, after in ((one, "between"), (other, one), ("between", other)):
            text = f"UPDATE {table} SET {column} = ? WHERE {column} = ? AND connector = ?"
            database.execute(text, (after, before, operator.connector))


def states(operator: Operator, actions: list[str]) -> list[State]:
    found = [operator.ledger.job(action) for action in actions]
    return [job.state for job in found if job]


def test_a_second_person_sees_the_phone_of_what_is_held_and_releases_it(operator: Operator, services: Services) -> None:
    actions = held(operator)
    become(operator, services, "bert")

    released = operator.exconn("brakes", "release", actions[0], "--yes")

    assert released.code == 0
    assert "iPhone" in released.out
    assert states(operator, actions) == [State.QUEUED, State.HELD]


@pytest.mark.parametrize(
    ("table", "column"), [("jobs", "id"), ("devices", "guid")], ids=["ids of held wipes", "devices"]
)
def test_what_is_shown_under_the_name_of_another_is_not_released(
    operator: Operator, services: Services, table: str, column: str
) -> None:
    actions = held(operator)
    pair = (actions[0], actions[1]) if table == "jobs" else (guid(1), guid(2))
    swap(operator, services, table, column, pair)
    become(operator, services, "bert")

    released = operator.exconn("brakes", "release", actions[0], "--yes")

    assert released.code == ExitCode.REFUSED
    assert "is not what its requester asked for" in released.err
    assert states(operator, actions) == [State.HELD, State.HELD]
