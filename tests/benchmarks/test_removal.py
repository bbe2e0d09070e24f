"""The benchmark of removals ends every job, and counts what the server was asked."""

from tests.benchmarks import removal


def test_every_job_is_ended_and_each_call_is_counted() -> None:
    told: list[str] = []

    report = removal.run(1, 250, told.append)

    (figure,) = report.figures
    assert (report.n, figure.goal) == (250, removal.GOAL)
    assert figure.ours > 0
    calls = int(told[0].split()[2])
    assert calls >= 3  # some jobs a call
