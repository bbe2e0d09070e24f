"""Orders for faults, and the log of what was executed."""

import json
from pathlib import Path

import pytest

from exconn.simulator.control.oracle import Oracle, matches_cmdlet
from exconn.simulator.errors import ConnectionCut, HttpRefusal
from exconn.simulator.faults.faults import KINDS, Faults, UnknownFault


@pytest.fixture
def faults() -> Faults:
    return Faults(seed=7)


def strikes(faults: Faults, kind: str, cmdlet: str, looks: int) -> list[bool]:
    return [faults.strike(kind, cmdlet) is not None for _ in range(looks)]


def test_fault_strikes_once_unless_ordered_otherwise(faults: Faults) -> None:
    faults.order({"kind": "slow"})
    assert strikes(faults, "slow", "Get-X", 3) == [True, False, False]
    assert faults.open() == []


def test_fault_strikes_for_ever_with_minus_one(faults: Faults) -> None:
    fault = faults.order({"kind": "slow", "times": -1})
    assert strikes(faults, "slow", "Get-X", 5) == [True] * 5
    assert faults.cancel(fault.id)
    assert not faults.cancel(fault.id)
    assert strikes(faults, "slow", "Get-X", 1) == [False]


def test_fault_lets_the_first_ones_pass(faults: Faults) -> None:
    faults.order({"kind": "slow", "after": 2, "times": 2})
    assert strikes(faults, "slow", "Get-X", 5) == [False, False, True, True, False]


def test_fault_strikes_only_what_it_is_for(faults: Faults) -> None:
    faults.order({"kind": "slow", "cmdlet": "Clear-*", "times": -1})
    assert strikes(faults, "slow", "Get-MobileDevice", 1) == [False]
    assert strikes(faults, "error", "Clear-MobileDevice", 1) == [False]
    assert strikes(faults, "slow", "Clear-MobileDevice", 1) == [True]


def test_probability_strikes_some(faults: Faults) -> None:
    faults.order({"kind": "slow", "times": -1, "probability": 0.5})
    assert 20 < sum(strikes(faults, "slow", "Get-X", 100)) < 80


def test_fault_for_everything_strikes_at_the_door_and_not_again(faults: Faults) -> None:
    faults.order({"kind": "refuse", "times": 1})
    faults.command("Get-X")
    with pytest.raises(HttpRefusal):
        faults.request()
    faults.request()


def test_fault_for_a_cmdlet_does_not_strike_at_the_door(faults: Faults) -> None:
    faults.order({"kind": "refuse_connection", "cmdlet": "Get-X"})
    faults.connection()
    with pytest.raises(ConnectionCut):
        faults.command("Get-X")


def test_hidden_cmdlet_stays_hidden_however_often_it_is_looked_for(faults: Faults) -> None:
    faults.order({"kind": "missing_cmdlet", "cmdlet": "Clear-ActiveSyncDevice"})
    assert [faults.hides("Clear-MobileDevice") for _ in range(3)] == [True] * 3
    assert not faults.hides("Get-MobileDevice")


@pytest.mark.parametrize("order", [{}, {"kind": "x"}, {"kind": "slow", "x": 1}])
def test_unknown_order_is_refused(faults: Faults, order: dict[str, object]) -> None:
    with pytest.raises(UnknownFault):
        faults.order(order)


@pytest.mark.parametrize(
    ("pattern", "cmdlet", "expected"),
    [
        ("*", "Get-MobileDevice", True),
        ("Clear-*", "Clear-MobileDevice", True),
        ("clear-activesyncdevice", "Clear-MobileDevice", True),
        ("Clear-MobileDevice", "Clear-ActiveSyncDevice", True),
        ("Get-ActiveSyncMailboxPolicy", "Get-MobileDeviceMailboxPolicy", True),
        ("Get-MobileDevice", "Get-MobileDeviceStatistics", False),
        ("Set-*", "Get-MobileDevice", False),
    ],
)
def test_either_family_names_a_cmdlet(pattern: str, cmdlet: str, expected: bool) -> None:
    assert matches_cmdlet(pattern, cmdlet) is expected


def test_oracle_keeps_a_line_per_cmdlet_before_its_answer(tmp_path: Path) -> None:
    oracle = Oracle(tmp_path / "oracle.jsonl")
    first = oracle.record(answered=True, cmdlet="Get-MobileDevice", identity_guid=None)
    oracle.record(answered=False, cmdlet="Clear-MobileDevice", identity_guid="abc")

    lines = [json.loads(line) for line in (tmp_path / "oracle.jsonl").read_text().splitlines()]
    assert [(line["n"], line["answered"]) for line in lines] == [(1, True), (2, False)]
    assert [e["answered"] for e in oracle.entries()] == [False, False]
    first["answered"] = True
    assert [e["n"] for e in oracle.entries("clear-*", guid="ABC")] == [2]
    assert [e["n"] for e in oracle.entries(since=1)] == [2]
    oracle.close()


def test_every_kind_of_fault_is_explained() -> None:
    page = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text("utf-8")
    explained = page.split("## Faults on order")[1].split("\n## ")[0]
    assert [kind for kind in KINDS if f"`{kind}`" not in explained] == []
