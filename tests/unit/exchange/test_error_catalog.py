"""Each row of the catalog is known by its code, type or sentence, whatever stands around it."""

import time
from datetime import timedelta

import pytest

from exconn.exchange.error_catalog import ERROR_CATALOG, Cause, ErrorRow, Said, micro_delay, origin_of, recognise
from exconn.exchange.error_mapping import fault_error

REQUEST = "RequestId=4f6c1c4d-0000-0000-0000-000000000000,TimeStamp=9/21/2022 8:07:47 AM"
SHORT = f"[Server=EX1,{REQUEST}] "
LONG = f"[ClientAccessServer=EX1,BackEndServer=ex2.example.test,{REQUEST}] [FailureCategory=WSMan-InvalidShellID] "

CMDLET_MISSING = (
    "The term 'Get-MobileDevice' is not recognized as the name of a cmdlet, function, script file, or operable "
    "program. Check the spelling of the name, or if a path was included, verify that the path is correct and try "
    "again."
)
PARAMETER_MISSING = "A parameter cannot be found that matches parameter name 'AccountOnly'."
NO_ROLE = 'The user "example.test/Services/exconn" isn\'t assigned to any management roles.'
SHELLS_2010 = (
    "The WS-Management service cannot process the request. This user is allowed a maximum number of 18 concurrent "
    "shells, which has been exceeded. Close existing shells or raise the quota for this user."
)
SHELLS_2013 = (
    "Fail to create a runspace because you have exceeded the maximum number of connections allowed : 3 for the policy "
    "party : MaxConcurrency. Please close existing runspace and try again."
)
BUDGET = (
    "The WS-Management service cannot process the request. The user load quota of 400 requests per 60 seconds has been "
    "exceeded. Send future requests at a slower rate or raise the quota for this user. The next request from this user "
    "will not be approved for at least 1500 milliseconds."
)
RUNSPACES = (
    "[AuthZRequestId=4cdfc096-304e-49a5-b021-61ea00afd64d][FailureCategory=AuthZ-AuthorizationException] Fail to "
    "create runspace because you have exceeded your budget to create runspace. Please wait for 27 seconds.\n"
    "Policy: CN=x;"
)
SHELL_GONE = (
    "The request for the Windows Remote Shell with ShellId 1D27 failed because the shell was not found on the server. "
    "Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. Provide the "
    "correct ShellId or create a new shell and retry the operation."
)
WRONG_ENDPOINT = (
    "The WS-Management service cannot process the request. The resource URI "
    "(http://schemas.microsoft.com/powershell/Microsoft.Exchange) was not found in the WS-Management catalog. The "
    "catalog contains the metadata that describes resources, or logical endpoints."
)
NOT_FOUND = "The operation couldn't be performed because object 'x' couldn't be found on 'dc1.example.test'."
REFERRED = "Active Directory operation failed on dc1.example.test. A referral was returned from the server."
NOT_FOUND_TYPE = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
PROXY = (
    "Error on proxy command 'Get-MobileDevice -Identity 'x'' to server ex2.example.test: Server version 15.2, "
    "Proxy method RPS: the connection was closed."
)

