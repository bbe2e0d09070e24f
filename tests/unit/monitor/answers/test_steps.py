"""The steps of an action as they are shown."""

from datetime import UTC, datetime

from exconn.contracts import KINDS, Kind
from exconn.contracts.phases import NO_PHASES, Life, Phase
from exconn.monitor.answers.steps import in_order, steps_of

AT = datetime(2026, 11, 20, tzinfo=UTC)
WIPE = KINDS[Kind.WIPE].life


def shown(life: Life, phase: str, state: str, *met: str) -> list[str]:
    """Each step: its phase, then + when it was reached, > when the action is there, ~ when nobody saw it."""
    steps = steps_of(life, phase, state, dict.fromkeys(met, AT))
    return [step.phase + "+" * bool(step.at) + ">" * step.present + "~" * step.passed for step in steps]


def test_open_action_shows_its_whole_way_and_where_it_is() -> None:
    assert shown(WIPE, "issued", "waiting", "accepted", "issuing", "issued") == [
        *("accepted+", "issuing+", "issued+>", "sent", "acknowledged")
    ]


def test_action_that_ended_shows_what_it_went_through() -> None:
    assert shown(WIPE, "acknowledged", "settled", "accepted", "issuing", "issued", "sent", "acknowledged") == [
        *("accepted+", "issuing+", "issued+", "sent+", "acknowledged+")
    ]
    assert shown(WIPE, "closed", "settled", "accepted", "closed") == ["accepted+", "closed+"]


def test_phase_that_happened_between_two_looks_has_passed() -> None:
    assert shown(WIPE, "acknowledged", "settled", "accepted", "issuing", "issued", "acknowledged") == [
        *("accepted+", "issuing+", "issued+", "sent~", "acknowledged+")
    ]


def test_wipe_that_was_found_pending_was_not_issued_between_two_looks() -> None:
    assert shown(WIPE, "issued", "settled", "accepted", "issued") == ["accepted+", "issued+"]


def test_other_phases_follow_the_way() -> None:
    assert shown(WIPE, "cancelling", "waiting", "accepted", "issuing", "issued", "cancelling") == [
        *("accepted+", "issuing+", "issued+", "sent", "acknowledged", "cancelling+>")
    ]


def test_kind_of_action_that_is_not_known_here_needs_only_its_life() -> None:
    newer = Life(first=Phase.ACCEPTED, moves={Phase.ACCEPTED: {Phase.ISSUING: "begin"}, Phase.ISSUING: {}})

    assert shown(newer, "issuing", "claimed", "accepted", "issuing") == ["accepted+", "issuing+>"]
    assert shown(NO_PHASES, "", "claimed") == []


def test_phases_are_counted_in_the_order_of_the_way() -> None:
    assert in_order(["cancelling", "sent"]) == [
        *("accepted", "issuing", "issued", "sent", "acknowledged", "verified", "cancelling")
    ]
