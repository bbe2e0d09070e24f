"""Exchange's codes and sentences, with their changing beginnings, become the right errors."""

import pickle
from datetime import timedelta

import pytest

from exconn.exchange import (
    Ambiguous,
    BudgetExceeded,
    CmdletMissing,
    Command,
    ExchangeError,
    Forbidden,
    Malformed,
    NoRole,
    NotRun,
    ObjectNotFound,
    OpeningBudgetExceeded,
    ParameterMissing,
    ProxyFailed,
    RefusedByExchange,
    RefusedWithoutReason,
    SessionGone,
    SslRequired,
    Throttled,
    TooManySessions,
    Transient,
    TurnedAway,
    Unanswered,
    Unauthorized,
    Unreachable,
    WrongEndpoint,
)
from exconn.exchange.error_mapping import (
    NoAnswer,
    broken_pool,
    fault_error,
    http_error,
    opening_error,
    outcome_of,
    record_error,
)
from exconn.exchange.psrp.messages import ErrorDetail

GUID = "11111111-2222-3333-4444-555555555555"
READ = Command("Get-MobileDevice", {"Identity": GUID})
CHANGE = Command("Clear-MobileDevice", {"Identity": GUID})
PREFIX = "[Server=EX1,RequestId=4f6c1c4d-0000-0000-0000-000000000000,TimeStamp=9/21/2022 8:07:47 AM] "
SHELL_GONE = (
    f"{PREFIX}[FailureCategory=WSMan-InvalidShellID] The request for the Windows Remote Shell with ShellId X failed "
    "because the shell was not found on the server."
)
BUDGET = (
    "The WS-Management service cannot process the request. The user load quota of 1000 requests per 2 seconds has been "
    "exceeded. Send future requests at a slower rate or raise the quota for this user. The next request from this user "
    "will not be approved for at least 1500 milliseconds."
)
REFERRAL = (
    "Active Directory operation failed on dc1.example.test. This error is not retriable. Additional information: A "
    "referral was returned from the server.\r\nActive directory response: 0000202B: RefErr: DSID-03100742, data 0, 1 "
    "access points\r\n\tref 1: 'south.example.test'"
)
NOT_FOUND_TYPE = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        pytest.param(2150858843, SHELL_GONE, SessionGone, id="shell gone"),
        pytest.param(2150858843 - 2**32, SHELL_GONE, SessionGone, id="signed form of the code"),
        pytest.param(5, PREFIX + "Access is denied.", Unauthorized, id="access denied"),
        pytest.param(-2144108477, "", Unauthorized, id="access denied as seen in a sample"),
        pytest.param(None, 'The user "jane" isn\'t assigned to any management roles.', NoRole, id="no role"),
        pytest.param(2150858811, "The resource URI was not found", WrongEndpoint, id="wrong endpoint"),
        pytest.param(2150859173, "", TooManySessions, id="shell quota by code"),
        pytest.param(None, PREFIX + BUDGET, BudgetExceeded, id="budget by sentence"),
        pytest.param(None, "Fail to create a runspace because you have exceeded the maximum number of connections "
                     "allowed : 18", TooManySessions, id="shell quota by sentence"),
        pytest.param(2150858793, "", NoAnswer, id="operation timed out"),
        pytest.param(None, "something new", NoAnswer, id="unknown fault"),
    ],
)  # fmt: skip
def test_faults_by_code_and_sentence(code: int | None, text: str, expected: type[Exception]) -> None:
    assert type(fault_error(code, text, "ex1", "svc")) is expected


def test_a_budget_of_runspaces_waits_as_told_and_a_code_alone_is_none() -> None:
    told = (
        "[FailureCategory=AuthZ-AuthorizationException] Fail to create runspace because you have exceeded your budget "
    )

    error = fault_error(2152992672, f"{told}to create runspace. Please wait for 27 seconds.", "ex1", "svc")

    assert isinstance(error, OpeningBudgetExceeded)
    assert error.retry_after == timedelta(seconds=27)
    assert isinstance(fault_error(2152992672, "Something else was wrong", "ex1", "svc"), NoAnswer)


def test_a_fault_that_says_nothing_is_a_refusal_while_opening_and_in_doubt_after_a_command() -> None:
    error = fault_error(None, "  ", "ex1", "svc")

    assert isinstance(error, NoAnswer)
    assert isinstance(opening_error(error, "ex1", "svc"), RefusedWithoutReason)
    assert isinstance(opening_error(NoAnswer("silence"), "ex1", "svc"), Unreachable)
    assert isinstance(outcome_of(error, CHANGE, "ex1", "SHELL", sent=False), Ambiguous)


