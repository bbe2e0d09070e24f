"""The page of settings shows the table of the code."""

from tests.support.docs.settings_page import PAGE, page


def test_the_page_is_the_one_that_the_table_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.support.docs.settings_page"
