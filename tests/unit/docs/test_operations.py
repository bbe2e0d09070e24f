"""The operations pages name what is in the code: every setting, every status message."""

import re
from pathlib import Path

import pytest

from exconn.cli.services import SERVICES, settings_of
from exconn.settings.variables import variable_of
from exconn.stream import CATALOG

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"simulator"}))
def test_every_setting_of_a_service_is_on_the_operations_page(service: str) -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8")

    missing = [
        variable
        for settings in settings_of(service)
        for name in settings.model_fields
        if f"`{(variable := variable_of(settings, name))}`" not in page
    ]

    assert missing == []


def test_every_status_message_is_on_its_page_with_its_text() -> None:
    page = (DOCS / "status-messages.md").read_text(encoding="utf-8")

    rows = [f"| {number.value} | {entry.severity.name.lower()} | {entry.text} |" for number, entry in CATALOG.items()]

    assert [line for line in page.splitlines() if re.match(r"\| \d", line)] == rows


def test_the_installed_message_keeps_the_number_that_operators_search_for() -> None:
    assert CATALOG[1015].text == "Component SMS_EXCHANGE_CONNECTOR installed"  # type: ignore[index]