def test_the_stated_pause_is_kept() -> None:
    error = fault_error(None, BUDGET, "ex1", "svc")

    assert isinstance(error, Throttled)
    assert error.retry_after == timedelta(milliseconds=1500)


def test_a_broken_pool_is_a_gone_session_unless_it_says_why() -> None:
    assert isinstance(broken_pool("Received a broken RunspacePoolState message", "ex1", "svc"), SessionGone)
    assert isinstance(broken_pool(BUDGET, "ex1", "svc"), Throttled)


@pytest.mark.parametrize(
    ("status", "expected"), [(401, Unauthorized), (400, TurnedAway), (403, Forbidden), (503, NoAnswer), (404, NoAnswer)]
)
def test_http_without_a_fault(status: int, expected: type[Exception]) -> None:
    assert type(http_error(status, "ex1", "svc")) is expected


def test_forbidden_over_http_means_that_ssl_is_required() -> None:
    assert type(http_error(403, "ex1", "svc", tls=False)) is SslRequired


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        pytest.param(ErrorDetail("The term 'Get-MobileDevice' is not recognized as the name of a cmdlet, function, "
                                 "script file, or operable program.", "CommandNotFoundException"), CmdletMissing,
                     id="cmdlet hidden by a role"),
        pytest.param(ErrorDetail("A parameter cannot be found that matches parameter name 'Identity'.",
                                 "NamedParameterNotFound,Get-MobileDevice"), ParameterMissing, id="parameter hidden"),
        pytest.param(ErrorDetail(f"The operation couldn't be performed because object '{GUID}' couldn't be found on "
                                 "'dc1.example.test'.", f"{PREFIX}4C2,Get-MobileDevice", (NOT_FOUND_TYPE,)),
                     ObjectNotFound, id="object not found"),
        pytest.param(ErrorDetail("…", "", (f"Deserialized.{NOT_FOUND_TYPE}", "Deserialized.System.Exception")),
                     ObjectNotFound, id="object not found by type alone"),
        pytest.param(ErrorDetail(REFERRAL, f"{PREFIX}8B2,X", ("A.ADOperationException",)),
                     ObjectNotFound, id="another domain has it"),
        pytest.param(ErrorDetail("0000202B: RefErr: DSID-03100742, data 0"), ObjectNotFound, id="referral by code"),
        pytest.param(ErrorDetail(BUDGET), BudgetExceeded, id="budget"),
        pytest.param(ErrorDetail("Something else", "Id"), RefusedByExchange, id="anything else"),
    ],
)  # fmt: skip
def test_error_records_become_typed_errors(detail: ErrorDetail, expected: type[ExchangeError]) -> None:
    error = record_error(READ, detail, "ex1", "SHELL")

    assert type(error) is expected
    if expected is not BudgetExceeded:
        assert str(error).startswith("Invoking cmdlet Get-MobileDevice failed")


def test_an_object_not_found_names_the_domain_controller_and_not_the_person() -> None:
    command = Command("Get-CASMailbox", {"Identity": "CN=Jane Doe,DC=example"})
    text = "The operation couldn't be performed because object 'Jane' couldn't be found on 'dc1.example.test'."

    error = record_error(command, ErrorDetail(text, "", (NOT_FOUND_TYPE,)), "ex1", "SHELL")

    assert isinstance(error, ObjectNotFound)
    assert error.domain_controller == "dc1.example.test"
    assert "Jane" not in str(error)


def test_a_referral_names_the_domain_controller_that_does_not_have_the_object() -> None:
    error = record_error(READ, ErrorDetail(REFERRAL), "ex1", "SHELL")

    assert isinstance(error, ObjectNotFound)
    assert error.domain_controller == "dc1.example.test"


@pytest.mark.parametrize(("text", "is_referral"), [(REFERRAL, True), ("", False)])
def test_a_referral_is_told_apart_from_an_object_that_does_not_exist(text: str, is_referral: bool) -> None:
    detail = ErrorDetail(text, "", () if is_referral else (NOT_FOUND_TYPE,))

    error = pickle.loads(pickle.dumps(record_error(READ, detail, "ex1", "SHELL")))

    assert isinstance(error, ObjectNotFound)
    assert error.is_referral is is_referral


def test_a_refusal_keeps_the_whole_sentence_and_shows_it_without_names() -> None:
    text = "Couldn't update 'Jane O'Neill' <jane@example.test>: device dom/x/Jane/ExchangeActiveSyncDevices/iPhone§A1."

    error = record_error(CHANGE, ErrorDetail(text, f"{PREFIX}[FailureCategory=Cmdlet-X] 12AB,X"), "ex1", "SHELL")

    assert isinstance(error, RefusedByExchange)
    assert error.text == text
    assert error.error_id == "12AB,X"
    assert "Neill" not in str(error)
    assert "jane@" not in str(error)
    assert "iPhone§A1" not in str(error)


