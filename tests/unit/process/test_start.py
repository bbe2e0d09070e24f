"""A service starts, or says in one line why not, with a code that scripts can tell apart."""

import pytest

from exconn.failpoints import FailpointSpecError
from exconn.keyspace import ServerUnfitError, UnreachableServerError
from exconn.process.exits import ExitCode, refuse
from exconn.process.start import start_or_refuse
from exconn.settings import SettingProblem, SettingsError

MISSING = SettingsError(SettingProblem("EXCONN_LEDGER_URL", "is missing", "set it"))
UNFIT = ServerUnfitError("127.0.0.1:6379", "maxmemory-policy", "allkeys-lru", remedy="set it to noeviction")


class OwnError(Exception):
    """An error that one service alone knows."""


class NarrowerError(OwnError):
    """Its subclass, with a code of its own."""


def raising(error: Exception) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MISSING, 2),
        (FailpointSpecError("begin.before", "no such failpoint"), 2),
        (UNFIT, 4),
        (UnreachableServerError("127.0.0.1:1", "refused"), 6),
        (OwnError("own"), 2),
        (NarrowerError("narrower"), 6),
    ],
)
def test_what_speaks_against_starting_is_one_line_and_a_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    own: dict[type[Exception], ExitCode] = {OwnError: ExitCode.BAD_INPUT, NarrowerError: ExitCode.UNREACHABLE}

    assert start_or_refuse("intake", lambda: raising(error), own) == code

    assert capsys.readouterr().err == f"exconn intake: {error}\n"


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        start_or_refuse("intake", lambda: raising(ZeroDivisionError()))


def test_service_that_ran_ends_with_its_own_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert start_or_refuse("intake", lambda: 130) == 130
    assert capsys.readouterr().err == ""


def test_reason_of_several_lines_becomes_one(capsys: pytest.CaptureFixture[str]) -> None:
    refuse("simulator", "two problems\n  port: too large\n\n  host: empty\n", ExitCode.BAD_INPUT)

    assert capsys.readouterr().err == "exconn simulator: two problems; port: too large; host: empty\n"


def test_exit_codes_are_those_of_the_documents() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "BAD_INPUT": 2,
        "NOT_FOUND": 3,
        "REFUSED": 4,
        "HELD": 5,
        "UNREACHABLE": 6,
        "STILL_RUNNING": 7,
        "UNHEALTHY": 8,
        "NOT_AUTHENTIC": 9,
        "INTERRUPTED": 130,
    }
