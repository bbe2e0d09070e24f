"""Errors carry fields, build their text from them, and travel between processes."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from exconn import exchange
from exconn.exchange import (
    Ambiguous,
    CmdletMissing,
    EndpointRefused,
    ExchangeError,
    InvalidCommand,
    Malformed,
    NoSeat,
    ObjectNotFound,
    ParameterMissing,
    RefusedByExchange,
    SessionGone,
    SessionMisuse,
    Throttled,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)

SAMPLES = [
    Ambiguous("Clear-MobileDevice", "ex1", "SHELL", "silence", changes_exchange=True),
    CmdletMissing("Clear-MobileDevice"),
    EndpointRefused("url", "a rule", "a remedy"),
    InvalidCommand("Clear-MobileDevice", "Identity", "str of length 0", "it is empty", "Name one."),
    Malformed("no XML", b"\xff<a>"),
    NoSeat("svc", "actions"),
    ObjectNotFound("Get-MobileDevice", "an object", "dc1"),
    ParameterMissing("Clear-MobileDevice", "AccountOnly"),
    RefusedByExchange("Clear-MobileDevice", "id", "Type", "text"),
    SessionGone("not found"),
    SessionMisuse("a rule"),
    Throttled(timedelta(seconds=2)),
    Unauthorized("ex1", "svc", "HTTP 401"),
    Unreachable("ex1", "refused"),
    UntrustedCertificate("ex1", "self-signed"),
]


def test_every_error_of_the_package_has_a_sample() -> None:
    errors = {getattr(exchange, name) for name in exchange.__all__ if isinstance(getattr(exchange, name), type)}

    assert {e for e in errors if issubclass(e, ExchangeError)} - {ExchangeError} == {type(e) for e in SAMPLES}


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_errors_survive_pickling_with_their_fields(error: ExchangeError) -> None:
    error.during("Opening")

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_errors_pass_through_context_managers(error: ExchangeError) -> None:
    @contextmanager
    def passing() -> Iterator[None]:
        yield

    with pytest.raises(type(error)), passing():
        raise error


def test_the_two_texts_that_operators_search_for_are_exact() -> None:
    gone = SessionGone("not found").during(exchange.INVOKING_FAILED.format(cmdlet="Get-CASMailbox"))
    refused = Unreachable("ex1", "refused").during(exchange.OPENING_FAILED.format(site_name="Berlin"))

    assert str(gone).startswith("Invoking cmdlet Get-CASMailbox failed: ")
    assert str(refused).startswith("Failed to open runspace for site Berlin: ")


def test_the_first_activity_named_stays_and_is_said_once() -> None:
    missing = CmdletMissing("Set-ADServerSettings")
    missing.during("Invoking cmdlet Set-ADServerSettings failed").during("Failed to open runspace for site Berlin")

    assert str(missing).count("Invoking cmdlet") == 1
    assert "Berlin" not in str(missing)


def test_what_was_not_understood_is_kept_out_of_the_text() -> None:
    error = Malformed("no XML", "<a>jane@example.test</a>" * 1000)

    assert "jane" in error.raw
    assert len(error.raw) == 4096
    assert "jane" not in str(error)
    assert "jane" not in repr(error)