def test_a_failed_proxy_does_not_tell_whether_the_other_server_acted() -> None:
    proxied = ErrorDetail("Error on proxy command 'Clear-MobileDevice' to server ex2", "1A,X-CmdletProxyException")

    assert isinstance(record_error(CHANGE, proxied, "ex1", "SHELL"), Ambiguous)
    assert isinstance(record_error(READ, proxied, "ex1", "SHELL"), ProxyFailed)


ANY = [Unreachable("ex1", "x"), Unauthorized("ex1"), SessionGone("x"), Throttled(timedelta(1)), Malformed("x")]


@pytest.mark.parametrize("error", [*ANY, NoAnswer("x")], ids=lambda e: type(e).__name__)
def test_a_change_that_was_taken_is_ambiguous_whatever_happens_then(error: ExchangeError | NoAnswer) -> None:
    outcome = outcome_of(error, CHANGE, "ex1", "SHELL", sent=True)

    assert isinstance(outcome, Ambiguous)
    assert (outcome.cmdlet, outcome.server, outcome.session_id) == ("Clear-MobileDevice", "ex1", "SHELL")
    assert outcome.changes_exchange


@pytest.mark.parametrize("error", [NoAnswer("x"), Malformed("x")], ids=lambda e: type(e).__name__)
def test_a_change_whose_sending_was_not_answered_clearly_is_ambiguous(error: ExchangeError | NoAnswer) -> None:
    assert isinstance(outcome_of(error, CHANGE, "ex1", "SHELL", sent=False), Ambiguous)


@pytest.mark.parametrize("error", ANY[:4], ids=lambda e: type(e).__name__)
def test_a_change_that_was_refused_before_it_ran_says_so(error: ExchangeError) -> None:
    assert outcome_of(error, CHANGE, "ex1", "SHELL", sent=False) is error


@pytest.mark.parametrize("error", ANY, ids=lambda e: type(e).__name__)
def test_reading_keeps_the_type_of_its_failure(error: ExchangeError) -> None:
    assert outcome_of(error, READ, "ex1", "SHELL", sent=True) is error


def test_reading_without_an_answer_is_ambiguous_and_harmless() -> None:
    outcome = outcome_of(NoAnswer("silence"), READ, "ex1", "SHELL", sent=True)

    assert isinstance(outcome, Unanswered)
    assert not outcome.changes_exchange
    assert "read back" not in str(outcome)


@pytest.mark.parametrize(
    ("types", "error_id"),
    [
        (("Microsoft.Exchange.Data.Directory.ADTransientException",), ""),
        (("Deserialized.Microsoft.Exchange.Data.Storage.ConnectionFailedTransientException",), ""),
        (("Some.NewException", "Microsoft.Exchange.Data.Directory.ADTransientException", "System.Exception"), ""),
        (("Microsoft.Exchange.Data.Storage.MailboxOfflineException",), ""),
        (("Microsoft.Mapi.MapiExceptionNetworkError",), ""),
        (("System.TimeoutException",), ""),
        ((), f"{PREFIX}[FailureCategory=Cmdlet-ADTransientException] 4B2A,Microsoft.Exchange.Management.GetX"),
    ],
)
def test_what_passes_by_itself_is_no_refusal_and_leaves_a_change_in_doubt(
    types: tuple[str, ...], error_id: str
) -> None:
    detail = ErrorDetail("text", error_id, types)

    assert type(record_error(READ, detail, "ex1", "shell")) is Transient
    assert type(record_error(CHANGE, detail, "ex1", "shell")) is Ambiguous


@pytest.mark.parametrize(
    "name",
    [
        "Microsoft.Exchange.Data.Directory.ADOperationException",
        "Microsoft.Exchange.Data.TransientExceptionHandlerMissing",
        "System.UnauthorizedAccessException",
    ],
)
def test_any_other_type_is_a_refusal_whatever_its_sentence_quotes(name: str) -> None:
    detail = ErrorDetail("object 'ADTransientException' could not be written", "", (name,))

    assert type(record_error(READ, detail, "ex1", "shell")) is RefusedByExchange
    assert type(record_error(CHANGE, detail, "ex1", "shell")) is RefusedByExchange


def test_what_the_parameter_binder_refuses_was_not_run() -> None:
    binding = "System.Management.Automation.ParameterBindingException"
    detail = ErrorDetail("text", "MissingMandatoryParameter,Clear-MobileDevice", (f"{binding}x", binding))

    assert type(record_error(CHANGE, detail, "ex1", "shell")) is NotRun
