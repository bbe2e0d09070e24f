"""The errors that cmdlets and the shell give, with their exact words.

Texts of missing cmdlets, scripts and objects are documented; those of the parameter binder are
PowerShell's own. `recalled` marks words that no source at hand confirms.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4
from zlib import crc32

from exconn.simulator.errors import (
    INVALID_ARGUMENT,
    INVALID_DATA,
    NOT_SPECIFIED,
    OBJECT_NOT_FOUND,
    PARSER_ERROR,
    WRITE_ERROR,
    Category,
    CmdletFailed,
    ErrorRecord,
    WsmanFault,
)

_RUNTIME = ("System.Management.Automation.RuntimeException", "System.SystemException")
_BINDING = ("System.Management.Automation.ParameterBindingException", *_RUNTIME)
_TRANSFORMATION = (
    "System.Management.Automation.ParameterBindingArgumentTransformationException",
    *_BINDING,
)
_VALIDATION = ("System.Management.Automation.ParameterBindingValidationException", *_BINDING)
_TASKS = "Microsoft.Exchange.Configuration.Tasks"
_LOCALIZED = "Microsoft.Exchange.Data.Common.LocalizedException"


def scripts_not_allowed() -> CmdletFailed:
    """Script text in a session without a language."""
    return CmdletFailed(
        ErrorRecord(
            "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.",
            ("System.Management.Automation.RemoteException", *_RUNTIME),
            "ScriptsNotAllowed",
            PARSER_ERROR,
        )
    )


def line_not_understood(problem: str) -> CmdletFailed:
    """A line of which the test-only endpoint does not understand all (its own words)."""
    return CmdletFailed(
        ErrorRecord(
            f"This test endpoint understands cmdlets with parameters and literals only: {problem}.",
            ("System.Management.Automation.ParseException", *_RUNTIME),
            "NotUnderstood",
            PARSER_ERROR,
        )
    )


def cmdlet_not_found(name: str) -> CmdletFailed:
    """No such cmdlet, or none that the account's roles show: the two look the same."""
    return CmdletFailed(
        ErrorRecord(
            f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable "
            "program. Check the spelling of the name, or if a path was included, verify that the path is correct "
            "and try again.",
            ("System.Management.Automation.CommandNotFoundException", *_RUNTIME),
            "CommandNotFoundException",
            OBJECT_NOT_FOUND,
            target=name,
            target_type="String",
        )
    )


def _binding(
    cmdlet: str, error_id: str, text: str, types: tuple[str, ...] = _BINDING, category: Category = INVALID_ARGUMENT
) -> CmdletFailed:
    return CmdletFailed(ErrorRecord(text, types, f"{error_id},{cmdlet}", category, activity=cmdlet))


def parameter_not_found(cmdlet: str, name: str) -> CmdletFailed:
    """No such parameter, or none that the account's roles show."""
    text = f"A parameter cannot be found that matches parameter name '{name}'."
    return _binding(cmdlet, "NamedParameterNotFound", text)


def parameter_ambiguous(cmdlet: str, name: str, candidates: list[str]) -> CmdletFailed:
    """An abbreviation of several parameters."""
    matches = " ".join(f"-{c}" for c in candidates)
    text = (
        f"Parameter cannot be processed because the parameter name '{name}' is ambiguous. "
        f"Possible matches include: {matches}."
    )
    return _binding(cmdlet, "AmbiguousParameter", text)


def parameter_bound_twice(cmdlet: str, name: str) -> CmdletFailed:
    """The same parameter twice."""
    text = (
        f"Cannot bind parameter because parameter '{name}' is specified more than once. To provide multiple values "
        "to parameters that can accept multiple values, use the array syntax. For example, "
        '"-parameter value1,value2,value3".'
    )
    return _binding(cmdlet, "ParameterAlreadyBound", text)


def no_place_for(cmdlet: str, value: object) -> CmdletFailed:
    """A value without a name and without a position left."""
    text = f"A positional parameter cannot be found that accepts argument '{value}'."
    return _binding(cmdlet, "PositionalParameterNotFound", text)


