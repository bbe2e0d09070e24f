"""Reasons are codes; what people read of them is made from the code and its data, in one place."""

import string
from pathlib import Path

import pytest

from exconn.contracts import (
    BRAKES,
    REASONS,
    EndReason,
    HoldReason,
    Reason,
    RefuseReason,
    Step,
    WaitReason,
    reason_text,
    remedy_text,
    steps_for,
)

ROOT = Path(__file__).parents[3]
#: What explains codes, and gives none.
TABLES = {"reasons.py", "reason_texts.py", "earlier_reasons.py"}
CODES: list[Reason] = [*HoldReason, *WaitReason, *RefuseReason, *EndReason]


def test_every_code_has_one_row_and_no_code_is_used_twice() -> None:
    values = [code.value for code in CODES]

    assert list(REASONS) == CODES
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("code", CODES)
def test_a_text_says_something_also_when_its_fields_did_not_come(code: Reason) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(REASONS[code].text) if name]

    assert reason_text(code, {}).count("?") >= len(names)
    assert reason_text(code, dict.fromkeys(names, "x")) == REASONS[code].text.format(**dict.fromkeys(names, "x"))
    assert remedy_text(code) == "" or remedy_text(code).endswith(".")


@pytest.mark.parametrize("code", HoldReason)
def test_whoever_finds_a_held_job_is_told_what_to_do(code: HoldReason) -> None:
    assert steps_for(code)
    assert remedy_text(code)


def test_lists_are_written_with_commas() -> None:
    told = reason_text(HoldReason.PARTNERSHIP_DIFFERS, {"pair": "0a1b", "differences": ["mailbox", "created"]})

    assert told.endswith("(pair 0a1b): it differs in mailbox, created")


def test_only_a_release_helps_against_a_brake() -> None:
    assert {HoldReason.BREAKER, HoldReason.QUOTA} == BRAKES
    assert all(steps_for(code) == (Step.RELEASE, Step.CANCEL) for code in BRAKES)


def test_a_code_of_a_newer_version_is_shown_as_it_is() -> None:
    assert reason_text("moon_is_full", {"phase": 3}) == "moon is full"
    assert remedy_text("moon_is_full") == ""
    assert steps_for("moon_is_full") == (Step.RETRY, Step.CANCEL)


def test_every_code_is_given_by_somebody() -> None:
    folders = (ROOT / "shared", ROOT / "services")
    sources = (path for folder in folders for path in folder.rglob("*.py") if path.name not in TABLES)
    python = "\n".join(path.read_text("utf-8") for path in sources)
    lua = "\n".join(path.read_text("utf-8") for path in (ROOT / "shared").rglob("*.lua"))

    assert [
        code for code in CODES if f"{type(code).__name__}.{code.name}" not in python and f"R.{code}" not in lua
    ] == []
