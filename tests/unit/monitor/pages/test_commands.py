"""The commands that pages and remedies name exist, with the options that they name."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exconn import monitor
from exconn.contracts import ClientClass, Erases, erases
from exconn.monitor.answers.models import (
    ConnectorView,
    DeviceDetailView,
    JobView,
    OverviewView,
    ProjectorView,
    WipeTimesView,
)
from exconn.monitor.pages import commands
from exconn.monitor.problems import Problem, ProblemCode
from tests.support.system.command_line import parsed

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def job(**fields: object) -> JobView:
    names = [name for name, field in JobView.model_fields.items() if field.annotation is str]
    times = {"queued_at": NOW, "changed_at": NOW, "settled_at": None, "due": None, "valid_until": None}
    given = dict.fromkeys(names, "") | times | {"revision": 1, "epoch": 1, "device": None, "parent": None}
    return JobView.model_validate(given | {"id": "wipe-a", "connector": "contoso", "phases": {}, "data": {}} | fields)


def device(**fields: object) -> DeviceDetailView:
    given: dict[str, object] = dict.fromkeys(DeviceDetailView.model_fields)
    texts = [name for name, field in DeviceDetailView.model_fields.items() if field.annotation is str]
    given |= dict.fromkeys(texts, "") | {"guid": "g", "connector": "contoso", "history": []}
    given |= {"wipe": WipeTimesView(), "account_only_wipe": WipeTimesView()}
    given |= {"client": ClientClass.NATIVE, "erases": Erases.DEVICE_ASKED}
    return DeviceDetailView.model_validate(given | fields)


def overview(*connectors: ConnectorView) -> OverviewView:
    projector = ProjectorView(last_id="0-0", lag=0, role="active", holder=None)
    return OverviewView(
        connectors=list(connectors),
        jobs={},
        actions={},
        workers=[],
        last_message=None,
        projector=projector,
        problems=[],
        ledger="reachable",
    )


def test_no_page_offers_to_erase_what_can_not_be_erased_from_here() -> None:
    def verbs(client: ClientClass) -> set[str]:
        offered = commands.for_device(device(client=client, erases=erases(client)))
        return {command.line.split()[2] for command in offered}

    assert verbs(ClientClass.NATIVE) - verbs(ClientClass.OUTLOOK_SERVICE) == {"wipe"}
    assert verbs(ClientClass.OUTLOOK) == verbs(ClientClass.NATIVE)


NAMED = [
    *commands.for_overview(overview()),
    *commands.for_overview(
        overview(*(ConnectorView(name="contoso", switch=switch) for switch in ("running", "paused")))
    ),
    *commands.for_device(device()),
    *commands.for_device(device(open_action="wipe-a")),
    *commands.for_job(job(kind="wipe", state="held")),
    *commands.for_job(job(kind="sweep", state="waiting")),
    *commands.for_job(job(kind="wipe", state="settled")),
]


def of_problems() -> set[str]:
    """What problems name, each with everything that it may name."""
    every = [Problem(code=code, connector="contoso", service="actions", kind="wipe") for code in ProblemCode]
    found = {problem.next_command for problem in every} - {""}
    # `run` hands over to a service and takes its name as it is.
    return {line for line in found if not line.startswith("exconn run ")}


def in_remedies() -> set[str]:
    folder = Path(str(monitor.__file__)).parent
    files = [*folder.rglob("*.py"), *folder.rglob("*.html")]
    found = {
        line for file in files for line in re.findall(r"(?:`|<code>)(exconn [^`<{]+)(?:`|</code>)", file.read_text())
    }
    return {line for line in found if not line.startswith("exconn monitor")}


@pytest.mark.parametrize("line", sorted({command.line for command in NAMED} | in_remedies() | of_problems()))
def test_named_command_can_be_typed(line: str) -> None:
    assert parsed(line)
