"""Failpoints: inert without the variable, exact with it, refused when it cannot be read."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from exconn import failpoints
from exconn.failpoints import FailpointError, FailpointSpecError, points
from exconn.failpoints.spec import Failpoint, FailpointAction, parse_failpoints


@pytest.fixture
def arm(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Sets the variable; the table is read anew before and after."""
    monkeypatch.setattr(points, "_table", None)
    return monkeypatch


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=kill", Failpoint(name="a", action=FailpointAction.KILL)),
        ("a.b=kill-group", Failpoint(name="a.b", action=FailpointAction.KILL_GROUP)),
        ("a=stop:2.5", Failpoint(name="a", action=FailpointAction.STOP, span=timedelta(seconds=2.5))),
        (
            "a=sleep:1%0.5",
            Failpoint(name="a", action=FailpointAction.SLEEP, span=timedelta(seconds=1), probability=0.5),
        ),
        ("a=raise@/tmp/x", Failpoint(name="a", action=FailpointAction.RAISE, once_in=Path("/tmp/x"))),
        (" a=raise%0.1@d ", Failpoint(name="a", action=FailpointAction.RAISE, probability=0.1, once_in=Path("d"))),
    ],
)
def test_a_specification_is_read(text: str, expected: Failpoint) -> None:
    assert parse_failpoints(text) == {expected.name: expected}


def test_several_failpoints_are_separated_by_commas() -> None:
    assert list(parse_failpoints("a=kill,b=raise,,")) == ["a", "b"]


@pytest.mark.parametrize(
    "text", ["a", "=kill", "a=explode", "a=stop", "a=sleep:x", "a=sleep:-1", "a=sleep:601", "a=kill:3", "a=raise%2"]
)
def test_what_cannot_be_read_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(FailpointSpecError, match="write name=action"):
        parse_failpoints(text)


def test_nothing_is_armed_without_the_variable(arm: pytest.MonkeyPatch) -> None:
    failpoints.failpoint("job.claimed", key="x")

    assert failpoints.armed() == ()


def test_only_the_named_failpoint_fires(arm: pytest.MonkeyPatch) -> None:
    arm.setenv("EXCONN_FAILPOINTS", "job.claimed=raise")

    failpoints.failpoint("bell.popped")

    with pytest.raises(FailpointError, match=r"job\.claimed"):
        failpoints.failpoint("job.claimed")


def test_with_a_directory_it_fires_once_a_key(arm: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arm.setenv("EXCONN_FAILPOINTS", f"p=raise@{tmp_path}")

    fired = [_fires("p", key) for key in ("one", "one", "two", "one", "two")]

    assert fired == [True, False, True, False, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.one", "p.two"]


def test_a_seed_makes_chance_repeatable(arm: pytest.MonkeyPatch) -> None:
    arm.setenv("EXCONN_FAILPOINTS", "p=raise%0.5")
    arm.setenv("EXCONN_FAILPOINTS_SEED", "7")

    points._passed.clear()
    first = [_fires("p", str(number)) for number in range(200)]
    points._passed.clear()
    second = [_fires("p", str(number)) for number in range(200)]

    assert first == second
    assert 60 < sum(first) < 140


def test_kill_ends_the_process_by_sigkill() -> None:
    child = _child("failpoint('p')", "p=kill")

    assert child.returncode == -signal.SIGKILL
    assert "before" in child.stdout
    assert "after" not in child.stdout


@pytest.mark.slow
def test_stop_freezes_every_thread_and_then_goes_on() -> None:
    body = """
        import threading, time
        beats = []
        def beat():
            while True:
                beats.append(time.monotonic())
                time.sleep(0.01)
        threading.Thread(target=beat, daemon=True).start()
        failpoint('p')
        longest = max(later - earlier for earlier, later in zip(beats, beats[1:] + [time.monotonic()]))
        print('frozen' if longest > 0.4 else f'ran on: {longest}')
    """
    child = _child(body, "p=stop:0.5")

    assert child.returncode == 0
    assert "frozen" in child.stdout


def _fires(name: str, key: str) -> bool:
    try:
        failpoints.failpoint(name, key=key)
    except FailpointError:
        return True
    return False


def _child(body: str, spec: str) -> "subprocess.CompletedProcess[str]":
    program = "from exconn.failpoints import failpoint\nprint('before', flush=True)\n"
    program += textwrap.dedent(body) + "\nprint('after')"
    return subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"EXCONN_FAILPOINTS": spec},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
