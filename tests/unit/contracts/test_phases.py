"""The life of each kind of job stands in one table, and the drawing in the documentation is made from it."""

import re
from pathlib import Path

import pytest

from exconn.contracts import KINDS, Kind, Phase, is_in_exchange, kind_of

ROOT = Path(__file__).parents[3]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
LIVES = [kind for kind, row in KINDS.items() if row.life.moves]


@pytest.mark.parametrize("kind", LIVES)
def test_every_phase_can_be_reached_from_the_first_one(kind: Kind) -> None:
    life = KINDS[kind].life
    reached, left = {life.first}, [life.first]
    while left:
        new = set(life.moves.get(left.pop(), {})) - reached
        reached |= new
        left += new

    assert reached == set(life.phases)


@pytest.mark.parametrize("kind", [kind for kind in LIVES if KINDS[kind].texts])
def test_an_action_can_end_from_each_of_its_phases(kind: Kind) -> None:
    life = KINDS[kind].life

    assert life.ends
    assert all(life.ends & set(life.moves[phase]) for phase in life.phases if phase not in life.ends)
    assert life.in_exchange < set(life.phases) - life.ends


def test_the_regular_way_of_a_wipe_is_the_first_move_from_each_phase() -> None:
    assert KINDS[Kind.WIPE].life.way == ("accepted", "issuing", "issued", "sent", "acknowledged")


def test_a_phase_may_stay_and_what_is_not_in_the_table_may_not_follow() -> None:
    life = KINDS[Kind.WIPE].life

    assert life.may_follow("issued", "issued")
    assert life.may_follow("issued", "sent")
    assert not life.may_follow("acknowledged", "issued")
    assert not life.may_follow("accepted", "sent")
    assert not life.may_follow("dreamt", "closed")


def test_a_kind_or_phase_of_a_newer_version_is_not_taken_to_be_in_exchange() -> None:
    assert is_in_exchange("wipe", Phase.SENT)
    assert not is_in_exchange("wipe", Phase.ISSUING)
    assert not is_in_exchange("teleport", "sent")
    assert kind_of("policy-apply-aaaaaaaaaaaaaaaa") == Kind.POLICY_APPLY


def test_the_table_has_the_phases_that_handlers_go_to_and_no_others() -> None:
    code = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "services").rglob("*.py")))
    named = {Phase[name] for name in re.findall(r"phase=Phase\.([A-Z]+)", code)}
    begun = {Phase.ISSUING}  # what `begin` goes to where the handler names no other

    lives = [KINDS[kind].life for kind in LIVES]
    assert named | begun == {after for life in lives for moves in life.moves.values() for after in moves}
    assert re.findall(r"phase=[\"'][a-z]", code) == []


@pytest.mark.parametrize("kind", [Kind.WIPE, Kind.BLOCK])
def test_the_drawing_of_an_action_s_life_is_the_one_of_the_table(kind: Kind) -> None:
    drawing = "\n".join(("```mermaid", *KINDS[kind].life.drawing(), "```"))

    assert drawing in ARCHITECTURE.read_text("utf-8"), f"put this into {ARCHITECTURE.name}:\n{drawing}"
