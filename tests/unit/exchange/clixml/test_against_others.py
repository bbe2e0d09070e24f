"""Our CLIXML reader against the two reference decoders, on what the other project's serializer writes.

Where a reference loses a value (pypsrp keeps dates as text, for example) the other one decides.
"""

import uuid
import warnings
from typing import Any
from xml.etree.ElementTree import tostring

import psrpcore.types as ps
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psrpcore.types import serialize
from pypsrp.serializer import Serializer

from exconn.exchange.clixml.reader import NONCHARACTERS, read

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=NONCHARACTERS), max_size=40)
_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9 _.§]{0,12}", fullmatch=True)
_SIMPLE = st.one_of(
    _TEXT,
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.none(),
    st.uuids(),
    st.binary(max_size=12),
    st.integers(2**40, 2**60),
)
_VALUES = st.recursive(_SIMPLE, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
_RECORDS = st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=6)


def as_psrpcore_writes(record: dict[str, Any]) -> bytes:
    thing = ps.PSObject()
    for name, value in record.items():
        ps.add_note_property(thing, name, _wire(value))
    return bytes(tostring(serialize(thing, cipher=None), encoding="utf-8"))  # type: ignore[arg-type]


def _wire(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**31:
        return ps.PSInt64(value)
    return value


def plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


@pytest.mark.check("agreement of decoders")
@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_RECORDS)
def test_what_psrpcore_writes_is_read_as_it_was(record: dict[str, Any]) -> None:
    found = read(as_psrpcore_writes(record))

    assert found == {name: plain(value) for name, value in record.items()}


@pytest.mark.check("agreement of decoders")
@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        _NAMES.filter(lambda name: "_" not in name), _SIMPLE.filter(lambda value: value != b""), min_size=1, max_size=6
    )
)
def test_pypsrp_reads_the_same_from_the_same_bytes(record: dict[str, Any]) -> None:
    """Without empty byte strings, on which pypsrp fails, and escapes in names, which it leaves."""
    body = as_psrpcore_writes(record)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = Serializer().deserialize(body.decode())

    assert {name: plain(value) for name, value in theirs.extended_properties.items()} == read(body)


@pytest.mark.parametrize("text", ["_x000A_", "_x005F_", "\r\n\t", "\U0001f4f1", "a_X0041_b", " \x85", "_x"])
def test_texts_that_need_escapes_survive(text: str) -> None:
    assert read(as_psrpcore_writes({"a": text})) == {"a": text}
