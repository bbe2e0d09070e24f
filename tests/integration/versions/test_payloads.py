"""What a version writes into jobs is told apart from what the version before it could read."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.machine.earlier_versions import THIS, Version, commit_before, laid_out

#: Prints, of every kind of job, the number of its payload's form and the form itself.
ASK = """
import json
from exconn.contracts import KINDS
forms = {kind.value: (getattr(row, "format", 1), row.payload.model_json_schema()) for kind, row in KINDS.items()}
print(json.dumps(forms, sort_keys=True))
"""
#: Titles and descriptions may change freely.
WORDS = ("title", "description")


def forms(version: Version) -> dict[str, tuple[int, object]]:
    told = subprocess.run(
        [sys.executable, "-c", ASK], env=version.environment, check=True, capture_output=True, text=True, timeout=60
    )
    return {kind: (number, without_words(form)) for kind, (number, form) in json.loads(told.stdout).items()}


def without_words(form: object) -> object:
    if isinstance(form, dict):
        # A field may be called so as well: only the text of a form is left out.
        return {name: without_words(each) for name, each in form.items() if name not in WORDS or isinstance(each, dict)}
    return [without_words(each) for each in form] if isinstance(form, list) else form


def unnumbered(before: dict[str, tuple[int, object]], after: dict[str, tuple[int, object]]) -> list[str]:
    """The kinds whose payload changed its form and kept its number, or went back to a lower one."""
    return [
        kind
        for kind in before.keys() & after.keys()
        if after[kind][0] < before[kind][0] or (after[kind][1] != before[kind][1] and after[kind][0] == before[kind][0])
    ]


def test_a_payload_that_changed_since_the_commit_before_has_a_number_of_its_own(tmp_path: Path) -> None:
    """Raise `format` in the kind's row: older workers then leave such jobs to newer ones, instead of holding them."""
    before = forms(laid_out(commit_before(), tmp_path))

    assert unnumbered(before, forms(THIS)) == []


def test_a_change_without_a_number_is_found() -> None:
    before: dict[str, tuple[int, object]] = {"wipe": (1, {"a": 1}), "echo": (1, {"a": 1}), "sweep": (2, {"a": 1})}

    after: dict[str, tuple[int, object]] = {"wipe": (1, {"a": 2}), "echo": (2, {"a": 2})}
    after |= {"sweep": (1, {"a": 1}), "seize": (1, {})}

    assert sorted(unnumbered(before, after)) == ["sweep", "wipe"]
