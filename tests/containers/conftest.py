"""One deployment of the demo profile for all tests here, started by the one command that users type."""

import os
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.containers.engine import PREFIX, ROOT, remove_project, require_engine, sweep
from tests.support.containers.stack import Stack
from tests.support.machine.processes import wait_until

#: The whole deployment is built and started in the first test that asks for it.
TIMEOUT_SECONDS = 900
SWEPT_WITHIN = timedelta(minutes=5)
#: A small fleet, and more wipes of one requester than the factory's limits let through.
WIDE = """
[{table}.erase]
fleet_percent = 100.0
[{table}.quota]
per_hour = 100
per_day = 100
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test here may wait for the deployment."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Everything, running and healthy. Nothing of it is left in the end, whatever happened."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("one deployment at a time (./run test tests/containers)")
    require_engine()
    sweep()
    project = f"{PREFIX}{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="exconn-operator-") as folder:
        started = Stack(project, Path(folder))
        try:
            started.up(WIDE.format(table="bounds"))
            yield started
        finally:
            remove_project(project)


@pytest.fixture(scope="session")
def installed(stack: Stack) -> Stack:
    """The deployment after the operator's first commands: connector installed, armed, first sweep done."""
    definition = stack.folder / "connector.toml"
    shown = (ROOT / "deploy/demo/connector.toml").read_text(encoding="utf-8")
    definition.write_text(shown + WIDE.format(table="limits"), encoding="utf-8")
    stack.exconn("connector", "apply", str(definition), "--wait")
    for feature in ("policy", "actions"):
        stack.exconn("connector", "arm", "demo", feature, "--wait")

    def swept() -> bool:
        return any(sweep["finished_at"] for sweep in stack.exconn("sweeps", "list")["sweeps"])

    wait_until(swept, SWEPT_WITHIN, "the first sweep")
    return stack
