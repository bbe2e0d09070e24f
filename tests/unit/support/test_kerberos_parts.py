"""Tests of Kerberos never pass by being left out: in CI a missing part fails them, and CI installs each part."""

import re
from pathlib import Path

import pytest

from tests.support.machine import kdc, names

ROOT = Path(__file__).parents[3]


def told_in_ci(require: object, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CI", "true")
    assert callable(require)
    with pytest.raises(pytest.fail.Exception) as caught:
        require()
    return str(caught.value)


def test_without_a_kdc_ci_fails_and_names_packages_that_ci_installs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kdc, "SEARCHED", str(tmp_path))

    told = told_in_ci(kdc.require_kerberos, monkeypatch)

    assert "krb5kdc, kadmin.local, kdb5_util, kinit" in told
    assert packages(told) <= installed()


def test_without_names_of_its_own_ci_fails_and_names_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(names, "LIBRARIES", (str(tmp_path),))

    told = told_in_ci(names.require_own_names, monkeypatch)

    assert packages(told) <= installed()


def packages(told: str) -> set[str]:
    """What the remedy says to install."""
    (remedy,) = re.findall(r"install the packages? ([^)]*)", told)
    return set(remedy.split())


def installed() -> set[str]:
    """What the list for CI can print."""
    script = (ROOT / "tests" / "support" / "system-packages").read_text("utf-8")
    return set(re.findall(r"echo ([a-z0-9.-]+)", script))
