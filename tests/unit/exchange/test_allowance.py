"""An answer without end is given up, by its length or by its time."""

import pytest

from exconn.exchange import Malformed, allowance
from exconn.exchange.allowance import LONGEST, Allowance
from exconn.exchange.faults import NoAnswer


def test_a_command_that_says_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "MOST_MESSAGES", 10)
    command = Allowance()

    command.spend(10)

    with pytest.raises(Malformed, match="10 messages"):
        command.spend(1)


def test_a_command_that_goes_on_too_long_is_given_up() -> None:
    clock = 100.0
    command = Allowance(now=lambda: clock)

    clock += LONGEST.total_seconds()
    command.spend(1)
    clock += 1

    with pytest.raises(NoAnswer, match="12 hours"):
        command.spend(0)
