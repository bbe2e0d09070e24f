"""What the documents name is there."""

from pathlib import Path
from typing import Any

import typer

from tests.architecture.documents import (
    commands,
    decisions_have_one_form,
    links_and_paths_lead_somewhere,
    pages_stand_in_the_index,
)
from tests.architecture.project import PROJECT
from tests.architecture.source_tree import SourceTree


def test_links_and_paths_lead_somewhere() -> None:
    assert [str(violation) for violation in links_and_paths_lead_somewhere(PROJECT)] == []


def test_a_dead_link_and_a_dead_path_are_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "there.md").write_text("[up](../README.md) [site](https://example.org/x) `a/b`")
    (tmp_path / "README.md").write_text("[fine](docs/there.md#part)\n[dead](docs/gone.md)\n`docs/gone/` `docs/`")

    found = [str(violation) for violation in links_and_paths_lead_somewhere(SourceTree(tmp_path))]

    assert found == [
        "README.md:2: the link docs/gone.md leads nowhere",
        "README.md:3: the path docs/gone/ does not exist",
    ]


def test_every_page_stands_in_the_index() -> None:
    assert [str(violation) for violation in pages_stand_in_the_index(PROJECT)] == []


def test_a_page_that_the_index_does_not_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs" / "howto").mkdir(parents=True)
    (tmp_path / "docs" / "README.md").write_text("[there](howto/there.md#part) [up](../README.md)\n")
    for page in ("howto/there.md", "howto/lost.md", "lost.md"):
        (tmp_path / "docs" / page).write_text("# A page\n")
    (tmp_path / "README.md").write_text("not under docs\n")

    found = [str(violation) for violation in pages_stand_in_the_index(SourceTree(tmp_path))]

    assert found == ["docs/howto/lost.md:1: is not in docs/README.md", "docs/lost.md:1: is not in docs/README.md"]


def test_decisions_fit_on_a_screen_and_say_why() -> None:
    assert [str(violation) for violation in decisions_have_one_form(PROJECT)] == []


def test_a_decision_that_is_long_or_lacks_a_part_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs" / "decisions").mkdir(parents=True)
    whole = "**Context.** a\n**Decision.** b\n**Consequences.**\n**What would change our mind.** c\n"
    (tmp_path / "docs" / "decisions" / "good.md").write_text(whole)
    (tmp_path / "docs" / "decisions" / "long.md").write_text(whole + "more\n" * 22)
    (tmp_path / "docs" / "decisions" / "short.md").write_text(whole.replace("**Context.** a\n", ""))

    found = [str(violation) for violation in decisions_have_one_form(SourceTree(tmp_path))]

    assert found == [
        "docs/decisions/long.md:25: is longer than 25 lines",
        "docs/decisions/short.md:1: has no part 'Context'",
    ]


def test_commands_are_read_from_blocks_and_from_code_font(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "```sh\n./run exconn devices wipe jdoe_Phone --wait  # asks\n./run demo\n```\n"
        "1. `./run exconn connector check FILE` and `exconn doctor`; the package `exconn`, exconn itself.\n"
    )

    found = [words for _, words in commands(SourceTree(tmp_path))]

    assert found == [["devices", "wipe"], ["connector", "check"], ["doctor"]]


def test_every_command_in_the_documents_exists() -> None:
    from exconn.cli.main import application

    root = typer.main.get_command(application(""))

    unknown = [str(place) for place, words in commands(PROJECT) if not is_command(root, words)]

    assert unknown == []
    assert is_command(root, ["devices", "wipe"])
    assert not is_command(root, ["devices", "explode"])


def is_command(root: Any, words: list[str]) -> bool:
    """Whether the words lead to a command; what follows a command are its arguments."""
    for word in words:
        known = getattr(root, "commands", None)
        if not known:
            return True
        if word not in known:
            return False
        root = known[word]
    return bool(words)
