"""A missing real part is never silent."""

import pytest

from tests.support.machine.skip_or_fail import require


def test_a_present_part_lets_the_test_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    require(True, "database", "start one")


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_a_missing_part_skips_on_a_laptop(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)

    with pytest.raises(pytest.skip.Exception, match=r"no database \(start one\)"):
        require(False, "database", "start one")


def test_a_missing_part_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match=r"no database \(start one\)"):
        require(False, "database", "start one")
