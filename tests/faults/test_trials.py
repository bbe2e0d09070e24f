"""Trials are spread evenly, and a seed repeats them."""

from collections import Counter
from pathlib import Path

from exconn.signing import new_signing_key
from tests.faults.kill_points import make_trials
from tests.faults.wave import FROZEN_FOR, LEASE, PHASES
from tests.support.fault_runs.markers import Markers
from tests.support.fault_runs.points import FREEZING, IN_ACTIONS, IN_COORDINATOR, IN_INTAKE, POINTS
from tests.support.fault_runs.setting import Setting

SETTING = Setting(
    key=new_signing_key(),
    registry=Path("requesters.toml"),
    connectors=("field-0", "field-1", "field-2"),
    devices=tuple(f"phone-{number}" for number in range(400)),
)


def test_every_point_has_its_share_of_the_trials() -> None:
    spread = Counter(trial.point.name for trial in make_trials(SETTING, 200, seed=7))

    assert len(spread) == len(POINTS)
    assert set(spread.values()) == {200 // len(POINTS), 200 // len(POINTS) + 1}


def test_every_trial_has_a_device_of_its_own() -> None:
    trials = make_trials(SETTING, 200, seed=7)

    assert len({trial.guid for trial in trials}) == 200
    assert len({trial.nonce for trial in trials}) == 200


def test_the_same_seed_makes_the_same_trials_and_another_one_does_not() -> None:
    def plan(seed: int) -> list[tuple[str, str]]:
        return [(trial.point.name, trial.enrols) for trial in make_trials(SETTING, 60, seed)]

    assert plan(1) == plan(1)
    assert plan(1) != plan(2)


def test_at_every_point_some_phones_come_back_and_some_stay_away() -> None:
    trials = make_trials(SETTING, 200, seed=7)

    for point in POINTS:
        back = {bool(trial.enrols) for trial in trials if trial.point is point}
        assert back == {True, False}


def test_some_wipes_are_cancelled_at_every_point_and_their_phones_stay_away() -> None:
    trials = make_trials(SETTING, 200, seed=7)

    cancelled = [trial for trial in trials if trial.cancel_at]
    assert {trial.point for trial in cancelled} == set(POINTS)
    assert {trial.cancel_at for trial in cancelled} == set(PHASES)
    assert not any(trial.enrols for trial in cancelled)


def test_a_process_is_frozen_for_longer_than_its_lease_where_it_is_not_killed(tmp_path: Path) -> None:
    armed = Markers(tmp_path / "marks").arm([*FREEZING, "job.claimed"], frozen_for=FROZEN_FOR)

    assert armed == f"action.before_cmdlet=stop:5@{tmp_path}/marks,job.claimed=kill@{tmp_path}/marks"
    assert FROZEN_FOR > LEASE


def test_every_failpoint_of_a_point_is_armed_in_one_service() -> None:
    named = [name for point in POINTS for name in point.failpoints]

    assert set(named) == {*IN_INTAKE, *IN_COORDINATOR, *IN_ACTIONS}
    assert len({*IN_INTAKE, *IN_COORDINATOR, *IN_ACTIONS}) == len(IN_INTAKE) + len(IN_COORDINATOR) + len(IN_ACTIONS)


def test_a_spared_key_does_not_count_as_a_kill(tmp_path: Path) -> None:
    markers = Markers(tmp_path / "marks")
    markers.spare(["job.claimed"], "wipe-1")
    (markers.folder / "job.claimed.wipe-2").touch()
    (markers.folder / "action.before_cmdlet.wipe-3").touch()

    markers.spare(["job.claimed"], "wipe-2")

    assert (markers.killed(), markers.froze()) == (1, 1)
    assert markers.has_struck("job.claimed", "wipe-2")
    assert not markers.has_struck("job.claimed", "wipe-1")