#: cause, what is heard, what the sentence names
ROWS = [
    pytest.param(Cause.CMDLET_MISSING, Said(CMDLET_MISSING), {"name": "Get-MobileDevice"}, id="cmdlet by text"),
    pytest.param(Cause.CMDLET_MISSING, Said(error_id="CommandNotFoundException"), {}, id="cmdlet by id"),
    pytest.param(Cause.PARAMETER_MISSING, Said(PARAMETER_MISSING), {"name": "AccountOnly"}, id="parameter by text"),
    pytest.param(Cause.PARAMETER_MISSING, Said(error_id="NamedParameterNotFound,X"), {}, id="parameter by id"),
    pytest.param(Cause.NO_ROLE, Said(NO_ROLE, code=5), {}, id="no role comes before its code"),
    pytest.param(Cause.NO_ROLE, Said(NO_ROLE.replace("'", "’")), {}, id="no role with another apostrophe"),
    pytest.param(Cause.ACCESS_DENIED, Said("Access is denied."), {}, id="access denied by text"),
    pytest.param(Cause.ACCESS_DENIED, Said(code=5), {}, id="access denied by code"),
    pytest.param(Cause.ACCESS_DENIED, Said(code=-2144108477), {}, id="access denied by a signed code"),
    pytest.param(Cause.ACCESS_DENIED, Said(status=401), {}, id="access denied by status"),
    pytest.param(Cause.FORBIDDEN, Said(status=403), {}, id="SSL required"),
    pytest.param(Cause.BAD_REQUEST, Said(status=400), {}, id="bad request"),
    pytest.param(Cause.RUNSPACE_BUDGET, Said(RUNSPACES), {"seconds": "27"}, id="budget of runspaces"),
    pytest.param(Cause.RUNSPACE_BUDGET, Said(RUNSPACES.partition(" Please")[0]), {}, id="that budget without a wait"),
    pytest.param(Cause.TOO_MANY_SHELLS, Said(SHELLS_2010), {"limit": "18"}, id="shells 2010"),
    pytest.param(Cause.TOO_MANY_SHELLS, Said(SHELLS_2013), {"connections": "3"}, id="shells 2013"),
    pytest.param(Cause.TOO_MANY_SHELLS, Said(code=2150859173), {}, id="shells by code"),
    pytest.param(Cause.TOO_MANY_SHELLS, Said(code=2150859174), {}, id="shells by the other code"),
    pytest.param(Cause.BUDGET_EXCEEDED, Said(BUDGET, code=2150859173), {"wait": "1500"}, id="budget before its code"),
    pytest.param(Cause.BUDGET_EXCEEDED, Said(BUDGET.partition(" Send")[0]), {}, id="budget without a wait"),
    pytest.param(Cause.SHELL_GONE, Said(SHELL_GONE), {}, id="shell gone by text"),
    pytest.param(Cause.SHELL_GONE, Said(code=2150858843), {}, id="shell gone by code"),
    pytest.param(Cause.WRONG_ENDPOINT, Said(WRONG_ENDPOINT), {}, id="wrong endpoint by text"),
    pytest.param(Cause.WRONG_ENDPOINT, Said(code=2150858811), {}, id="wrong endpoint by code"),
    pytest.param(Cause.TIMED_OUT, Said(code=2150858793), {}, id="nothing yet"),
    pytest.param(Cause.OBJECT_NOT_FOUND, Said(NOT_FOUND), {"controller": "dc1.example.test"}, id="object by text"),
    pytest.param(Cause.OBJECT_NOT_FOUND, Said(exception_types=(NOT_FOUND_TYPE,)), {}, id="object by type"),
    pytest.param(Cause.REFERRED, Said(REFERRED), {"controller": "dc1.example.test"}, id="referral by text"),
    pytest.param(Cause.REFERRED, Said("0000202B: RefErr: DSID-03100742"), {}, id="referral by code"),
    pytest.param(Cause.PROXY_FAILED, Said(PROXY), {"server": "ex2.example.test"}, id="proxy by text"),
    pytest.param(Cause.PROXY_FAILED, Said(error_id="8D7,X.CmdletProxyException"), {}, id="proxy by id"),
    pytest.param(Cause.NOT_BOUND, Said(exception_types=("X.ParameterBindingException",)), {}, id="parameters by type"),
    pytest.param(Cause.TRANSIENT, Said(exception_types=("X.ADTransientException",)), {}, id="transient by type"),
    pytest.param(Cause.TRANSIENT, Said(error_id="8D7,X.MailboxOfflineException"), {}, id="transient by id"),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "said", "named"), ROWS)
