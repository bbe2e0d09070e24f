"""The launcher installs once, from the hashed locks, and hands over to the program that was asked for.

It is run for real, in a copy of the checkout whose path has a space; a stand-in for uv notes what it is told.
"""

import os
import signal

import pytest

from tests.support.machine.checkout import NO_PYTHON, PYTHON_WITHOUT_VENV, SOON, Checkout
from tests.support.machine.processes import ChildProcesses, wait_until


def group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_first_start_installs_the_hashed_lock_and_hands_over_in_the_callers_directory(
    checkout: Checkout,
) -> None:
    result = checkout.run("exconn", "devices", "two words")

    venv = checkout.root / ".venv"
    assert result.returncode == 0
    assert result.stdout == f"exconn devices two words in {checkout.elsewhere}\n"
    assert checkout.calls == [
        f"venv --quiet --no-project --python >=3.11,<3.14 {venv}",
        f"pip install --quiet --python {venv}/bin/python --require-hashes"
        f" --requirement {checkout.root}/requirements/demo.txt",
        f"pip install --quiet --python {venv}/bin/python --no-deps --no-build-isolation --editable {checkout.root}",
    ]


def test_a_later_start_installs_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.run("demo")
    before = checkout.calls

    result = checkout.run("demo", "--once")

    assert checkout.calls == before
    assert (result.stdout, result.stderr) == (f"exconn demo --once in {checkout.elsewhere}\n", "")


@pytest.mark.parametrize(
    ("arguments", "handed_over"),
    [
        (["test"], "python -m pytest --numprocesses 4"),
        (["bench", "decode", "--json"], "python -m tests.benchmarks decode --json"),
        (["faults", "storm"], "python -m tests.faults storm"),
    ],
)
def test_the_verbs_of_developers_run_in_the_checkout_with_the_tests_lock(
    checkout: Checkout, arguments: list[str], handed_over: str
) -> None:
    result = checkout.run(*arguments)

    assert result.stdout == f"{handed_over} in {checkout.root}\n"
    assert any("requirements/dev.txt" in call for call in checkout.calls)


def test_an_environment_of_the_tests_serves_the_demo_too(checkout: Checkout) -> None:
    checkout.run("test")
    before = checkout.calls

    checkout.run("demo")

    assert checkout.calls == before


@pytest.mark.parametrize("changed", ["requirements/demo.txt", "pyproject.toml"])
def test_a_changed_lock_or_project_file_installs_again_into_the_same_environment(
    checkout: Checkout, changed: str
) -> None:
    checkout.run("demo")
    before = len(checkout.calls)
    with (checkout.root / changed).open("a") as file:
        file.write("# changed\n")

    checkout.run("demo")

    assert [call.split()[0] for call in checkout.calls[before:]] == ["pip", "pip"]


def test_another_chosen_python_makes_a_new_environment(checkout: Checkout) -> None:
    checkout.run("demo")
    before = len(checkout.calls)

    checkout.run("demo", EXCONN_PYTHON="python3.13")
    checkout.run("demo", EXCONN_PYTHON="python3.13")

    assert [call.split()[0] for call in checkout.calls[before:]] == ["venv", "pip", "pip"]
    assert "--python python3.13" in checkout.calls[before]


def test_two_starts_at_once_install_once(checkout: Checkout, processes: ChildProcesses) -> None:
    go_on = checkout.elsewhere / "go-on"
    first = checkout.start(processes, "demo", UV_HOLD=str(go_on))
    wait_until(lambda: len(checkout.calls) == 2, SOON, "the first install", logs=processes.logs)
    second = checkout.start(processes, "demo", UV_HOLD=str(go_on))
    second.wait_until(lambda: "another start is installing" in second.log.read_text(), SOON, "its turn")

    go_on.touch()

    assert (first.wait(SOON), second.wait(SOON)) == (0, 0)
    assert len(checkout.calls) == 3
    assert not checkout.lock.is_symlink()


def test_the_lock_of_a_start_that_died_is_taken_over(checkout: Checkout, processes: ChildProcesses) -> None:
    dead = processes.start("dead", "-c", "")
    dead.wait(SOON)
    checkout.lock.symlink_to(str(dead.pid))

    result = checkout.run("demo")

    assert result.returncode == 0
    assert [path.name for path in checkout.root.glob(".venv.*")] == []


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_install_ends_its_child_leaves_no_lock_and_is_made_good_by_the_next_start(
    checkout: Checkout, processes: ChildProcesses, number: signal.Signals, exit_code: int
) -> None:
    started = checkout.start(processes, "demo", UV_HOLD=str(checkout.elsewhere / "never"))
    started.wait_until(lambda: len(checkout.calls) == 2, SOON, "the install")

    started.signal(number)

    assert started.wait(SOON) == exit_code
    assert not checkout.lock.is_symlink()
    wait_until(lambda: not group_lives(started.pid), SOON, "the end of the install's own children")
    assert checkout.run("demo").returncode == 0


def test_a_failed_install_shows_why_and_is_tried_again_by_the_next_start(checkout: Checkout) -> None:
    failed = checkout.run("demo", UV_FAILS="no route to the index")

    assert failed.returncode == 1
    assert "no route to the index" in failed.stderr
    assert "could not install" in failed.stderr
    assert checkout.run("demo").returncode == 0


def test_a_python_without_venv_stops_the_start_with_the_name_of_the_missing_package(
    checkout: Checkout,
) -> None:
    checkout.remove_uv(PYTHON_WITHOUT_VENV)

    result = checkout.run("demo")

    assert result.returncode == 2
    assert "python3-venv" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not checkout.lock.is_symlink()


def test_a_machine_without_a_supported_python_is_told_what_to_install(checkout: Checkout) -> None:
    checkout.remove_uv(NO_PYTHON)

    result = checkout.run("demo")

    assert result.returncode == 2
    assert "needs Python 3.11 to 3.13, or uv" in result.stderr


def test_a_wrong_chosen_python_is_refused_by_its_name(checkout: Checkout) -> None:
    checkout.remove_uv(PYTHON_WITHOUT_VENV)

    result = checkout.run("demo", EXCONN_PYTHON="/no/python")

    assert result.returncode == 2
    assert "EXCONN_PYTHON=/no/python" in result.stderr


def test_a_directory_that_is_no_environment_is_never_deleted(checkout: Checkout) -> None:
    precious = checkout.elsewhere / "precious"
    precious.write_text("x")

    result = checkout.run("demo", EXCONN_VENV=str(checkout.elsewhere))

    assert result.returncode == 2
    assert "is no virtual environment" in result.stderr
    assert precious.exists()


@pytest.mark.parametrize(("arguments", "exit_code"), [([], 2), (["wipe"], 2), (["--help"], 0)])
def test_without_a_known_verb_the_usage_is_shown_and_nothing_installed(
    checkout: Checkout, arguments: list[str], exit_code: int
) -> None:
    result = checkout.run(*arguments)

    assert result.returncode == exit_code
    assert "usage: ./run VERB" in (result.stdout if exit_code == 0 else result.stderr)
    assert checkout.calls == []
