"""The benchmark counts what reached the server."""

from tests.benchmarks.session import GOAL, run


def test_a_small_cmdlet_takes_no_more_requests_than_the_goal() -> None:
    told: list[str] = []

    report = run(rounds=1, n=10, tell=told.append)

    assert report.met
    assert 2 <= report.figures[0].ours <= GOAL
    assert "to list 2000 devices" in told[-1]
