"""Every parameter of every cmdlet, sent by the production client over HTTP, arrives as it was meant and is bound."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exconn.exchange import Command, Credential, Endpoint, ObjectNotFound, RefusedByExchange, Session
from exconn.exchange.cmdlets.table import table
from tests.support.exchange.parameter_samples import NEVER_SENT, REFUSED_SWITCHES, Case, cases, content, find, valid
from tests.support.exchange.simulator import RunningSimulator, running_simulator

#: The oldest and the newest: one without the newer names, one with everything.
VERSIONS = ("2010", "SE")
#: How a credential shows in the simulator's log: its type, never its content.
CREDENTIAL = "System.Management.Automation.PSCredential"
#: What the simulator says of parameters that it can not bind.
BINDING = ("NotFound", "Ambiguous", "AlreadyBound", "Missing", "Transformation", "BindingFailed", "NullNotAllowed")


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def exchange(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulator]:
    """A simulator of that version with an account that may do everything."""
    place = tmp_path_factory.mktemp("table")
    users = place / "users.json"
    users.write_text(json.dumps({"all": {"username": "admin", "password": "pw-x1", "role": "all"}}), "utf-8")
    with running_simulator(place, devices=4, version=version, users=users) as simulator:
        yield simulator


def rounds(cmdlet: str, version: str) -> Iterator[dict[str, tuple[object, object]]]:
    """Calls that between them give each parameter each of its values: as many at once as one set has."""
    for each in content()["cmdlets"][cmdlet]["parameter_sets"]:
        samples = {
            name: list(valid(Case(cmdlet, name, find(cmdlet, name))))
            for name in each["parameters"]
            if name not in REFUSED_SWITCHES
            and (cmdlet, name) not in NEVER_SENT
            and version in Case(cmdlet, name, find(cmdlet, name)).versions
        }
        if (cmdlet, next(iter(each["required"]), "")) in NEVER_SENT:
            continue
        given = {name: values for name, values in samples.items() if values}
        for number in range(max((len(values) for values in given.values()), default=0)):
            yield {name: values[number % len(values)] for name, values in given.items()}


def outcome_of(session: Session, command: Command) -> str:
    """Nothing here has that name, which is fine; a parameter that can not be bound is not."""
    try:
        session.run(command)
    except ObjectNotFound:
        return "not found"
    except RefusedByExchange as refused:
        return refused.error_id if any(word in refused.error_id for word in BINDING) else "refused"
    return "done"


def shown(value: object) -> Any:
    return CREDENTIAL if isinstance(value, Credential) else value


def test_every_value_arrives_as_it_was_meant_and_is_bound(exchange: RunningSimulator, version: str) -> None:
    endpoint = Endpoint(
        url=exchange.url,
        username="admin",
        password=SecretStr("pw-x1"),
        ca_file=Path(exchange.ca_file or ""),
    )
    offered = [name for name, body in content()["cmdlets"].items() if version in body["applies_to"]]
    arrived: set[tuple[str, str]] = set()
    seen = 0

    with Session.open(endpoint) as session:
        for cmdlet in offered:
            for call in rounds(cmdlet, version):
                command = Command(cmdlet, {name: value for name, (value, _) in call.items()})
                assert outcome_of(session, command) in ("done", "not found", "refused"), (cmdlet, call)
                (entry,) = exchange.oracle(cmdlet, since=seen)
                seen = entry["n"]
                for name, (_, travels) in call.items():
                    received = entry["sent"][name]
                    assert received == shown(travels), (cmdlet, name)
                    assert type(received) is type(shown(travels)), (cmdlet, name)
                    arrived.add((cmdlet, name))
                if table()[cmdlet].prompts:
                    assert entry["sent"]["Confirm"] is False

    expected = {
        (case.cmdlet, case.name)
        for case in cases()
        if version in case.versions and case.name not in REFUSED_SWITCHES and next(valid(case), None)
        and (case.cmdlet, case.name) not in NEVER_SENT
    }  # fmt: skip
    assert arrived == expected
