"""Common ground of every test: no setting leaks in from the shell, and real parts come from tests.support."""

import os

import pytest
from hypothesis import settings

for _name in [name for name in os.environ if name.startswith("EXCONN_")]:
    del os.environ[_name]

pytest_plugins = [
    "tests.support.machine.missing_parts",
    "tests.support.machine.processes",
    "tests.support.machine.valkey",
    "tests.support.machine.checkout",
]

# How long an example takes says something about the machine, and nothing about the code.
settings.register_profile("without deadlines", deadline=None)
settings.load_profile("without deadlines")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a minute begin first: at the end, all other processes would wait for one."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