@pytest.mark.parametrize("prefix", ["", SHORT, LONG], ids=["bare", "short prefix", "long prefix"])
def test_a_row_is_recognised_behind_any_prefix(cause: Cause, said: Said, named: dict[str, str], prefix: str) -> None:
    error_id = prefix + said.error_id if said.error_id else ""
    heard = Said(prefix + said.text, said.code, said.status, error_id, said.exception_types)

    finding = recognise(heard)

    assert finding is not None
    assert (finding.cause, finding.named) == (cause, named)


def test_every_row_of_the_catalogue_is_tried() -> None:
    assert {row.cause for row in ERROR_CATALOG} == {param.values[0] for param in ROWS} == set(Cause)


def test_a_sentence_that_quotes_another_row_does_not_deceive() -> None:
    text = f"The operation couldn't be performed because object '{SHELLS_2010}' couldn't be found on 'dc1'."

    finding = recognise(Said(text, exception_types=(NOT_FOUND_TYPE,)))

    assert finding is not None
    assert finding.cause is Cause.OBJECT_NOT_FOUND


@pytest.mark.parametrize("text", ["", "Something new happened.", "x" * 100_000, "[" * 50_000, "The term '" * 20_000])
def test_what_no_row_knows_is_nobodys(text: str) -> None:
    assert recognise(Said(text, code=1, status=503, error_id="Other,X", exception_types=("System.Exception",))) is None


#: Beginnings of sentences that never come to their end, over and over.
NEVER_ENDING = [
    "failed on " + "a." * 127 + " ",
    "failed on a ",
    "The user load quota of ",
    "exceeded your budget to create runspac",
    "couldn't be performed because object '",
    "Error on proxy command '' to server ",
    "allowed a maximum number of 999999999 ",
    "The term '",
    "A parameter cannot be found that matches parameter name '",
    "[Server=a]",
]


@pytest.mark.parametrize("row", ERROR_CATALOG, ids=lambda row: row.cause)
def test_no_row_takes_long_over_a_text_however_it_is_written(row: ErrorRow) -> None:
    for unit in NEVER_ENDING:
        text = unit * (100_000 // len(unit))

        begun = time.process_time()
        row.is_typed(Said(error_id=text))
        row.named(Said(text))

        assert time.process_time() - begun < 1, unit


def test_a_fault_that_no_row_knows_takes_no_longer_for_its_length() -> None:
    begun = time.process_time()
    fault_error(None, "x" * 100_000, "ex1", "account")

    assert time.process_time() - begun < 5


def test_the_domain_controller_of_a_referral_is_named_however_much_stands_between() -> None:
    text = f"Operation failed on dc1.example.test. {'Information. ' * 250}A referral was returned from the server."

    finding = recognise(Said(text))

    assert finding is not None
    assert (finding.cause, finding.named) == (Cause.REFERRED, {"controller": "dc1.example.test"})


@pytest.mark.parametrize(
    ("warning", "expected"),
    [
        ("Micro delay applied. Actual delayed: 2500 msecs, Enforced", timedelta(milliseconds=2500)),
        (f"{SHORT}Micro delay applied. Actual delayed: 7 msecs, Enforced", timedelta(milliseconds=7)),
        ("Micro delay applied. Actual delayed: many msecs, Enforced", None),
        ("By default, only the first 1000 items are returned.", None),
        ("", None),
    ],
)
def test_a_micro_delay_is_a_time_that_callers_can_act_on(warning: str, expected: timedelta | None) -> None:
    assert micro_delay(warning) == expected


@pytest.mark.parametrize(
    ("text", "server", "failure"),
    [(SHORT, "EX1", ""), (LONG, "ex2.example.test", "WSMan-InvalidShellID"), ("", "", "")],
    ids=["short", "long", "none"],
)
def test_the_prefix_tells_who_answered_and_is_taken_off(text: str, server: str, failure: str) -> None:
    origin = origin_of(f"{text}[1, 2] Access is denied.")

    assert origin.rest == "[1, 2] Access is denied."
    assert (origin.server, origin.failure) == (server, failure)
    assert origin.request_id == ("4f6c1c4d-0000-0000-0000-000000000000" if text else "")
