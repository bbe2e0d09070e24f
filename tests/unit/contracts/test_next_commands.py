"""What people are told to type about a job: there is something for every kind, and the command line takes it."""

import re
from itertools import product

import pytest

from exconn.contracts import REASONS, TROUBLES, HoldReason, Kind, WaitReason, next_commands, remedy_text
from exconn.contracts.next_commands import cancel_command, show_command, watch_command
from tests.support.system.command_line import parsed

IN_CODE_FONT = re.compile("`([^`]+)`")
GUID = "11111111-2222-3333-4444-000000000001"


def lines(kind: str, **fields: str) -> list[str]:
    return [command.line for command in next_commands(f"{kind}-abcdefghijklmnop", "contoso", **fields)]


def everything_named(kind: str) -> set[str]:
    held = [lines(kind, state="held", reason=reason) for reason in HoldReason]
    going_on = [lines(kind, state=state) for state in ("", "queued", "claimed", "waiting")]
    ended = [
        lines(kind, state="settled", outcome=outcome, device=device)
        for outcome, device in product(("succeeded", "failed", "refused"), ("", GUID))
    ]
    return {line for several in (*held, *going_on, *ended) for line in several}


@pytest.mark.parametrize("kind", [*Kind, "of-a-newer-version"])
def test_every_command_about_a_job_of_any_kind_is_one_that_can_be_typed(kind: str) -> None:
    verbs = {parsed(line) for line in everything_named(kind)}

    assert verbs & {"actions show", "sweeps show", "jobs show"}


@pytest.mark.parametrize("kind", Kind)
def test_nobody_follows_what_is_no_action(kind: Kind) -> None:
    is_action = kind in (Kind.WIPE, Kind.BLOCK, Kind.ALLOW)
    watched = {Kind.SWEEP: "sweeps show"}
    job = f"{kind}-abcdefghijklmnop"

    assert parsed(watch_command(job).line) == ("actions follow" if is_action else watched.get(kind, "jobs show"))
    assert parsed(show_command(job).line).split()[0] in ("actions", "sweeps", "jobs")
    assert parsed(cancel_command(job).line) == ("actions cancel" if is_action else "jobs cancel")


@pytest.mark.parametrize(
    ("reason", "first"),
    [
        (HoldReason.BREAKER, "exconn brakes release wipe-abcdefghijklmnop --connector contoso"),
        (HoldReason.UNDELIVERED, "exconn actions follow wipe-abcdefghijklmnop"),
        (HoldReason.NOT_ARMED, "exconn connector arm contoso actions"),
        (HoldReason.KILLS_ITS_WORKER, "exconn jobs retry wipe-abcdefghijklmnop"),
        (HoldReason.UNREADABLE_PAYLOAD, "exconn actions cancel wipe-abcdefghijklmnop"),
    ],
)
def test_what_helps_first_depends_on_why_the_job_is_held(reason: HoldReason, first: str) -> None:
    assert lines("wipe", state="held", reason=reason)[0] == first


@pytest.mark.parametrize("reason", sorted(TROUBLES))
def test_a_job_that_waits_for_something_to_be_corrected_says_how_to_find_out_what_and_how_to_try_it_now(
    reason: WaitReason,
) -> None:
    named = lines("wipe", state="waiting", reason=reason)

    assert named[:2] == ["exconn doctor contoso", "exconn jobs retry wipe-abcdefghijklmnop"]
    assert "exconn actions cancel wipe-abcdefghijklmnop" in named


@pytest.mark.parametrize("reason", HoldReason)
def test_a_held_job_can_always_be_given_up_and_looked_at(reason: HoldReason) -> None:
    named = lines("wipe", state="held", reason=reason)

    assert named[-2:] == ["exconn actions cancel wipe-abcdefghijklmnop", "exconn actions show wipe-abcdefghijklmnop"]


def test_what_did_not_succeed_is_asked_for_again() -> None:
    assert lines("wipe", state="settled", outcome="refused", device=GUID)[0] == (
        f"exconn devices wipe {GUID} --connector contoso"
    )
    assert lines("policy-apply", state="settled", outcome="refused")[0] == "exconn policy plan contoso --wait"
    for outcome in ("succeeded", "cancelled"):
        assert lines("wipe", state="settled", outcome=outcome, device=GUID) == [
            "exconn actions show wipe-abcdefghijklmnop"
        ]


@pytest.mark.parametrize("line", sorted({line for code in REASONS for line in IN_CODE_FONT.findall(remedy_text(code))}))
def test_command_in_the_remedy_of_a_reason_can_be_typed(line: str) -> None:
    assert parsed(line)
