"""Parameter binding over the wire, and objects on their way through a pipeline, as pypsrp sends them."""

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.powershell import PowerShell

from tests.conformance.simulator.sessions import Outcome, PypsrpSession, Sessions
from tests.support.exchange.simulator import RunningSimulator

NOT_BOUND = "InputObjectNotBound"


def piped(session: PypsrpSession, *cmdlets: tuple[str, dict[str, object]], send: list[object] | None = None) -> Outcome:
    """Run commands joined by pipes, with objects sent into the first one."""
    shell = PowerShell(session.pool)
    for cmdlet, parameters in cmdlets:
        shell.add_cmdlet(cmdlet).add_parameters(parameters)
    output = shell.invoke(input=send)  # type: ignore[arg-type]  # a list, too
    outcome = Outcome(output, shell.state, list(shell.streams.error), [str(w.message) for w in shell.streams.warning])
    shell.close()
    return outcome


def ids(outcome: Outcome) -> list[str]:
    return [error.fq_error.split(",")[0] for error in outcome.errors]


@pytest.mark.parametrize(
    ("arguments", "error_id"),
    [
        ([("Nonsense", 1)], "NamedParameterNotFound"),
        ([("O", 1)], "AmbiguousParameter"),
        ([("Identity", "a"), ("identity", "b")], "ParameterAlreadyBound"),
        ([(None, "a"), (None, "b")], "PositionalParameterNotFound"),
        ([("Identity", "a"), ("Mailbox", "b")], "AmbiguousParameterSet"),
        ([("ResultSize", "many")], "ParameterArgumentTransformationError"),
        ([("Identity", ["a", "b"])], "ParameterArgumentTransformationError"),
        ([("Monitoring", "true")], "ParameterArgumentTransformationError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_bound_ends_the_pipeline_in_powershells_words(
    sessions: Sessions, simulator: RunningSimulator, arguments: list[tuple[str | None, object]], error_id: str
) -> None:
    session = sessions.open()
    shell = session.prepare("Get-MobileDevice")
    for name, value in arguments:
        shell.add_parameter(name, value) if name else shell.add_argument(value)

    outcome = session.finish(shell)

    assert outcome.state == PSInvocationState.FAILED
    assert ids(outcome) == [error_id]
    assert simulator.oracle("Get-*") == []


def test_names_are_bound_in_any_spelling(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    guid = simulator.devices()[0]["guid"]
    shell = session.prepare("clear-MOBILEdevice")
    shell.add_parameter("-iden:", guid)
    shell.add_parameter("cf", False)
    shell.add_parameter("Noti", ["a@corp.example", "b@corp.example"])

    outcome = session.finish(shell)

    assert outcome.errors == []
    (entry,) = simulator.oracle("Clear-*")
    assert entry["parameters"] == {
        "Identity": guid,
        "Confirm": False,
        "NotificationEmailAddresses": ["a@corp.example", "b@corp.example"],
    }


def test_a_list_is_piped_into_what_reads_each_of_it(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    mailbox = simulator.devices()[0]["user"]
    expected = {device["guid"] for device in simulator.devices(user=mailbox)}

    outcome = piped(session, ("Get-MobileDevice", {"Mailbox": mailbox}), ("Get-MobileDeviceStatistics", {}))

    assert outcome.errors == []
    assert {str(record["Guid"]) for record in outcome.records} == expected
    assert len(simulator.oracle("Get-MobileDeviceStatistics")) == len(expected)


def test_a_list_is_read_before_the_next_command_changes_it(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    mailbox = simulator.devices()[0]["user"]
    guids = {device["guid"] for device in simulator.devices(user=mailbox)}

    outcome = piped(session, ("Get-MobileDevice", {"Mailbox": mailbox}), ("Remove-MobileDevice", {"Confirm": False}))

    assert outcome.errors == []
    assert {entry["identity_guid"] for entry in simulator.oracle("Remove-*")} == guids


def test_texts_that_the_client_pipes_in_are_identities(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    guids = [device["guid"] for device in simulator.devices(limit=3)]

    outcome = piped(session, ("Get-MobileDevice", {}), send=list(guids))

    assert [str(record["Guid"]) for record in outcome.records] == guids
    assert outcome.state == PSInvocationState.COMPLETED


def test_an_object_that_fits_nowhere_is_an_error_and_the_next_one_goes_on(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    session = sessions.open()
    device = simulator.devices()[0]

    outcome = piped(session, ("Get-CASMailbox", {"Identity": device["user"]}), ("Get-MobileDevice", {"Identity": "x"}))
    found = piped(session, ("Get-MobileDevice", {}), send=["nobody", device["guid"]])

    assert ids(outcome) == [NOT_BOUND]
    assert outcome.state == PSInvocationState.COMPLETED
    assert [str(record["Guid"]) for record in found.records] == [device["guid"]]
    assert len(found.errors) == 1


def test_an_empty_input_runs_the_command_once(sessions: Sessions, simulator: RunningSimulator) -> None:
    outcome = piped(sessions.open(), ("Get-ActiveSyncOrganizationSettings", {}), send=[])

    assert len(outcome.output) == 1
