"""What a test needs from the machine: absent on a laptop it skips visibly, absent in CI it fails.

A green run in CI therefore always means that the real part was there.
"""

import os

import pytest

#: How to get a part that pip can install.
EVERYTHING = "./run test --everything installs it"


def in_ci() -> bool:
    """Whether this run must not skip: the usual `CI` variable, set to anything but a denial."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


def require(present: bool, part: str, remedy: str) -> None:
    """Skip the calling test or fixture, or fail it in CI, unless the named real part is present."""
    if present:
        return
    reason = f"no {part} ({remedy})"
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
