"""The chart, and what it renders for its own values files."""

from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec

import pytest

from tests.chart.chart import Chart, Rendered, Values, changed, started_chart
from tests.support.machine.skip_or_fail import EVERYTHING, require

NEEDED = ("helm_python", "jsonschema", "kubernetes_validate", "yaml")
#: Ways of installing: by the values files, with servers of one's own only, and without TLS to the chart's own.
CASES = ("minimal", "full", "own-servers", "in-the-clear")
#: What turns TLS off.
OFF = {"enabled": False, "existingSecret": "", "serverSecret": ""}


@pytest.fixture(scope="session")
def chart() -> Iterator[Chart]:
    """The chart and the process that renders it."""
    require(all(find_spec(name) for name in NEEDED), "Helm or its validators", EVERYTHING)
    with started_chart() as started:
        yield started


@pytest.fixture(scope="session")
def values_of(chart: Chart) -> Callable[[str], Values]:
    """The values of a case, to be changed by a test."""

    @cache
    def values(case: str) -> Values:
        if case == "in-the-clear":
            return changed(chart.values_file("minimal"), ledger__tls=OFF, broker__tls=OFF)
        if case != "own-servers":
            return chart.values_file(case)
        return changed(
            chart.values_file("full"),
            postgresql__bundled=False,
            postgresql__tlsSecret="",
            monitor__database__cidrs=["192.0.2.80/32"],
            monitor__database__port=5433,
            keda__enabled=False,
        )

    return values


@pytest.fixture(scope="session")
def rendered_of(chart: Chart, values_of: Callable[[str], Values]) -> Callable[[str], Rendered]:
    """What a case renders, to be looked at only."""

    @cache
    def rendered(case: str) -> Rendered:
        return chart.render(values_of(case))

    return rendered


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    """Each way of installing."""
    return str(request.param)


@pytest.fixture
def values(case: str, values_of: Callable[[str], Values]) -> Values:
    """The values of each case."""
    return values_of(case)


@pytest.fixture
def rendered(case: str, rendered_of: Callable[[str], Rendered]) -> Rendered:
    """What each case renders."""
    return rendered_of(case)


@pytest.fixture
def minimal(values_of: Callable[[str], Values]) -> Values:
    """The fewest values that install."""
    return values_of("minimal")


@pytest.fixture
def full(values_of: Callable[[str], Values]) -> Values:
    """Every value set."""
    return values_of("full")
