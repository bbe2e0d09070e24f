"""Answers from before Exchange: whole, cut off, doubled, or to a request that they do not fit; always a typed error."""

from datetime import timedelta
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from exconn.exchange import (
    Ambiguous,
    BlockedByScan,
    Command,
    Endpoint,
    ExchangeError,
    HeaderTooLong,
    HostNameRefused,
    NotExchange,
    OpeningBudgetExceeded,
    TurnedAway,
)
from exconn.exchange.error_mapping import DEFAULT_PAUSE, fault_error, outcome_of
from exconn.exchange.wsman.answering import answering
from exconn.exchange.wsman.bad_requests import bad_request
from exconn.exchange.wsman.http import HttpResponse
from exconn.simulator.faults import bad_requests as simulated

ENDPOINT = Endpoint(url="https://ex1/PowerShell/", username="svc", password=SecretStr("pw"))
WIPE = Command("Clear-MobileDevice", {"Identity": "11111111-2222-3333-4444-555555555555"})
#: The error while a session opens, and in one that worked.
EXPECTED: dict[str, tuple[type[ExchangeError], type[ExchangeError]]] = {
    "bad_request": (TurnedAway, BlockedByScan),
    "amsi_blocked": (TurnedAway, BlockedByScan),
    "header_too_long": (HeaderTooLong, HeaderTooLong),
    "invalid_hostname": (HostNameRefused, HostNameRefused),
    "not_exchange": (NotExchange, NotExchange),
}


def answered(body: bytes, headers: dict[str, str]) -> HttpResponse:
    said = Message()
    for name, value in headers.items():
        said[name] = value
    return HttpResponse(400, headers.get("Content-Type", ""), body, (), answering(said))


@pytest.mark.parametrize("kind", simulated.KINDS)
@pytest.mark.parametrize("let_in", [False, True], ids=["opening", "in a session"])
@pytest.mark.parametrize("times", [1, 2], ids=["once", "doubled"])
def test_each_answer_is_known_by_its_page_or_by_when_it_comes(kind: str, *, let_in: bool, times: int) -> None:
    ordered = simulated.bad_request(kind)

    error = bad_request(answered(ordered.body * times, ordered.headers), ENDPOINT, let_in=let_in)

    assert type(error) is EXPECTED[kind][let_in]


@pytest.mark.parametrize("kind", ["header_too_long", "invalid_hostname"])
@pytest.mark.parametrize("let_in", [False, True], ids=["opening", "in a session"])
def test_a_page_that_is_cut_off_before_its_heading_has_no_reason(kind: str, *, let_in: bool) -> None:
    ordered = simulated.bad_request(kind)
    cut = ordered.body[: ordered.body.index(b"<BODY>")]

    error = bad_request(answered(cut, ordered.headers), ENDPOINT, let_in=let_in)

    assert type(error) is (BlockedByScan if let_in else TurnedAway)


@pytest.mark.parametrize("let_in", [False, True], ids=["opening", "in a session"])
def test_an_answer_that_says_nothing_at_all_lists_what_is_possible(*, let_in: bool) -> None:
    error = bad_request(answered(b"", {}), ENDPOINT, let_in=let_in)

    assert type(error) is TurnedAway
    for cause in ("remote PowerShell", "AMSI", "ticket is too long", "not Exchange"):
        assert cause in str(error)


@given(st.binary(max_size=300), st.text(max_size=80), st.booleans())
def test_whatever_is_answered_is_a_typed_error_that_is_fit_for_a_log(body: bytes, product: str, let_in: bool) -> None:
    headers = {"Server": product.replace("\r", "").replace("\n", "")}

    error = bad_request(answered(body, headers), ENDPOINT, let_in=let_in)

    assert isinstance(error, ExchangeError)
    assert str(error).isprintable()


BUDGET = "Fail to create runspace because you have exceeded your budget to create runspace. Please wait for 27 seconds."


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        pytest.param(BUDGET * 2, timedelta(seconds=27), id="doubled"),
        pytest.param(BUDGET[:-20], DEFAULT_PAUSE, id="cut off"),
        pytest.param(BUDGET.replace("27", "9" * 30), DEFAULT_PAUSE, id="a wait beyond any number"),
        pytest.param(BUDGET.replace("27", "-5"), DEFAULT_PAUSE, id="a negative wait"),
        pytest.param(BUDGET.replace(" Please", "x" * 9999), DEFAULT_PAUSE, id="a wait far away"),
    ],
)
def test_a_budget_that_is_told_badly_is_waited_for_a_while(text: str, wait: timedelta) -> None:
    error = fault_error(2152992672, text, "ex1", "svc")

    assert isinstance(error, OpeningBudgetExceeded)
    assert error.retry_after == wait


@pytest.mark.parametrize("error", [BlockedByScan("ex1"), TurnedAway("ex1"), HeaderTooLong("ex1"), NotExchange("ex1")])
def test_a_wipe_that_was_not_handled_is_no_doubt_and_one_whose_answer_was_not_is(error: ExchangeError) -> None:
    assert outcome_of(error, WIPE, "ex1", "SHELL", sent=False) is error
    assert isinstance(outcome_of(error, WIPE, "ex1", "SHELL", sent=True), Ambiguous)
