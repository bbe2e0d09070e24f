"""The witnesses are read whole, and the figures are what they are published as."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exconn.keyspace import keys
from exconn.ledger import Ledger
from exconn.stream import Number
from tests.faults.kill_points import figures
from tests.faults.report import ControlFigures, Figures
from tests.support.fault_runs.evidence import clears, status_messages
from tests.support.fault_runs.fault_kinds import FaultKind, Faults
from tests.support.fault_runs.judge import Verdict
from tests.support.machine.processes import wait_until
from tests.support.machine.valkey import RestartableValkey

GUID = "11111111-2222-3333-4444-555555555555"
ENTRY = {"identity_guid": GUID, "outcome": "ok", "parameters": {}, "at": "2026-01-02T12:00:00+00:00"}


def test_messages_that_were_trimmed_since_are_still_in_evidence(tmp_path: Path) -> None:
    with RestartableValkey(tmp_path / "valkey") as server:
        client = server.client()
        for number in range(3):
            Ledger(client).announce(Number.CONNECTOR_ARMED, connector="hq", by="boss", data={"feature": f"f{number}"})
        client.xtrim(keys.STATUS, maxlen=0)

        wait_until(lambda: len(status_messages(tmp_path / "valkey")) == 3, timedelta(seconds=5), "the file")

        assert [message.sequence for message in status_messages(tmp_path / "valkey")] == [1, 2, 3]
        client.close()


def test_a_file_that_was_cut_off_is_read_up_to_the_cut(tmp_path: Path) -> None:
    place = tmp_path / "appendonlydir"
    place.mkdir()
    fields = ["v", "1", "seq", "1", "n", "50600", "at", "0", "connector", "hq", "data", "{}"]
    words = ["XADD", keys.STATUS, "1-0", *fields]
    whole = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    (place / "a.aof.1.incr.aof").write_text(whole + whole[:-9], encoding="ascii", newline="")

    assert [message.sequence for message in status_messages(tmp_path)] == [1]


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, 1),
        ({"outcome": "error"}, 0),
        ({"identity_guid": None}, 0),
    ],
    ids=["effective", "failed", "of nothing"],
)
def test_only_cmdlets_with_effect_count(changes: dict[str, object], counted: int) -> None:
    assert len(clears([ENTRY | changes])) == counted


@pytest.mark.parametrize(("parameters", "cancel"), [({}, False), ({"Cancel": False}, False), ({"Cancel": True}, True)])
def test_a_cancellation_is_told_from_a_wipe(parameters: dict[str, object], cancel: bool) -> None:
    (found,) = clears([ENTRY | {"parameters": parameters}])

    assert found.cancel is cancel


SEEING = ControlFigures(trials=10, lost=5, doubled=5)


def some_figures(**changes: int) -> Figures:
    return figures_with({"celery": SEEING}, **changes)


def figures_with(controls: Mapping[str, ControlFigures], /, **changes: int) -> Figures:
    fields: dict[str, Any] = {
        "trials": 200,
        "kills": 210,
        "lost": 0,
        "doubled": 0,
        "unaudited": 0,
        "stale": 0,
    } | changes
    return Figures(name="kill-points", seed=7, controls=controls, **fields)


def test_the_figures_have_exactly_the_published_fields() -> None:
    assert json.loads(some_figures().as_json()) == {
        "name": "kill-points",
        "seed": 7,
        "trials": 200,
        "kills": 210,
        "lost": 0,
        "doubled": 0,
        "unaudited": 0,
        "stale": 0,
        "illegal": 0,
        "interventions": 0,
        "faults": {},
        "never_struck": [],
        "bound": 0.015,
        "control": {"trials": 10, "lost": 5, "doubled": 5},
        "controls": {"celery": {"trials": 10, "lost": 5, "doubled": 5}},
    }


def test_a_run_says_which_kind_of_fault_never_struck() -> None:
    faults = Faults({kind: 1 for kind in FaultKind if kind is not FaultKind.BROKER_KILLED})
    verdict, controls = Verdict(), {"celery": SEEING}

    found = figures(9, 7, faults, verdict, controls)

    assert found.never_struck == ["broker_killed"]
    assert found.faults["broker_killed"] == 0
    assert found.faults["ledger_killed"] == 1
    assert "never struck, so nothing is known of it: broker_killed" in found.table()
    assert json.loads(found.as_json())["never_struck"] == ["broker_killed"]


@pytest.mark.parametrize("finding", ["lost", "doubled", "unaudited", "stale", "illegal"])
def test_any_finding_fails_a_campaign(finding: str) -> None:
    assert some_figures().passed
    assert not some_figures(**{finding: 1}).passed


@pytest.mark.parametrize(("lost", "doubled"), [(0, 0), (5, 0), (0, 5)])
def test_a_control_that_does_not_both_lose_and_double_fails_a_campaign(lost: int, doubled: int) -> None:
    blind = ControlFigures(trials=10, lost=lost, doubled=doubled)

    assert not figures_with({"celery": blind, "celery-redis-plus": SEEING}).passed


@pytest.mark.parametrize(("lost", "doubled"), [(0, 0), (5, 0), (0, 5), (5, 5)])
def test_of_another_control_the_figures_are_only_told(lost: int, doubled: int) -> None:
    other = ControlFigures(trials=10, lost=lost, doubled=doubled)

    found = figures_with({"celery": SEEING, "celery-redis-plus": other})

    published = json.loads(found.as_json())
    assert found.passed
    assert published["control"] == published["controls"]["celery"] == {"trials": 10, "lost": 5, "doubled": 5}
    assert published["controls"]["celery-redis-plus"] == {"trials": 10, "lost": lost, "doubled": doubled}
    assert f"control, celery-redis-plus, 10 tasks: {lost} lost, {doubled} doubled" in found.table()
    assert "control, celery, 10 tasks: 5 lost, 5 doubled" in found.table()