def parameters_missing(cmdlet: str, names: list[str]) -> CmdletFailed:
    """Required parameters that were not given."""
    text = f"Cannot process command because of one or more missing mandatory parameters: {' '.join(names)}."
    return _binding(cmdlet, "MissingMandatoryParameter", text)


def no_parameter_set(cmdlet: str) -> CmdletFailed:
    """Parameters that do not go together."""
    text = "Parameter set cannot be resolved using the specified named parameters."
    return _binding(cmdlet, "AmbiguousParameterSet", text)


def argument_null(cmdlet: str, name: str) -> CmdletFailed:
    """$null for a parameter that must have a value."""
    text = f"Cannot bind argument to parameter '{name}' because it is null."
    return _binding(cmdlet, "ParameterArgumentValidationErrorNullNotAllowed", text, _VALIDATION, INVALID_DATA)


def argument_invalid(cmdlet: str, name: str, problem: str) -> CmdletFailed:
    """A value of the wrong type or outside its limits."""
    text = f"Cannot process argument transformation on parameter '{name}'. {problem}"
    return _binding(cmdlet, "ParameterArgumentTransformationError", text, _TRANSFORMATION, INVALID_DATA)


def argument_out_of_range(cmdlet: str, name: str, problem: str) -> CmdletFailed:
    """A value that the parameter's property does not take (the sentence round it is PowerShell's, recalled)."""
    text = f'Cannot bind parameter \'{name}\' to the target. Exception setting "{name}": "{problem}"'
    return _binding(cmdlet, "ParameterBindingFailed", text, category=WRITE_ERROR)


def input_not_bound(cmdlet: str) -> CmdletFailed:
    """An object of the pipeline that no parameter takes."""
    text = (
        "The input object cannot be bound to any parameters for the command either because the command does not take "
        "pipeline input or the input and its properties do not match any of the parameters that take pipeline input."
    )
    return _binding(cmdlet, "InputObjectNotBound", text)


def object_not_found(cmdlet: str, identity: str, domain_controller: str) -> ErrorRecord:
    """Non-terminating: nothing with that identity."""
    name = "ManagementObjectNotFoundException"
    return ErrorRecord(
        f"The operation couldn't be performed because object '{identity}' couldn't be found on '{domain_controller}'.",
        (f"{_TASKS}.{name}", _LOCALIZED),
        exchange_error_id(cmdlet, name),
        NOT_SPECIFIED,
        activity=cmdlet,
    )


def referral(cmdlet: str, domain_controller: str) -> ErrorRecord:
    """The domain controller says that the object belongs to another domain (words and type are recalled)."""
    return task_error(
        cmdlet,
        "Microsoft.Exchange.Data.Directory.ADOperationException",
        f"Active Directory operation failed on {domain_controller}. This error is not retriable. Additional "
        "information: A referral was returned from the server.\r\nActive directory response: 0000202B: RefErr: "
        "DSID-03100742, data 0, 1 access points\r\n\tref 1: 'south.corp.example'",
    )


def task_error(cmdlet: str, exception: str, text: str) -> ErrorRecord:
    """Any other refusal of an Exchange cmdlet."""
    short = exception.rsplit(".", 1)[-1]
    return ErrorRecord(text, (exception, _LOCALIZED), exchange_error_id(cmdlet, short), NOT_SPECIFIED, activity=cmdlet)


def exchange_error_id(cmdlet: str, exception: str) -> str:
    """The prefixed id that Exchange gives its errors (form recalled): clients must not match it as a whole."""
    stamp = f"{datetime.now(UTC):%m/%d/%Y %I:%M:%S %p}"
    return (
        f"[Server=EX1,RequestId={uuid4()},TimeStamp={stamp}] [FailureCategory=Cmdlet-{exception}] "
        f"{crc32(exception.encode()):08X},Microsoft.Exchange.Management.Tasks.{cmdlet.replace('-', '')}"
    )


def account_only_unsupported(cmdlet: str) -> ErrorRecord:
    """An account-only wipe for a client below protocol 16.1 (that it fails is documented, the words are recalled)."""
    return task_error(
        cmdlet,
        "Microsoft.Exchange.Data.Storage.NotSupportedException",
        "The account-only remote wipe isn't supported for this device.",
    )


