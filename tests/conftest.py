"""Common ground of every test: no setting leaks in from the shell, and real parts come from tests.support."""

import gc
import os

import pytest
from hypothesis import settings

for _name in [name for name in os.environ if name.startswith("EXCONN_")]:
    del os.environ[_name]

# Collecting makes hundreds of thousands of objects that stay: looking through them again and again frees nothing.
gc.disable()

pytest_plugins = [
    "tests.support.machine.skipped_summary",
    "tests.support.machine.processes",
    "tests.support.machine.valkey",
    "tests.support.machine.checkout",
    "tests.support.machine.openssh",
    "tests.support.network.impostor",
]

# How long an example takes says something about the machine, and nothing about the code.
settings.register_profile("without deadlines", deadline=None)
settings.register_profile("few examples", settings.get_profile("without deadlines"), max_examples=20)
settings.load_profile("without deadlines")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a minute begin first: at the end, all other processes would wait for one."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What was collected stays to the end; from here on only what the tests make is looked through."""
    gc.freeze()
    gc.enable()
