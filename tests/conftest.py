"""Common ground of every test: no setting leaks in from the shell, and real parts come from tests.support."""

import os

for _name in [name for name in os.environ if name.startswith("EXCONN_")]:
    del os.environ[_name]

pytest_plugins = [
    "tests.support.machine.missing_parts",
    "tests.support.machine.processes",
    "tests.support.machine.valkey",
    "tests.support.machine.checkout",
]