def ordered_error(cmdlet: str) -> ErrorRecord:
    """The error that a fault order puts in the place of a result: one that comes again (seen in public logs)."""
    return task_error(
        cmdlet,
        "Microsoft.Exchange.Data.Directory.ADOperationException",
        "Active Directory operation failed on dc1.corp.example. This error is not retriable. Additional information: "
        "Insufficient access rights to perform the operation.",
    )


#: Errors that pass by themselves (types and words are recalled).
_TRANSIENT = {
    "Microsoft.Exchange.Data.Directory.ADTransientException": (
        "The call to the Active Directory server dc1.corp.example timed out."
    ),
    "Microsoft.Exchange.Data.Storage.ConnectionFailedTransientException": (
        "Cannot open mailbox /o=corp/ou=Exchange. The Microsoft Exchange Information Store service isn't available."
    ),
    "Microsoft.Exchange.Data.Storage.MailboxOfflineException": "The mailbox database is being failed over.",
    "Microsoft.Mapi.MapiExceptionNetworkError": "MapiExceptionNetworkError: Unable to make connection to the server.",
}


def transient_error(cmdlet: str, number: int, exception: str = "") -> ErrorRecord:
    """An error that passes: of that type, or of the known types the one whose turn it is."""
    known = list(_TRANSIENT)[number % len(_TRANSIENT)]
    name = exception or known
    return task_error(cmdlet, name, _TRANSIENT.get(name, "The operation couldn't be completed. Try again later."))


#: Errors about single objects of a list: the type, and the sentence for an object (both recalled).
_ABOUT_OBJECTS = (
    (
        "Microsoft.Exchange.Data.DataValidationException",
        "The object {name} has been corrupted, and it's in an inconsistent state.",
    ),
    (
        "Microsoft.Exchange.Data.Storage.MailboxOfflineException",
        "The mailbox {name} isn't available because its database is offline.",
    ),
)


def errors_beside(cmdlet: str, count: int) -> Iterator[ErrorRecord]:
    """Errors that come among the objects of a list: corrupted objects, and mailboxes of a dead database in turn."""
    for number in range(count):
        exception, text = _ABOUT_OBJECTS[number % len(_ABOUT_OBJECTS)]
        name = f"corp.example/Lost/Somebody {number}"
        record = task_error(cmdlet, exception, text.format(name=f'"{name}"'))
        yield replace(record, target=name, target_type="ADObjectId")


def corrupted_text(name: str) -> str:
    """The warning about an object that is shown although it breaks a rule (words recalled)."""
    return (
        f"The object {name} has been corrupted, and it's in an inconsistent state. The following validation errors "
        "happened:\r\nThe property value is invalid."
    )


def _prefix(category: str = "") -> str:
    """What stands before the text of a fault since 2013; a category comes with the longer form."""
    moment = datetime.now(UTC)
    stamp = f"{moment.month}/{moment.day}/{moment:%Y} {moment:%I:%M:%S %p}".replace(" 0", " ")
    if not category:
        return f"[Server=EX1,RequestId={uuid4()},TimeStamp={stamp}] "
    return (
        f"[ClientAccessServer=EX1,BackEndServer=ex1.corp.example,RequestId={uuid4()},TimeStamp={stamp}] "
        f"[FailureCategory=WSMan-{category}] "
    )


def prefixed(fault: WsmanFault, category: str) -> WsmanFault:
    """The fault with what a server in front of another one writes before its text."""
    text = _prefix(category) + fault.text
    return WsmanFault(fault.subcode, text, code=fault.code, detail=fault.detail, sender=fault.sender)


def too_many_shells(limit: int) -> WsmanFault:
    """One shell too many for the account (the words up to the number are documented, the code is recalled)."""
    return WsmanFault(
        "wsman:QuotaLimit",
        f"{_prefix('ResourceQuota')}Fail to create a runspace because you have exceeded the maximum number of "
        f"connections allowed : {limit} for the policy party : MaxConcurrency. Please close existing runspace and "
        "try again.",
        code=2150859173,
    )


