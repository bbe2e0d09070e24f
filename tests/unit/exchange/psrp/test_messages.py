"""Errors, warnings, states and prompts of a pipeline, as PSRP writes them."""

import pytest

from exconn.exchange import Malformed
from exconn.exchange.psrp.messages import PipelineState, error_detail, is_prompt, pipeline_state, warning_text

NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
ERROR = (
    '<Obj{name} RefId="1"><TN RefId="0"><T>System.Management.Automation.ErrorRecord</T></TN>'
    "<ToString>the text</ToString><MS>"
    f'<Obj N="Exception" RefId="2"><TN RefId="1"><T>{NOT_FOUND}</T><T>System.Exception</T></TN>'
    f"<ToString>{NOT_FOUND}: long</ToString>"
    '<Props><S N="Message">the message</S><Nil N="InnerException" /></Props></Obj><Nil N="TargetObject" />'
    '<S N="FullyQualifiedErrorId">[Server=EX1] 4C2,Get-MobileDevice</S>'
    '<I32 N="ErrorCategory_Category">0</I32></MS></Obj>'
)


def state(number: int, inner: str = "") -> bytes:
    return f'<Obj RefId="0"><MS><I32 N="PipelineState">{number}</I32>{inner}</MS></Obj>'.encode()


def test_an_error_record_gives_its_sentence_id_and_types() -> None:
    detail = error_detail(ERROR.format(name="").encode())

    assert detail.text == "the message"
    assert detail.error_id == "[Server=EX1] 4C2,Get-MobileDevice"
    assert detail.exception_types == (NOT_FOUND, "System.Exception")
    assert detail.exception_type == NOT_FOUND


def test_details_of_an_error_go_before_its_message() -> None:
    record = ERROR.format(name="").replace("<MS>", '<MS><S N="ErrorDetails_Message">the details</S>', 1)

    assert error_detail(record.encode()).text == "the details"


def test_an_error_without_an_exception_is_still_an_error() -> None:
    body = b'<Obj RefId="0"><ToString>only text</ToString><MS><S N="FullyQualifiedErrorId">Id</S></MS></Obj>'

    assert error_detail(body).text == "only text"


def test_a_pipeline_that_failed_gives_its_reason() -> None:
    failed, reason = pipeline_state(state(5, ERROR.format(name=' N="ExceptionAsErrorRecord"')))
    completed, nothing = pipeline_state(state(4))

    assert (failed, completed) == (PipelineState.FAILED, PipelineState.COMPLETED)
    assert reason is not None
    assert reason.text == "the message"
    assert nothing is None


@pytest.mark.parametrize("body", [state(99), b'<Obj RefId="0"><MS /></Obj>', b"<S>x</S>", b"<"])
def test_a_state_that_is_none_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        pipeline_state(body)


def test_a_warning_is_its_sentence() -> None:
    body = b'<Obj RefId="0"><ToString>w</ToString><MS><S N="InformationalRecord_Message">a warning</S></MS></Obj>'

    assert warning_text(body) == "a warning"
    assert warning_text(b"<S>bare</S>") == "bare"


@pytest.mark.parametrize(
    ("method", "waits"), [(26, True), (11, True), (23, True), (15, False), (20, False), (6, False)]
)
def test_host_calls_that_wait_for_an_answer_are_prompts(method: int, waits: bool) -> None:
    call = f'<Obj N="mi" RefId="1"><ToString>M</ToString><I32>{method}</I32></Obj>'

    assert is_prompt(f'<Obj RefId="0"><MS><I64 N="ci">1</I64>{call}</MS></Obj>'.encode()) is waits


def test_a_host_call_that_is_not_understood_counts_as_a_prompt() -> None:
    assert is_prompt(b'<Obj RefId="0"><MS /></Obj>')


@pytest.mark.parametrize("forbidden", ["\ufffe", "\uffff"])
def test_what_xml_forbids_stops_neither_an_error_nor_a_warning(forbidden: str) -> None:
    error = f'<Obj RefId="0"><ToString>{forbidden}</ToString><MS><S N="FullyQualifiedErrorId">id</S></MS></Obj>'

    assert error_detail(error.encode()).text == "\ufffd"
    assert warning_text(f"<S>{forbidden}</S>".encode()) == "\ufffd"


def test_an_error_says_which_object_it_is_about() -> None:
    named = '<Obj RefId="0"><MS><Nil N="TargetObject"/><S N="ErrorCategory_TargetName">corp/Jane</S></MS></Obj>'

    assert error_detail(named.encode()).target == "corp/Jane"
