"""The page on two people, as it stands there: its commands run in a shell, with the demo's people and settings."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import SOON
from tests.integration.cli.running import CommandLine
from tests.integration.cli.two_people_scene import WITHIN, Terminal, two_people
from tests.support.machine.processes import ChildProcesses, wait_until
from tests.support.machine.valkey import RestartableValkey

PAGE = (Path(__file__).parents[3] / "docs" / "howto" / "two-people.md").read_text(encoding="utf-8")
#: Fewer phones and a smaller limit than on the page, which costs less and shows the same.
PHONES, LIMIT = 3, 2


@pytest.fixture
def terminal(exconn: CommandLine, processes: ChildProcesses, openssh: None, tmp_path: Path) -> Iterator[Terminal]:
    with (
        RestartableValkey(tmp_path / "valkey") as server,
        two_people(exconn, processes, server.url, phones=PHONES, limit=LIMIT) as terminal,
    ):
        yield terminal


def block(kind: str, first_words: str) -> str:
    """The block of the page that begins so."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return next(str(found) for found in blocks if found.startswith(first_words))


def test_the_page_holds_releases_by_a_second_key_and_finds_what_was_changed(terminal: Terminal) -> None:
    wiped = terminal(block("sh", "for phone in").replace("--limit 12", f"--limit {PHONES}"))
    assert wiped.out.count("accepted as wipe-") == PHONES, wiped
    assert wiped.out.count("held: a person must let it go on") == PHONES - LIMIT
    (held,) = wait_until(terminal.held, SOON, "what is held to be shown")

    alone = terminal(block("sh", "./run exconn brakes release"))
    assert (alone.code, alone.err) == (4, block("text", "exconn: wipe-...").replace("wipe-...", held))
    assert terminal(block("sh", "sed ")).err == block("text", "exconn: the key")
    assert terminal.held() == [held]

    second = terminal(block("sh", "./run exconn --context .exconn/approver.toml").strip() + " --yes")
    assert (second.code, second.err) == (0, "")
    assert "released 1" in second.out
    wait_until(lambda: not terminal.held(), SOON, "nothing to be held")

    verify = block("sh", "./run exconn audit verify")
    wait_until(lambda: terminal(verify).code == 0, WITHIN, "a checkpoint in both places")
    terminal(block("sh", "sqlite3 "))
    named = block("text", "message 20").splitlines()[:4]
    wait_until(lambda: terminal(verify).out.splitlines()[:4] == named, WITHIN, "what was changed")
    assert terminal(verify).code == 8