def too_many_shells_2010(limit: int) -> WsmanFault:
    """The same on 2010 (documented words, recalled code)."""
    return WsmanFault(
        "wsman:QuotaLimit",
        f"The WS-Management service cannot process the request. This user is allowed a maximum number of {limit} "
        "concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user.",
        code=2150859173,
    )


def budget_exceeded(wait_seconds: float, cmdlets: int = 400, period_seconds: float = 60) -> WsmanFault:
    """The account ran more cmdlets than it may (documented words; which code goes with them is not known)."""
    return WsmanFault(
        "wsman:QuotaLimit",
        f"{_prefix()}The WS-Management service cannot process the request. The user load quota of {cmdlets} requests "
        f"per {period_seconds:g} seconds has been exceeded. Send future requests at a slower rate or raise the quota "
        "for this user. The next request from this user will not be approved for at least "
        f"{int(wait_seconds * 1000)} milliseconds.",
    )


def no_role(user: str) -> WsmanFault:
    """The account has no management role (documented words)."""
    return WsmanFault(
        "wsman:AccessDenied", f'{_prefix()}The user "{user}" isn\'t assigned to any management roles.', code=5
    )


def access_denied() -> WsmanFault:
    """The account may not open a shell (documented words and code)."""
    return WsmanFault("wsman:AccessDenied", f"{_prefix('Authorization')}Access is denied.", code=2150858819)


def no_such_resource(uri: str) -> WsmanFault:
    """The address serves no Exchange (documented words and code)."""
    return WsmanFault(
        "wsa:DestinationUnreachable",
        f"The WS-Management service cannot process the request. The resource URI ({uri}) was not found in the "
        "WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints.",
        code=2150858811,
    )


def runspace_budget_exceeded(seconds: float) -> WsmanFault:
    """The account opened sessions too quickly (words and code of public logs)."""
    return WsmanFault(
        "wsman:InternalError",
        f"[AuthZRequestId={uuid4()}][FailureCategory=AuthZ-AuthorizationException] Fail to create runspace because you "
        f"have exceeded your budget to create runspace. Please wait for {seconds:g} seconds.\n"
        "Policy: CN=GlobalThrottlingPolicy,CN=Global Settings,DC=corp,DC=example;",
        code=2152992672,
        provider="Microsoft.Exchange",
    )


def empty_fault() -> WsmanFault:
    """Refused without a word: neither code nor text (seen where clients sign in with something else than Kerberos)."""
    return WsmanFault("", "", sender=False)


#: Faults that can be ordered for the opening of a shell; of some the order says how long they want to be waited for.
#: What an address gets that a Client Access Rule refuses is not known: it is simulated as access denied.
REFUSED_SHELLS: dict[str, Callable[[float], WsmanFault]] = {
    "access_denied": lambda _: access_denied(),
    "client_access_rule": lambda _: access_denied(),
    "too_many_shells": lambda _: too_many_shells(18),
    "too_many_shells_2010": lambda _: too_many_shells_2010(18),
    "wrong_endpoint": lambda _: no_such_resource("http://schemas.microsoft.com/powershell/Microsoft.Exchange"),
    "runspace_budget": runspace_budget_exceeded,
    "empty_fault": lambda _: empty_fault(),
}


def proxy_failed(cmdlet: str) -> ErrorRecord:
    """Another server was to run the cmdlet, and that failed (documented beginning and id; the rest is made up)."""
    return ErrorRecord(
        f"Error on proxy command '{cmdlet}' to server ex2.corp.example: Server version 15.02.0986.000, Proxy method "
        "RPS: The connection to the server was closed.",
        ("Microsoft.Exchange.Configuration.CmdletProxyException", _LOCALIZED),
        exchange_error_id(cmdlet, "CmdletProxyException"),
        NOT_SPECIFIED,
        activity=cmdlet,
    )


def micro_delay_text(seconds: float) -> str:
    """The warning that a cmdlet was held back (documented words)."""
    return f"Micro delay applied. Actual delayed: {int(seconds * 1000)} msecs, Enforced"
