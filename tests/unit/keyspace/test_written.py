"""JSON that another service wrote, however it is."""

import pytest

from exconn.keyspace.written import object_or_none, parsed
from tests.support.streams.written import DEPTH, WRITTEN


@pytest.mark.parametrize("text", ["[" * DEPTH + "]" * DEPTH, '{"a":' * DEPTH + "1" + "}" * DEPTH, "[" * DEPTH, "", "?"])
def test_what_is_no_json_or_nests_too_deep_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deep|Expecting value"):
        parsed(text)


@pytest.mark.parametrize("text", WRITTEN)
def test_any_text_is_an_object_or_none(text: str) -> None:
    found = object_or_none(text)

    assert found is None or isinstance(found, dict)


def test_an_object_is_one() -> None:
    assert object_or_none('{"state": "removed"}') == {"state": "removed"}
