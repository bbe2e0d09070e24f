"""Each Celery that is killed for a control has its own worker, databases and figures; the other one is asked for."""

import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import main
from tests.faults.control import Controls
from tests.faults.rivals import OpponentRival, Rival, StockRival, make_rivals
from tests.support.opponent.environment import NoPythonForOpponentError

RIVALS: list[Rival] = [StockRival(), OpponentRival(Path("/made/for/it/python"))]


def test_the_worker_of_each_runs_in_its_own_environment() -> None:
    assert [list(rival.command) for rival in RIVALS] == [
        [sys.executable, "-m", "tests.faults.stock"],
        ["/made/for/it/python", "-m", "tests.faults.opponent_app", "work"],
    ]


def test_each_has_a_name_and_databases_that_no_other_has() -> None:
    databases = [database for rival in RIVALS for database in rival.databases]

    assert [rival.name for rival in RIVALS] == ["celery", "celery-redis-plus"]
    assert len(set(databases)) == len(databases)
    assert 0 not in databases, "the ledger's"


def test_only_the_stock_one_is_killed_unless_the_opponent_is_asked_for(tmp_path: Path) -> None:
    assert [rival.name for rival in make_rivals(tmp_path, print, opponent=False)] == ["celery"]
    assert list(tmp_path.iterdir()) == [], "no environment is made"


def test_each_control_has_as_many_devices_as_the_others() -> None:
    assert Controls(RIVALS[:1], 10).devices == 10
    assert Controls(RIVALS, 10).devices == 20


def refused(_folder: Path) -> Path:
    raise NoPythonForOpponentError


def test_a_run_with_the_opponent_is_refused_with_the_remedy_where_no_python_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.faults.rivals.opponent_environment", refused)

    with pytest.raises(SystemExit) as ended:
        main(["kill-points", "--trials", "1", "--opponent"])

    assert ended.value.code == 2
    assert "install python3.13, or run this with EXCONN_PYTHON naming one" in capsys.readouterr().err


def test_a_walk_has_no_opponent(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["walk", "--trials", "1", "--opponent"])

    assert ended.value.code == 2
    assert "--opponent belongs to kill-points" in capsys.readouterr().err
