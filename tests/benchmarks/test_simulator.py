"""The benchmark of the simulator measures what it says; how fast it is, is measured where the machine is quiet."""

import pytest

from tests.benchmarks import simulator


@pytest.mark.check("speed")
def test_every_object_is_served_and_decoded_in_each_round() -> None:
    told: list[str] = []

    report = simulator.run(2, simulator.LEAST, told.append)

    (figure,) = report.figures
    assert (report.n, figure.goal, len(told)) == (simulator.LEAST, 4, 2)
    assert figure.ours > 0
    assert figure.reference > 0
