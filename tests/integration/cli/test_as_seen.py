"""Whoever asks for an action signs what he was shown: another device under the same GUID is not acted on."""

import contextlib
import sqlite3

from exconn.cli.command_errors import ExitCode
from tests.integration.cli.conftest import Operator, Services, guid


def swap_rows(operator: Operator, services: Services) -> None:
    """What a fallen monitor, or somebody who may write its tables, can do: the GUIDs of two devices change places."""
    with (
        contextlib.closing(sqlite3.connect(services.intake.state_dir / "monitor.db", timeout=20)) as database,
        database,
    ):
        for before, after in ((guid(1), "between"), (guid(2), guid(1)), ("between", guid(2))):
            database.execute(
                "UPDATE devices SET guid = ? WHERE guid = ? AND connector = ?", (after, before, operator.connector)
            )


def test_a_device_that_is_shown_under_the_guid_of_another_is_not_wiped(operator: Operator, services: Services) -> None:
    swap_rows(operator, services)

    wiped = operator.exconn("devices", "wipe", "jdoe_iPhone", "--reason", "stolen", "--yes")

    assert "jdoe" in wiped.out
    assert guid(2) in wiped.out
    assert wiped.code == ExitCode.REFUSED
    assert "device_id" in wiped.err
    assert operator.ledger.unsettled(operator.connector) == set()


def test_a_device_that_is_what_is_shown_is_wiped_blocked_and_allowed(operator: Operator) -> None:
    for number, verb in enumerate(("wipe", "block", "allow"), start=1):
        assert operator.exconn("devices", verb, guid(number), "--reason", "stolen", "--yes").code == 0

    assert len(operator.ledger.unsettled(operator.connector)) == 3
