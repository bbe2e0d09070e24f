"""An answer without end is given up, by its length or by its time."""

import pytest

from exconn.exchange import Malformed
from exconn.exchange.error_mapping import NoAnswer
from exconn.exchange.psrp import command_limits
from exconn.exchange.psrp.command_limits import LONGEST, CommandLimits


def test_a_command_that_says_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_limits, "MOST_MESSAGES", 10)
    command = CommandLimits()

    command.spend(10)

    with pytest.raises(Malformed, match="10 messages"):
        command.spend(1)


def test_a_command_that_goes_on_too_long_is_given_up() -> None:
    clock = 100.0
    command = CommandLimits(now=lambda: clock)

    clock += LONGEST.total_seconds()
    command.spend(1)
    clock += 1

    with pytest.raises(NoAnswer, match="12 hours"):
        command.spend(0)
