"""What a reading lacks is counted in bounded room, and named so that the kinds may stand in a log."""

import pytest

from exconn.exchange import Ambiguous, Batch, Command, ExchangeError, Gap, GapCause, Gaps, Malformed, RefusedByExchange
from exconn.exchange.beside import MOST_UNREADABLE, Beside
from exconn.exchange.gaps import MOST_KEPT, MOST_KINDS, OTHER_KINDS, kind_of
from exconn.exchange.psrp.messages import ErrorDetail
from exconn.exchange.psrp.naming import seeming_name
from exconn.exchange.transport import UnreadableObject

READ, CLEAR = Command("Get-MobileDevice"), Command("Clear-MobileDevice", {"Identity": "g", "Confirm": False})
BROKEN = UnreadableObject(Malformed("half an object"), "corp.example/Jane")
ERROR = ErrorDetail("text", "id", ("Microsoft.Exchange.Data.DataValidationException",), "corp.example/Jane")


def beside(command: Command, gaps: Gaps | None, *batches: Batch) -> Beside:
    heard = Beside(command, "ex1", "shell", gaps)
    for batch in batches:
        heard.add(batch)
    return heard


def test_gaps_stay_small_however_much_is_missing() -> None:
    gaps = Gaps()
    for number in range(1000):
        gaps.add(Gap(GapCause.ERROR_RECORD, f"name {number}", f"Kind{number}"))

    assert (gaps.total, len(gaps.kept)) == (1000, MOST_KEPT)
    assert len(gaps.by_kind) == MOST_KINDS + 1
    assert gaps.by_kind[OTHER_KINDS] == 1000 - MOST_KINDS
    assert sum(gaps.by_kind.values()) == 1000


def test_gaps_of_several_readings_add_up() -> None:
    gaps, other = Gaps(), Gaps()
    for each in (gaps, other):
        for number in range(MOST_KEPT):
            each.add(Gap(GapCause.NO_GUID, str(number), f"Kind{number % 30}"))

    gaps.merge(other)

    assert gaps.total == 2 * MOST_KEPT == sum(gaps.by_kind.values()) == sum(gaps.by_cause.values())
    assert len(gaps.kept) == MOST_KEPT
    assert len(gaps.by_kind) == MOST_KINDS + 1


@pytest.mark.parametrize(
    ("types", "error_id", "expected"),
    [
        (("Microsoft.Exchange.Data.ADTransientException", "System.Exception"), "", "ADTransientException"),
        ((), "[Server=EX1] 8F,Microsoft.Exchange.Management.Tasks.GetMobileDevice", "GetMobileDevice"),
        (("Jane Doe <jane@corp.example>",), "CouldNot", "CouldNot"),
        (("x" * 500,), "", OTHER_KINDS),
        ((), "", OTHER_KINDS),
    ],
)
def test_a_kind_is_a_plain_word_and_never_what_a_server_quotes(
    types: tuple[str, ...], error_id: str, expected: str
) -> None:
    assert kind_of(types, error_id) == expected


@pytest.mark.parametrize("gaps", [None, Gaps()], ids=["strict", "with gaps"])
def test_an_error_without_an_object_is_raised(gaps: Gaps | None) -> None:
    with pytest.raises(RefusedByExchange):
        beside(READ, gaps, Batch([], errors=(ERROR,))).end()

    assert gaps is None or gaps.total == 0


def test_an_error_about_the_command_is_raised_whatever_came_before_it() -> None:
    missing = ErrorDetail("", "CommandNotFoundException")

    with pytest.raises(ExchangeError, match="does not have this cmdlet"):
        beside(READ, Gaps(), Batch([{"Guid": "g"}], errors=(missing, ERROR))).end()


PROXY = ErrorDetail("", "8D7,X.CmdletProxyException")
OFFLINE = ErrorDetail("", "", ("Microsoft.Exchange.Data.Storage.MailboxOfflineException",))
NOT_FOUND = ErrorDetail("", "", ("Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",))
NOT_BOUND = ErrorDetail("", "", ("System.Management.Automation.ParameterBindingException",))
BUDGET = ErrorDetail("The user load quota of 400 requests per 60 seconds has been exceeded.")
NO_CMDLET, NO_PARAMETER = ErrorDetail("", "CommandNotFoundException"), ErrorDetail("", "NamedParameterNotFound,X")


@pytest.mark.parametrize("nothing_done", [NOT_FOUND, NOT_BOUND, BUDGET, NO_CMDLET, NO_PARAMETER])
@pytest.mark.parametrize(
    ("open_effect", "expected"),
    [(PROXY, Ambiguous), (OFFLINE, Ambiguous), (Malformed("half an error"), Ambiguous), (ERROR, RefusedByExchange)],
    ids=["proxy", "transient", "unreadable", "unknown"],
)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "last"])
def test_of_a_changing_cmdlets_errors_the_one_that_leaves_its_effect_open_counts(
    nothing_done: ErrorDetail, open_effect: ErrorDetail | Malformed, expected: type[ExchangeError], is_first: bool
) -> None:
    errors = (open_effect, nothing_done) if is_first else (nothing_done, open_effect)

    with pytest.raises(ExchangeError) as caught:
        beside(CLEAR, None, Batch([], errors=errors)).end()

    assert type(caught.value) is expected


@pytest.mark.parametrize("errors", [(PROXY, ERROR), (ERROR, PROXY)], ids=["first", "last"])
def test_an_effect_in_doubt_counts_before_a_refusal(errors: tuple[ErrorDetail, ...]) -> None:
    with pytest.raises(Ambiguous):
        beside(CLEAR, None, Batch([], errors=errors)).end()


def test_an_error_record_that_cannot_be_read_is_one_gap() -> None:
    gaps = Gaps()

    beside(READ, gaps, Batch([{"Guid": "g"}], errors=(Malformed("half an error"),))).end()

    assert gaps.kept == [Gap(GapCause.ERROR_RECORD, "", GapCause.UNREADABLE)]


@pytest.mark.parametrize("batch", [Batch([], unreadable=(BROKEN,)), Batch([], errors=(BROKEN.error,))])
def test_what_a_changing_cmdlet_answered_unreadably_is_in_doubt(batch: Batch) -> None:
    with pytest.raises(Ambiguous):
        beside(CLEAR, None, batch).end()


def test_an_answer_of_which_nearly_nothing_can_be_read_is_not_believed() -> None:
    heard = beside(READ, Gaps(), Batch([], unreadable=(BROKEN,) * MOST_UNREADABLE))

    with pytest.raises(Malformed, match="unreadable objects"):
        heard.add(Batch([], unreadable=(BROKEN,)))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'<Obj><S N="Name">a</S><S N="Identity">corp.example/J_x00F6_rg</S><S N="', "corp.example/J\u00f6rg"),
        (b'<Obj><S N="Name">phone</S>', "phone"),
        (b'<Obj><S N="Identity">' + b"x" * 9000, ""),
        (b"\xff\xfe", ""),
    ],
)
def test_an_unreadable_object_is_called_by_what_its_bytes_say(body: bytes, expected: str) -> None:
    assert seeming_name(body) == expected
