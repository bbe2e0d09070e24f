"""The bodies of the PSRP messages that the server sends, apart from pipeline output.

Type numbers and shapes are those of MS-PSRP; the message framing is in `fragments`.
"""

from exconn.simulator.errors import ErrorRecord
from exconn.simulator.protocol.clixml import ARRAY_LIST, OBJECT, PRIMITIVE_DICTIONARY, Writer

SESSION_CAPABILITY = 0x00010002
INIT_RUNSPACE_POOL = 0x00010004
ENCRYPTED_SESSION_KEY = 0x00010006
SET_MAX_RUNSPACES = 0x00021002
SET_MIN_RUNSPACES = 0x00021003
RUNSPACE_AVAILABILITY = 0x00021004
RUNSPACE_POOL_STATE = 0x00021005
CREATE_PIPELINE = 0x00021006
GET_AVAILABLE_RUNSPACES = 0x00021007
APPLICATION_PRIVATE_DATA = 0x00021009
GET_COMMAND_METADATA = 0x0002100A
RESET_RUNSPACE_STATE = 0x0002100C
PIPELINE_INPUT = 0x00041002
END_OF_PIPELINE_INPUT = 0x00041003
PIPELINE_OUTPUT = 0x00041004
ERROR_RECORD = 0x00041005
PIPELINE_STATE = 0x00041006
WARNING_RECORD = 0x00041009
PIPELINE_HOST_CALL = 0x00041100

POOL_OPENED = 2
STATE_STOPPED, STATE_COMPLETED, STATE_FAILED = 3, 4, 5

_SET_SHOULD_EXIT = 6
_PROMPT_FOR_CHOICE = 26
#: The number of a host call that nobody answers.
_WITHOUT_ANSWER = -100
_HOST_METHOD = "System.Management.Automation.Remoting.RemoteHostMethodId"
_CHOICE = ("System.Management.Automation.Host.ChoiceDescription", OBJECT)
_ERROR_RECORD = ("System.Management.Automation.ErrorRecord", OBJECT)
_WARNING_RECORD = (
    "System.Management.Automation.WarningRecord",
    "System.Management.Automation.InformationalRecord",
    OBJECT,
)


def session_capability() -> str:
    """Protocol 2.3, as Windows Server 2016 and later answer."""
    writer = Writer()
    with writer.obj(), writer.element("MS"):
        writer.scalar("Version", "PSVersion", "2.0")
        writer.scalar("Version", "protocolversion", "2.3")
        writer.scalar("Version", "SerializationVersion", "1.1.0.1")
    return writer.text()


def application_private_data() -> str:
    """The PSVersionTable that clients read; what else Exchange sends here is not known."""
    versions = (
        ("PSVersion", "5.1.17763.1"),
        ("PSRemotingProtocolVersion", "2.3"),
        ("SerializationVersion", "1.1.0.1"),
        ("CLRVersion", "4.0.30319.42000"),
        ("WSManStackVersion", "3.0"),
    )
    writer = Writer()
    with (
        writer.obj(),
        writer.element("MS"),
        writer.obj("ApplicationPrivateData", PRIMITIVE_DICTIONARY),
        writer.element("DCT"),
        writer.element("En"),
    ):
        writer.string("Key", "PSVersionTable")
        with writer.obj("Value", PRIMITIVE_DICTIONARY), writer.element("DCT"):
            for name, version in versions:
                with writer.element("En"):
                    writer.string("Key", name)
                    writer.scalar("Version", "Value", version)
    return writer.text()


def runspace_pool_state(state: int) -> str:
    """The pool's state."""
    writer = Writer()
    with writer.obj(), writer.element("MS"):
        writer.int32("RunspaceState", state)
    return writer.text()


def pipeline_state(state: int, record: ErrorRecord | None = None) -> str:
    """The end of a pipeline; a failed or stopped one carries its reason."""
    writer = Writer()
    with writer.obj(), writer.element("MS"):
        writer.int32("PipelineState", state)
        if record is not None:
            write_error(writer, "ExceptionAsErrorRecord", record)
    return writer.text()


def error_record(record: ErrorRecord) -> str:
    """A non-terminating error."""
    writer = Writer()
    write_error(writer, None, record)
    return writer.text()


def write_error(writer: Writer, name: str | None, record: ErrorRecord) -> None:
    """An ErrorRecord object at the writer's place."""
    with writer.obj(name, _ERROR_RECORD, record.message), writer.element("MS"):
        _write_exception(writer, record)
        writer.string("TargetObject", record.target)
        writer.string("FullyQualifiedErrorId", record.error_id)
        writer.nil("InvocationInfo")
        writer.int32("ErrorCategory_Category", record.category.number)
        writer.string("ErrorCategory_Activity", record.activity)
        writer.string("ErrorCategory_Reason", record.reason)
        writer.string("ErrorCategory_TargetName", record.target or "")
        writer.string("ErrorCategory_TargetType", record.target_type)
        writer.string("ErrorCategory_Message", _category_message(record))
        writer.boolean("SerializeExtendedInfo", value=False)


def _write_exception(writer: Writer, record: ErrorRecord) -> None:
    shown = f"{record.types[0]}: {record.message}"
    types = (*record.types, "System.Exception", OBJECT)
    with writer.obj("Exception", types, shown), writer.element("Props"):
        writer.string("ErrorRecord", record.message)
        writer.boolean("WasThrownFromThrowStatement", value=False)
        writer.string("Message", record.message)
        for empty in ("Data", "InnerException", "TargetSite", "StackTrace", "HelpLink", "Source"):
            writer.nil(empty)
        writer.int32("HResult", -2146233087)


def _category_message(record: ErrorRecord) -> str:
    target = f"{record.target or ''}:{record.target_type}"
    return f"{record.category.name}: ({target}) [{record.activity}], {record.reason}"


def warning_record(text: str) -> str:
    """A warning."""
    writer = Writer()
    with writer.obj(None, _WARNING_RECORD, text), writer.element("MS"):
        writer.string("InformationalRecord_Message", text)
        writer.boolean("InformationalRecord_SerializeInvocationInfo", value=False)
    return writer.text()


def exit_code(code: int) -> str:
    """The host call by which a line's `exit` reaches the client."""
    writer = Writer()
    with writer.obj(), writer.element("MS"):
        writer.scalar("I64", "ci", str(_WITHOUT_ANSWER))
        writer.enum("mi", _HOST_METHOD, "SetShouldExit", _SET_SHOULD_EXIT)
        with writer.obj("mp", ARRAY_LIST), writer.element("LST"):
            writer.int32(None, code)
    return writer.text()


def prompt_for_choice(call_id: int, caption: str, message: str, choices: list[tuple[str, str]]) -> str:
    """The host call by which a cmdlet asks before it acts."""
    writer = Writer()
    with writer.obj(), writer.element("MS"):
        writer.scalar("I64", "ci", str(call_id))
        writer.enum("mi", _HOST_METHOD, "PromptForChoice", _PROMPT_FOR_CHOICE)
        with writer.obj("mp", ARRAY_LIST), writer.element("LST"):
            writer.string(None, caption)
            writer.string(None, message)
            with writer.obj(None, ARRAY_LIST), writer.element("LST"):
                for label, help_message in choices:
                    with writer.obj(None, _CHOICE), writer.element("Props"):
                        writer.string("Label", label)
                        writer.string("HelpMessage", help_message)
            writer.int32(None, 0)
    return writer.text()
