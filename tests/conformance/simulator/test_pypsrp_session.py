"""A session as people hold it: the real pypsrp opens, runs, fails, waits and closes."""

import time
from contextlib import ExitStack
from datetime import timedelta

import pytest
from pypsrp.complex_objects import ObjectMeta, PSInvocationState
from pypsrp.exceptions import AuthenticationError, SerializationError, WSManFaultError
from pypsrp.powershell import PowerShell

from tests.conformance.simulator.sessions import Sessions
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.processes import wait_until

GONE = 2150858843
NO_LANGUAGE = "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode."


@pytest.mark.check("freeing of commands")
def test_session_leaves_nothing_behind(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    session.run("Set-ADServerSettings", ViewEntireForest=True)
    assert simulator.counters()["open_shells"] == 1

    session.pool.close()

    counters = simulator.counters()
    assert (counters["open_shells"], counters["open_commands"], counters["parked_receives"]) == (0, 0, 0)


def test_protocol_version_is_that_of_a_current_windows(sessions: Sessions) -> None:
    assert sessions.open().pool.protocol_version == "2.3"


@pytest.mark.check("wrong credentials")
def test_wrong_password_is_refused(sessions: Sessions) -> None:
    wsman = sessions.wsman(password="wrong")
    with pytest.raises(AuthenticationError):
        wsman.get_server_config()
    wsman.close()


@pytest.mark.check("no language")
def test_script_text_is_refused_in_no_language_mode(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    shell = PowerShell(session.pool)
    shell.add_script("Get-MobileDevice")

    outcome = session.finish(shell)

    assert outcome.state == PSInvocationState.FAILED
    assert [(str(e), e.fq_error) for e in outcome.errors] == [(NO_LANGUAGE, "ScriptsNotAllowed")]
    assert simulator.oracle() == []


@pytest.mark.check("unknown and hidden cmdlets")
@pytest.mark.parametrize("cmdlet", ["Get-Nonsense", "Clear-MobileDevice", "Invoke-Expression"])
def test_unknown_and_hidden_cmdlets_look_the_same(sessions: Sessions, cmdlet: str) -> None:
    outcome = sessions.open("discovery").run(cmdlet, Identity="x")

    assert outcome.state == PSInvocationState.FAILED
    (error,) = outcome.errors
    assert str(error) == (
        f"The term '{cmdlet}' is not recognized as the name of a cmdlet, function, script file, or operable program. "
        "Check the spelling of the name, or if a path was included, verify that the path is correct and try again."
    )
    assert error.fq_error == "CommandNotFoundException"
    assert "System.Management.Automation.CommandNotFoundException" in error.exception.types


def test_hidden_parameter_is_refused_like_an_unknown_one(sessions: Sessions) -> None:
    session = sessions.open("policy")
    for parameter in ("ActiveSyncBlockedDeviceIDs", "Nonsense"):
        (error,) = session.run("Set-CASMailbox", Identity="x", **{parameter: "y"}).errors
        assert str(error) == f"A parameter cannot be found that matches parameter name '{parameter}'."
        assert error.fq_error.startswith("NamedParameterNotFound")


def test_get_command_shows_what_the_role_grants_and_runs_nothing(
    sessions: Sessions, simulator: RunningSimulator
) -> None:
    outcome = sessions.open("policy").run("Get-Command", Name=["Set-CASMailbox", "Clear-MobileDevice"])

    (error,) = outcome.errors
    (command,) = outcome.output
    assert "'Clear-MobileDevice' is not recognized" in str(error)
    properties = command.extended_properties
    granted = {"Identity", "Confirm", "WhatIf", "DomainController", "ActiveSyncMailboxPolicy"}
    assert properties["Name"] == "Set-CASMailbox"
    assert granted <= set(properties["Parameters"])
    assert "ActiveSyncBlockedDeviceIDs" not in properties["Parameters"]
    assert simulator.oracle() == []


def test_command_metadata_message_is_answered(sessions: Sessions) -> None:
    commands = sessions.open("discovery").pool.get_command_metadata("Get-MobileDevice*")
    names = [c.name for c in commands]
    assert names == ["Get-MobileDevice", "Get-MobileDeviceMailboxPolicy", "Get-MobileDeviceStatistics"]
    assert "ResultSize" in (commands[0].parameters or {})


def test_versions_before_2013_have_the_older_names_only(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_simulator(tmp_path_factory.mktemp("old"), version="2010") as old, ExitStack() as stack:
        session = Sessions(old, stack).open()
        assert session.run("Get-MobileDevice").state == PSInvocationState.FAILED
        assert len(session.run("Get-ActiveSyncDevice").output) == 18


@pytest.mark.check("streams of errors and warnings")
@pytest.mark.check("prefix of error ids")
def test_missing_object_is_a_non_terminating_error(sessions: Sessions) -> None:
    outcome = sessions.open().run("Get-MobileDevice", Identity="nothing")

    assert outcome.state == PSInvocationState.COMPLETED
    (error,) = outcome.errors
    assert str(error) == (
        "The operation couldn't be performed because object 'nothing' couldn't be found on 'dc1.corp.example'."
    )
    name = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
    assert error.exception.types[0] == name
    assert error.fq_error.startswith("[Server=EX1,RequestId=")
    assert "[FailureCategory=Cmdlet-ManagementObjectNotFoundException]" in error.fq_error


@pytest.mark.check("streams of errors and warnings")
def test_error_action_decides_what_becomes_of_an_error(sessions: Sessions) -> None:
    session = sessions.open()
    silent = session.run("Get-MobileDevice", Identity="nothing", ErrorAction="SilentlyContinue")
    stopping = session.run("Get-MobileDevice", Identity="nothing", ErrorAction="Stop")
    assert (silent.state, silent.errors) == (PSInvocationState.COMPLETED, [])
    assert stopping.state == PSInvocationState.FAILED


@pytest.mark.check("streams of errors and warnings")
def test_errors_and_warnings_come_as_output_where_the_client_merges_them(sessions: Sessions) -> None:
    session = sessions.open()
    missing = session.finish(session.prepare("Get-MobileDevice", Identity="nothing").merge_error("output"))
    cut = session.finish(session.prepare("Get-MobileDevice", ResultSize=2).merge_all("output"))
    assert (missing.errors, len(missing.output)) == ([], 1)
    assert "couldn't be found" in str(missing.output[0])
    assert (cut.warnings, len(cut.output)) == ([], 3)


def test_domain_controller_of_the_call_is_named_in_the_error(sessions: Sessions) -> None:
    (error,) = sessions.open().run("Get-MobileDevice", Identity="nothing", DomainController="dc2.corp.example").errors
    assert str(error).endswith("couldn't be found on 'dc2.corp.example'.")


@pytest.mark.check("streams of errors and warnings")
@pytest.mark.check("limit of results")
def test_result_size_cuts_with_a_warning(sessions: Sessions) -> None:
    session = sessions.open()
    cut = session.run("Get-MobileDevice", ResultSize=5)
    whole = session.run("Get-MobileDevice", ResultSize="Unlimited")
    assert (len(cut.output), len(cut.warnings), cut.errors) == (5, 1, [])
    assert (len(whole.output), whole.warnings) == (60, [])


@pytest.mark.check("limit of results")
def test_default_result_size_is_a_thousand(sessions: Sessions, simulator: RunningSimulator) -> None:
    simulator.control("POST", "/reset", {"devices": 1300, "seed": 7})
    session = sessions.open()
    counted = session.prepare("Get-MobileDevice").add_cmdlet("Measure-Object")
    outcome = session.finish(counted)
    assert outcome.records[0]["Count"] == 1000
    assert outcome.warnings[0].startswith("By default, only the first 1000 items are returned.")


def test_null_identity_returns_everything(sessions: Sessions) -> None:
    assert len(sessions.open().run("Get-MobileDevice", Identity=None).output) == 60


def test_null_identity_of_a_clear_is_refused(sessions: Sessions, simulator: RunningSimulator) -> None:
    (error,) = sessions.open().run("Clear-MobileDevice", Identity=None, Confirm=False).errors
    assert str(error) == "Cannot bind argument to parameter 'Identity' because it is null."
    assert simulator.oracle("Clear-*") == []


def test_selected_properties_come_alone(sessions: Sessions) -> None:
    session = sessions.open()
    pipeline = session.prepare("Get-MobileDevice", ResultSize=2).add_cmdlet("Select-Object")
    pipeline.add_parameter("Property", ["Guid", "Device*d"])
    output = session.finish(pipeline).output
    assert [sorted(o.extended_properties) for o in output] == [["DeviceId", "Guid"]] * 2


def test_two_statements_run_one_after_the_other(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    pipeline = session.prepare("Get-MobileDevice", ResultSize=1).add_statement()
    pipeline.add_cmdlet("Get-ActiveSyncOrganizationSettings")
    assert len(session.finish(pipeline).output) == 2
    assert [e["cmdlet"] for e in simulator.oracle()] == ["Get-MobileDevice", "Get-ActiveSyncOrganizationSettings"]


@pytest.mark.check("prompts")
def test_prompt_waits_for_an_answer_and_nothing_is_cleared(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    guid = simulator.devices(limit=1)[0]["guid"]
    pipeline = session.prepare("Clear-MobileDevice", Identity=guid)
    pipeline.begin_invoke()
    pipeline.poll_invoke(timeout=1)
    pipeline.poll_invoke(timeout=1)
    assert pipeline.state == PSInvocationState.RUNNING

    pipeline.stop()

    wait_until(lambda: session.pool.is_alive(timeout=5), timedelta(seconds=5), "the shell to answer")
    assert simulator.device(guid)["wipe"]["requested"] is None
    assert simulator.oracle("Clear-*") == []
    assert session.run("Get-MobileDevice", Identity=guid).errors == []


def test_what_if_changes_nothing(sessions: Sessions, simulator: RunningSimulator) -> None:
    guid = simulator.devices(limit=1)[0]["guid"]
    sessions.open().run("Clear-MobileDevice", Identity=guid, WhatIf=True)
    assert simulator.device(guid)["wipe"]["requested"] is None


def test_long_cmdlet_outlives_operation_timeouts(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open(operation_timeout=1)
    simulator.fault("slow", "Get-MobileDevice", seconds=2.5)
    before = simulator.counters()["requests"]["Receive"]

    begin = time.monotonic()
    outcome = session.run("Get-MobileDevice", ResultSize=3)

    assert len(outcome.output) == 3
    assert time.monotonic() - begin >= 2.5
    assert simulator.counters()["requests"]["Receive"] - before >= 3


def test_dead_shell_is_known_as_dead(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    assert session.pool.is_alive(timeout=5)
    simulator.fault("shell_gone", "Get-MobileDevice")

    with pytest.raises(WSManFaultError) as gone:
        session.run("Get-MobileDevice")

    assert gone.value.code == GONE
    assert not session.pool.is_alive(timeout=5)


@pytest.mark.check("secure strings")
def test_secure_strings_need_and_get_a_key(sessions: Sessions, simulator: RunningSimulator) -> None:
    session = sessions.open()
    with pytest.raises(SerializationError):
        session.pool.serialize("secret", ObjectMeta("SS"))
    session.pool.exchange_keys()
    secret = session.pool.serialize("secret", ObjectMeta("SS"))

    outcome = session.run("Get-CASMailbox", Anr=secret)

    assert outcome.errors == []
    assert simulator.oracle("Get-CASMailbox")[-1]["parameters"] == {"Anr": "<secure string>"}


def test_max_runspaces_may_be_changed_on_an_open_pool(sessions: Sessions) -> None:
    pool = sessions.open().pool
    pool.max_runspaces = 3
    assert pool.get_available_runspaces() == 1


def test_thousands_of_objects_arrive_whole(sessions: Sessions, simulator: RunningSimulator) -> None:
    simulator.control("POST", "/reset", {"devices": 4_000, "seed": 3})
    session = sessions.open()
    pipeline = session.prepare("Get-MobileDevice", ResultSize="Unlimited").add_cmdlet("Measure-Object")
    assert session.finish(pipeline).records[0]["Count"] == 4_000
