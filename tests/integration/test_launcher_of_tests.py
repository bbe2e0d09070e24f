"""The launcher starts the tests in parallel, the fast ones alone, or all with what they need."""

import pytest

from tests.support.machine.checkout import Checkout


@pytest.mark.parametrize(
    "arguments",
    [
        ["-k", "word"],
        ["tests/unit", "-q"],
        ["tests/unit", "-k", "-n and --pdb"],
        ["--ignore", "tests/containers"],
        ["-m", "-no"],
    ],
)
def test_arguments_leave_the_tests_in_four_processes(checkout: Checkout, arguments: list[str]) -> None:
    result = checkout.run("test", *arguments)

    assert result.stdout == f"python -m pytest --numprocesses 4 {' '.join(arguments)} in {checkout.root}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "2"],
        ["-n2"],
        ["--numprocesses", "0"],
        ["--numprocesses=8"],
        ["-p", "no:xdist"],
        ["tests/unit", "--pdb"],
        ["tests/containers"],
    ],
)
def test_arguments_that_say_how_many_processes_are_left_alone(checkout: Checkout, arguments: list[str]) -> None:
    result = checkout.run("test", *arguments)

    assert result.stdout == f"python -m pytest {' '.join(arguments)} in {checkout.root}\n"


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        ([], "-p no:logging tests/unit tests/architecture tests/conformance/ledger"),
        (["-k", "tests/unit"], "-p no:logging tests/unit tests/architecture tests/conformance/ledger -k tests/unit"),
        (["tests/unit/cli", "-x"], "tests/unit/cli -x"),
    ],
)
def test_fast_leaves_the_slow_tests_out_of_those_that_are_chosen(
    checkout: Checkout, arguments: list[str], chosen: str
) -> None:
    result = checkout.run("test", *arguments, "--fast")

    fast = "--numprocesses 3 --dist worksteal -m not slow --hypothesis-profile few examples"
    assert result.stdout == f"python -m pytest {fast} {chosen} in {checkout.root}\n"


def test_everything_installs_all_that_a_test_may_need_once_and_runs_the_containers_last(checkout: Checkout) -> None:
    first = checkout.run("test", "--everything", "-q")
    installed = [call.split("requirements/")[1] for call in checkout.calls if "requirements/" in call]
    before = checkout.calls
    checkout.run("test", "--everything", "tests/chart")
    checkout.run("test")
    checkout.run("demo")

    assert first.stdout.splitlines() == [
        f"python -m pytest --ignore tests/containers --numprocesses 4 -q in {checkout.root}",
        f"python -m pytest --numprocesses 4 -q --numprocesses 0 tests/containers in {checkout.root}",
    ]
    assert installed == ["delivery.txt", "kerberos.txt"]
    assert checkout.calls == before


def test_everything_runs_only_the_tests_that_are_chosen(checkout: Checkout) -> None:
    result = checkout.run("test", "tests/chart", "--everything")

    assert result.stdout == f"python -m pytest --numprocesses 4 tests/chart in {checkout.root}\n"


@pytest.mark.parametrize(("statuses", "exit_code"), [("0 1", 1), ("1 0", 1), ("5 0", 0), ("0 5", 0), ("5 5", 5)])
def test_everything_fails_when_either_part_of_it_does(checkout: Checkout, statuses: str, exit_code: int) -> None:
    others, containers = statuses.split()
    program = f'case "$*" in *--ignore*) exit {others} ;; *) exit {containers} ;; esac\n'

    result = checkout.run("test", "--everything", PROGRAM=program)

    assert result.returncode == exit_code
    assert len(result.stdout.splitlines()) == 2


def test_everything_ends_when_it_is_interrupted(checkout: Checkout) -> None:
    result = checkout.run("test", "--everything", PROGRAM="exit 2\n")

    assert result.returncode == 2
    assert len(result.stdout.splitlines()) == 1


def test_everything_names_the_packages_of_the_system_that_are_not_here_in_one_line(checkout: Checkout) -> None:
    checkout.run("test", "--everything")
    checkout.lacks("chromium", "postgresql")

    result = checkout.run("test", "--everything")

    assert result.returncode == 0
    (line,) = result.stderr.splitlines()
    assert line.endswith("install (on Debian): chromium postgresql")


@pytest.mark.parametrize("package", ["gcc", "libkrb5-dev", "python3-dev"])
def test_kerberos_is_built_only_where_it_can_be(checkout: Checkout, package: str) -> None:
    checkout.lacks("chromium", package)
    without = checkout.run("test", "--everything")
    before = len(checkout.calls)
    checkout.lacks()
    checkout.run("test", "--everything")

    assert without.returncode == 0
    assert not any("kerberos.txt" in call for call in checkout.calls[:before])
    assert [call.rsplit("/", 1)[1] for call in checkout.calls[before:]] == ["kerberos.txt"]


def test_tests_keep_compiled_modules_whatever_the_shell_says(checkout: Checkout) -> None:
    result = checkout.run("test", PYTHONDONTWRITEBYTECODE="1", PROGRAM='echo "${PYTHONDONTWRITEBYTECODE-kept}"\n')

    assert result.stdout.splitlines()[-1] == "kept"
