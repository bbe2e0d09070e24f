"""Errors carry fields, build their text from them, and travel between processes."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from exconn import exchange
from exconn.exchange import (
    AccountTroubled,
    Ambiguous,
    BlockedByScan,
    BudgetExceeded,
    CmdletMissing,
    ExchangeError,
    Malformed,
    NoGuid,
    NoSeat,
    NoServer,
    NotSoap,
    OpeningBudgetExceeded,
    ProxyFailed,
    Retry,
    SessionGone,
    SessionMisuse,
    Throttled,
    TooManySessions,
    Transient,
    Unanswered,
    Unreachable,
)
from tests.support.exchange.errors import SAMPLES

#: What a type says about the same call once more. Everything else: never.
RETRIES: dict[Retry, set[type[ExchangeError]]] = {
    Retry.NOW: {SessionGone},
    Retry.AFTER_WAIT: {
        SessionMisuse, Unreachable, NoServer, Throttled, TooManySessions, BudgetExceeded, NoSeat, ProxyFailed,
        Unanswered, Malformed, NotSoap, NoGuid, AccountTroubled, Transient, BlockedByScan, OpeningBudgetExceeded,
    },
    Retry.READ_BACK_FIRST: {Ambiguous},
}  # fmt: skip


def test_every_error_of_the_package_has_a_sample() -> None:
    errors = {getattr(exchange, name) for name in exchange.__all__ if isinstance(getattr(exchange, name), type)}

    assert {e for e in errors if issubclass(e, ExchangeError)} - {ExchangeError} == {type(e) for e in SAMPLES}


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_errors_survive_pickling_with_their_fields(error: ExchangeError) -> None:
    error.opening("Berlin")

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert copy._fields == error._fields
    assert (copy.activity, copy.failed_site, copy.failed_cmdlet) == (error.activity, "Berlin", "")
    assert str(copy) == str(error)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_errors_pass_through_context_managers(error: ExchangeError) -> None:
    @contextmanager
    def passing() -> Iterator[None]:
        yield

    with pytest.raises(type(error)), passing():
        raise error


def test_the_two_texts_that_operators_search_for_are_exact() -> None:
    gone = SessionGone("not found").invoking("Get-CASMailbox")
    refused = Unreachable("ex1", "refused").opening("Berlin")

    assert str(gone).startswith("Invoking cmdlet Get-CASMailbox failed: ")
    assert str(refused).startswith("Failed to open runspace for site Berlin: ")


def test_the_first_activity_named_stays_and_is_said_once() -> None:
    missing = CmdletMissing("Set-ADServerSettings")
    missing.invoking("Set-ADServerSettings").opening("Berlin")

    assert str(missing).count("Invoking cmdlet") == 1
    assert "Berlin" not in str(missing)
    assert (missing.failed_cmdlet, missing.failed_site) == ("Set-ADServerSettings", "")


def test_what_was_not_understood_is_kept_out_of_the_text() -> None:
    error = Malformed("no XML", "<a>jane@example.test</a>" * 1000)

    assert "jane" in error.raw
    assert len(error.raw) == 4096
    assert "jane" not in str(error)
    assert "jane" not in repr(error)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_the_type_alone_says_whether_trying_again_can_help(error: ExchangeError) -> None:
    expected = next((retry for retry, types in RETRIES.items() if type(error) in types), Retry.NEVER)

    assert error.retry is expected
    assert "retry" not in vars(error)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_every_error_says_more_than_its_name(error: ExchangeError) -> None:
    assert str(error) != type(error).__name__
