"""Tables for people: readable at 80 columns whatever Exchange reports, and nothing is cut."""

import json
import os
from typing import Any

import pytest
from rich.cells import cell_len

from exconn.cli.devices import _COLUMNS as DEVICE_COLUMNS
from exconn.cli.output import Output
from exconn.cli.sweeps import _COLUMNS as SWEEP_COLUMNS
from exconn.cli.table import cell_lines, table_lines

LONG_ID = "0123456789ABCDEF" * 4
LONG_USER = "north.europe.corp.example\\maria-theresia.von-und-zu-hohenstein@mail.corp.example"


def device(**changes: str) -> list[str]:
    found = {
        "name": "jdoe_iPhone",
        "model": "iPhone14C2",
        "client": "native",
        "access": "Allowed",
        "last_sync": "11-30 15:16",
        "wipe": "acknowledged",
    }
    return list((found | changes).values())


def devices(*rows: list[str], width: int = 80) -> list[str]:
    return table_lines(DEVICE_COLUMNS, rows, width=width, wrap=("model", "client"))


def test_table_that_fits_has_a_line_for_each_row() -> None:
    assert devices(device(), device(name="ann_PIXEL", model="Pixel 8")) == [
        "NAME         MODEL       CLIENT  ACCESS   LAST SYNC    WIPE",
        "jdoe_iPhone  iPhone14C2  native  Allowed  11-30 15:16  acknowledged",
        "ann_PIXEL    Pixel 8     native  Allowed  11-30 15:16  acknowledged",
    ]


def test_name_that_is_too_long_stands_whole_above_its_row() -> None:
    long = f"{LONG_USER}_{LONG_ID}"

    assert devices(device(), device(name=long)) == [
        "NAME         MODEL       CLIENT  ACCESS   LAST SYNC    WIPE",
        "jdoe_iPhone  iPhone14C2  native  Allowed  11-30 15:16  acknowledged",
        long,
        "             iPhone14C2  native  Allowed  11-30 15:16  acknowledged",
    ]


def test_cell_goes_on_below_itself_between_words() -> None:
    outlook = device(name="maria.hohenstein_Outlook", model="Outlook for iOS and Android", access="Quarantined")

    assert devices(outlook, device()) == [
        "NAME         MODEL                CLIENT  ACCESS       LAST SYNC    WIPE",
        "maria.hohenstein_Outlook",
        "             Outlook for iOS and  native  Quarantined  11-30 15:16  acknowledged",
        "             Android",
        "jdoe_iPhone  iPhone14C2           native  Allowed      11-30 15:16  acknowledged",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    "cell", [LONG_ID, LONG_USER, "Outlook for iOS and Android", "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 30]
)
def test_no_line_but_that_of_a_name_is_wider_than_the_terminal_and_nothing_is_cut(cell: str, width: int) -> None:
    rows = [device(name=cell, model=cell), device(client="outlook service", access="DeviceDiscovery")]

    lines = devices(*rows, width=width)

    assert all(cell_len(line) <= width or line == cell for line in lines)
    told = "".join("".join(lines).split())
    assert all("".join(text.split()) in told for text in (cell, "DeviceDiscovery", "acknowledged"))


def test_headings_of_sweeps_are_whole_at_80_columns() -> None:
    row = ["sweep-abcdefghijklmnop", "unreported", "100000", "yes", "11-30 15:16", "11-30 15:16"]

    heading, line = table_lines(SWEEP_COLUMNS, [row], width=80)

    assert heading.split() == ["JOB", "STATE", "DEVICES", "COMPLETE", "STARTED", "FINISHED"]
    assert len(line) <= 80


def test_table_that_cannot_fit_is_told_as_blocks() -> None:
    assert devices(device(model="Pixel 8"), width=30) == [
        "jdoe_iPhone",
        "  model      Pixel 8",
        "  client     native",
        "  access     Allowed",
        "  last sync  11-30 15:16",
        "  wipe       acknowledged",
    ]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("Outlook for iOS", 12, ["Outlook for", "iOS"]),
        ("albert.lenz_SAMSUNGSMA546B", 14, ["albert.lenz_", "SAMSUNGSMA546B"]),
        ("jdoe@corp.example", 10, ["jdoe@corp.", "example"]),
        ("ABCDEFGHIJ", 4, ["ABCD", "EFGH", "IJ"]),
        ("-", 1, ["-"]),
    ],
    ids=["between words", "after an underscore", "in an address", "anywhere", "nothing"],
)
def test_cell_is_broken_where_it_hurts_least(text: str, width: int, lines: list[str]) -> None:
    assert cell_lines(text, width) == lines


def test_record_goes_on_below_its_value_and_keeps_words_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", "40")

    Output().record({}, [("user", LONG_USER), ("reason", "it waits for a second person to let it go on")], name="")

    assert capsys.readouterr().out.splitlines() == [
        f"user    {LONG_USER}",
        "reason  it waits for a second person to",
        "        let it go on",
    ]


def test_width_changes_nothing_for_programs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    value: dict[str, Any] = {"devices": [{"name": LONG_USER}]}
    monkeypatch.setitem(os.environ, "COLUMNS", "20")

    Output(as_json=True).listing(value, value["devices"], ("name",), name="name", empty="")

    assert json.loads(capsys.readouterr().out) == value


def test_row_is_one_line_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(os.environ, "COLUMNS", raising=False)
    row = {"name": LONG_USER, "model": "Outlook for iOS and Android"}

    Output().listing([row], [row], ("name", "model"), name="name", empty="", wrap=("model",))

    assert len(capsys.readouterr().out.splitlines()) == 2
