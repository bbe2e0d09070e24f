"""The page on upgrades: its numbers are those of the code, its commands are tried, and tables have no way back."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from exconn.contracts import FACTS_FORMAT, KINDS, Request
from exconn.ledger.job import FORMAT as JOB_FORMAT
from exconn.monitor import schema_revision
from exconn.monitor.database import migrate_database
from exconn.stream.message import FORMAT as MESSAGE_FORMAT

PAGE = Path(__file__).parents[3] / "docs/howto/upgrade.md"
TEXT = PAGE.read_text(encoding="utf-8")
#: Tried in tests/containers/test_replacing.py, here, or nowhere, which the page says.
PROGRAMS = {"docker": "containers", "python": "here", "helm": "nowhere"}


def commands() -> list[str]:
    """Every command line of the page's blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def numbers() -> dict[str, str]:
    """Of the page's table: what -> number."""
    return dict(re.findall(r"^\| ([a-z ]+) \| (\d+)[a-z ]* \|", TEXT, re.MULTILINE))


def monitor(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "exconn.monitor", *arguments],
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert numbers() == {
        "job": str(JOB_FORMAT),
        "payload of a job": str(max(row.format for row in KINDS.values())),
        "status message": str(MESSAGE_FORMAT),
        "page of facts": str(FACTS_FORMAT),
        "signed request": str(Request.model_fields["format"].default),
        "tables of the monitor": schema_revision.needed(),
    }


def test_every_command_on_the_page_is_tried_or_the_page_says_that_it_is_not() -> None:
    programs = {line.split()[0] for line in commands()}

    assert programs == set(PROGRAMS)
    # Tried in test_carry_over.py, in tests/conformance/access/test_functions.py, and below.
    coordinator = "python -m exconn.coordinator"
    tried = [f"{coordinator} carry-over", f"{coordinator} load-functions", "python -m exconn.monitor migrate"]
    assert [line for line in commands() if line.startswith("python")] == tried
    helm = TEXT.partition("## Helm")[2].partition("\n## ")[0]
    assert "**These three have not been tried**" in helm
    assert len([line for line in commands() if line.startswith("helm")]) == 3


def test_tables_are_migrated_by_the_command_of_the_page(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"

    first = monitor("migrate", EXCONN_MONITOR_DATABASE=database)
    again = monitor("migrate", EXCONN_MONITOR_DATABASE=database)

    assert (first.returncode, again.returncode) == (0, 0)
    assert first.stdout == f"the database has schema {schema_revision.needed()}; it was empty\n"
    assert again.stdout.endswith("nothing to do\n")


def test_a_monitor_older_than_its_tables_does_not_start_and_says_in_one_line_what_to_do(
    tmp_path: Path, redis_url: str
) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    migrate_database(database)
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {schema_revision.VERSION_TABLE} SET version_num = '99'"))
    engine.dispose()

    ended = monitor(
        EXCONN_BROKER_URL=redis_url,
        EXCONN_LEDGER_URL=redis_url,
        EXCONN_STATE_DIR=str(tmp_path),
        EXCONN_MONITOR_DATABASE=database,
        EXCONN_MONITOR_PORT="0",
    )

    assert ended.returncode == 2
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("exconn monitor:")]
    assert f"has schema 99, this version knows none after {schema_revision.needed()}" in line
    assert "start the newer version" in line
    assert "backup from before" in line


def revisions() -> list[Any]:
    config = Config()
    config.set_main_option("script_location", "exconn.monitor:migrations")
    return list(ScriptDirectory.from_config(config).walk_revisions())


@pytest.mark.parametrize("revision", revisions(), ids=lambda revision: str(revision.revision))
def test_no_revision_of_the_tables_can_be_taken_back(revision: Any) -> None:
    assert not hasattr(revision.module, "downgrade")
    assert hasattr(revision.module, "upgrade")
