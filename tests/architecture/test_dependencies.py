"""Every dependency is wanted, explained, pinned and hashed; the locks agree with one another."""

from pathlib import Path

import pytest

from tests.architecture.dependencies import (
    LOCKS,
    direct_dependencies,
    explained,
    importable,
    locked,
    unhashed,
)
from tests.architecture.imports import third_party_imports_are_declared
from tests.architecture.project import PROJECT, ROOT
from tests.architecture.source_tree import SourceTree

DIRECT = direct_dependencies(ROOT / "pyproject.toml")


def lock(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def test_every_direct_dependency_is_explained_once_and_nothing_else_is() -> None:
    assert sorted(explained(ROOT / "docs" / "dependencies.md")) == sorted(DIRECT["delivery"] | DIRECT["kerberos"])


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_and_hashes_all_that_it_is_made_for(name: str) -> None:
    assert DIRECT[name] - locked(lock(name)).keys() == set()
    assert list(unhashed(lock(name))) == []


@pytest.mark.parametrize(
    ("smaller", "larger"), [("runtime", "demo"), ("demo", "dev"), ("dev", "delivery"), ("runtime", "kerberos")]
)
def test_a_larger_lock_holds_the_same_versions_as_the_smaller(smaller: str, larger: str) -> None:
    assert locked(lock(smaller)).items() <= locked(lock(larger)).items()


@pytest.mark.slow
def test_the_code_imports_only_direct_dependencies_of_the_services_and_the_extras() -> None:
    violations = third_party_imports_are_declared(PROJECT, importable(DIRECT["demo"] | DIRECT["kerberos"]))

    assert [str(violation) for violation in violations] == []


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    module = tmp_path / "shared" / "exconn" / "stream" / "reader.py"
    module.parent.mkdir(parents=True)
    module.write_text("import json\nimport redis.client\nfrom orjson import loads\n")

    violations = third_party_imports_are_declared(SourceTree(tmp_path), {"redis"})

    assert [violation.line for violation in violations] == [3]


def test_an_unhashed_pin_and_a_bare_name_without_reason_are_found(tmp_path: Path) -> None:
    bad_lock = tmp_path / "bad.txt"
    bad_lock.write_text("# header\nfine==1 \\\n    --hash=sha256:00\nnaked==2\n")
    page = tmp_path / "page.md"
    page.write_text("| `fine` | It does what we need. |\n| `naked` | ? |\n")

    assert list(unhashed(bad_lock)) == ["naked==2"]
    assert locked(bad_lock) == {"fine": "1", "naked": "2"}
    assert explained(page) == ["fine"]
