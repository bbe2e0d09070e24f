"""`exconn run`: what the process that it becomes is told."""

import os

import pytest

from exconn.cli.main import main
from exconn.cli.run import ESTATES
from exconn.simulator.organization.estate import EstateName

NAME = "EXCONN_SIMULATOR_ESTATE"


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str | None]]:
    """The arguments of the process, and the estate in its environment."""
    monkeypatch.setitem(os.environ, NAME, "tidy")
    started: list[tuple[list[str], str | None]] = []
    monkeypatch.setattr(os, "execv", lambda _program, words: started.append((words[1:], os.environ.get(NAME))))
    return started


def test_the_simulator_is_told_which_estate_it_has(became: list[tuple[list[str], str | None]]) -> None:
    main(["run", "simulator", "--estate", "hostile"])

    assert became == [(["-m", "exconn.simulator"], "hostile")]


def test_without_an_estate_the_environment_decides(became: list[tuple[list[str], str | None]]) -> None:
    main(["run", "simulator"])

    assert became == [(["-m", "exconn.simulator"], "tidy")]


def test_the_command_line_knows_the_simulators_estates() -> None:
    assert list(ESTATES) == [name.value for name in EstateName]
