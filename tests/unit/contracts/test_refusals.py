"""The words with which intake refuses: each has one meaning everywhere."""

import pytest

from exconn.contracts.refusals import REFUSALS, UNKNOWN, Refusal, row_of
from exconn.process.exits import ExitCode

#: What each status says to a client of HTTP is what the exit code says to a script.
CODES_OF_STATUS = {
    400: {ExitCode.BAD_INPUT},
    403: {ExitCode.REFUSED},
    404: {ExitCode.NOT_FOUND},
    405: {ExitCode.BAD_INPUT},
    408: {ExitCode.UNREACHABLE},
    409: {ExitCode.REFUSED},
    410: {ExitCode.REFUSED},
    413: {ExitCode.BAD_INPUT},
    429: {ExitCode.REFUSED},
    503: {ExitCode.UNREACHABLE},
}


def test_every_word_has_a_row() -> None:
    assert set(REFUSALS) == set(Refusal)


@pytest.mark.parametrize("refusal", Refusal)
def test_status_and_exit_code_say_the_same(refusal: Refusal) -> None:
    row = REFUSALS[refusal]

    assert ExitCode(row.exit_code) in CODES_OF_STATUS[row.status]


def test_what_is_unavailable_now_may_be_accepted_later() -> None:
    assert all(row.passing for row in REFUSALS.values() if row.exit_code == int(ExitCode.UNREACHABLE))


@pytest.mark.parametrize("word", ["of_a_newer_intake", "", None])
def test_word_of_a_newer_intake_is_a_refusal_for_good(word: str | None) -> None:
    assert row_of(word) is UNKNOWN
    assert (UNKNOWN.status, UNKNOWN.exit_code, UNKNOWN.passing) == (409, ExitCode.REFUSED, False)
