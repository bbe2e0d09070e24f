"""Our reader on generated objects of every shape, beside what was put in and beside the two reference decoders.

Each value is generated with what it means, so that our own expectation decides where both references lose it.
"""

import uuid
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.clixml.reader import NONCHARACTERS, read
from exconn.exchange.clixml.timespans import format_timespan
from exconn.simulator.protocol.clixml import escape
from tests.support.exchange.decoders import compared

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["_x0041_", "_X0041_", "_x005F_", "a\r\nb\t", "\U0001f4f1", "]]>", "a&b<c>", " ", "\x00\x7f\x85"]),
).filter(lambda text: not any("\ud800" <= char <= "\udfff" or char in NONCHARACTERS for char in text))
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}", fullmatch=True)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001  # the zone is put on below
SPANS = st.timedeltas(timedelta(0), timedelta(days=900))
#: Types of which the references know some and do not know others.
LIST_TYPES = st.sampled_from(
    [
        "System.Collections.ArrayList",
        "System.Object[]",
        "Microsoft.Exchange.Data.MultiValuedProperty`1[[System.String, mscorlib]]",
        "Microsoft.Exchange.Data.Directory.ADMultiValuedProperty`1[[X]]",
    ]
)


@dataclass(frozen=True)
class Made:
    """CLIXML of one value, given its name and a fresh RefId; and what it means."""

    write: Callable[[str, int], str]
    means: Any


def _simple(tag: str, text: str, means: Any) -> Made:
    return Made(lambda name, _ref: f"<{tag}{name}>{text}</{tag}>", means)


def _simples(tag: str, values: st.SearchStrategy[Any], write: Callable[[Any], str] = str) -> st.SearchStrategy[Made]:
    return values.map(lambda value: _simple(tag, write(value), value))


def _duration(span: timedelta) -> str:
    return f"P{span.days}DT{span.seconds}.{span.microseconds:06}0S"


def _whole(tag: str, bits: int, *, signed: bool) -> st.SearchStrategy[Made]:
    low = -(2 ** (bits - 1)) if signed else 0
    return _simples(tag, st.integers(low, low + 2**bits - 1))


SIMPLES = st.one_of(
    _simples("S", TEXTS, escape),
    _simples("URI", st.sampled_from(["https://a.example/b?c=d", "urn:x"]), escape),
    _simples("SBK", TEXTS.filter(bool), escape),
    st.booleans().map(lambda value: _simple("B", str(value).lower(), value)),
    _whole("By", 8, signed=False),
    _whole("SB", 8, signed=True),
    _whole("U16", 16, signed=False),
    _whole("I16", 16, signed=True),
    _whole("U32", 32, signed=False),
    _whole("I32", 32, signed=True),
    _whole("U64", 64, signed=False),
    _whole("I64", 64, signed=True),
    _simples("Db", st.floats(allow_nan=False, allow_infinity=False), repr),
    _simples("D", st.decimals(-(10**9), 10**9, places=4, allow_nan=False), str),
    _simples("C", st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), lambda char: str(ord(char))),
    _simples("G", st.uuids().map(str)),
    _simples("BA", st.binary(min_size=1, max_size=12), lambda data: b64encode(data).decode()),
    _simples("TS", SPANS, _duration),
    _simples("DT", MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
             lambda moment: moment.isoformat(timespec="microseconds")[:26] + "7Z"),
    _simples("DT", MOMENTS.map(lambda moment: moment.replace(microsecond=0, tzinfo=timezone(timedelta(hours=2)))),
             lambda moment: moment.isoformat(timespec="seconds")),
    st.just(Made(lambda name, _ref: f"<Nil{name} />", None)),
    st.just(Made(lambda name, _ref: f"<S{name} />", "")),
)  # fmt: skip


def _object(name: str, ref: int, types: tuple[str, ...], content: str) -> str:
    written = "".join(f"<T>{type_name}</T>" for type_name in types)
    return f'<Obj{name} RefId="{ref}"><TN RefId="{ref}">{written}</TN>{content}</Obj>'


def _list(type_name: str, container: str, items: list[Made]) -> Made:
    def write(name: str, ref: int) -> str:
        inner = "".join(item.write("", ref) for item in items)
        return _object(name, ref, (type_name, "System.Object"), f"<{container}>{inner}</{container}>")

    return Made(write, [item.means for item in items])


def _dictionary(entries: dict[str, Made]) -> Made:
    def write(name: str, ref: int) -> str:
        inner = "".join(
            f'<En><S N="Key">{escape(key)}</S>{value.write(_named("Value"), ref)}</En>'
            for key, value in entries.items()
        )
        return _object(name, ref, ("System.Collections.Hashtable", "System.Object"), f"<DCT>{inner}</DCT>")

    return Made(write, {key: value.means for key, value in entries.items()})


def _enumeration(word: str, number: int) -> Made:
    types = ("Microsoft.Exchange.State", "System.Enum", "System.ValueType", "System.Object")
    content = f"<ToString>{word}</ToString><I32>{number}</I32>"
    return Made(lambda name, ref: _object(name, ref, types, content), word)


def _described(text: str, properties: dict[str, Made], type_name: str = "Microsoft.Exchange.Id") -> Made:
    def write(name: str, ref: int) -> str:
        inner = "".join(value.write(_named(key), ref) for key, value in properties.items())
        content = f"<ToString>{escape(text)}</ToString><Props>{inner}</Props>"
        return _object(name, ref, (type_name, "System.Object"), content)

    return Made(write, text)


def _span(span: timedelta) -> Made:
    whole = timedelta(seconds=int(span.total_seconds()))
    made = _described(format_timespan(whole), {}, "Microsoft.Exchange.Data.EnhancedTimeSpan")
    return Made(made.write, whole)


OBJECTS = st.one_of(
    st.builds(_list, LIST_TYPES, st.sampled_from(["LST", "IE"]), st.lists(SIMPLES, max_size=3)),
    st.builds(_list, st.just("System.Collections.Queue"), st.just("QUE"), st.lists(SIMPLES, max_size=3)),
    st.builds(_list, st.just("System.Collections.Stack"), st.just("STK"), st.lists(SIMPLES, max_size=3)),
    st.builds(_dictionary, st.dictionaries(TEXTS, SIMPLES, max_size=3)),
    st.builds(_enumeration, NAMES, st.integers(0, 9)),
    st.builds(_described, TEXTS, st.dictionaries(NAMES, SIMPLES, max_size=3)),
    SPANS.map(_span),
)
RECORDS = st.dictionaries(NAMES, SIMPLES | OBJECTS, min_size=1, max_size=7)


def _named(name: str) -> str:
    return f' N="{name}"'


def written(record: dict[str, Made], section: str, bom: bool) -> bytes:
    """The record as one message, each object with its own RefId, the last property referred to once more."""
    entries = [made.write(_named(name), number) for number, (name, made) in enumerate(record.items(), 1)]
    again = f'<Ref N="Again-" RefId="{len(entries)}" />' if entries[-1].startswith("<Obj") else ""
    content = f"<{section}>{''.join(entries)}{again}</{section}>"
    text = _object("", 0, ("Microsoft.Exchange.Record", "System.Object"), content)
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode()


def meaning(record: dict[str, Made]) -> dict[str, Any]:
    """What the reader must find."""
    found = {name: made.means for name, made in record.items()}
    last = list(record.values())[-1]
    return found | ({"Again-": last.means} if last.write("", 1).startswith("<Obj") else {})


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECORDS, st.sampled_from(["Props", "MS"]), st.booleans())
def test_every_shape_is_read_as_it_was_meant_and_as_the_references_read_it(
    record: dict[str, Made], section: str, bom: bool
) -> None:
    body = written(record, section, bom)
    found = read(body)

    assert found == meaning(record)
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in meaning(record).items()
    }
    wrong, _ = compared(body, found)
    assert wrong == []


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_a_session_that_has_seen_such_objects_reads_them_the_same(records: list[dict[str, Made]]) -> None:
    decoder = Decoder()

    for record in records * 2:
        assert decoder.read_all(written(record, "Props", bom=True)) == [meaning(record)]


def test_the_references_confirm_most_values_and_lose_some() -> None:
    """So that a comparison in which both lose everything does not pass for an agreement."""
    record = {
        "text": _simple("S", "a", "a"),
        "list": _list("Microsoft.Exchange.Data.MultiValuedProperty`1[[X]]", "LST", [_simple("S", "a", "a")]),
        "state": _enumeration("Allowed", 1),
        "when": _simple("DT", "2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        "id": _simple("G", str(uuid.UUID(int=1)), str(uuid.UUID(int=1))),
        "size": _simple("D", "1.5", Decimal("1.5")),
    }
    body = written(record, "Props", bom=False)

    assert compared(body, read(body)) == ([], [])
    assert compared(body, read(body) | {"text": "b"})[0] != []
    assert compared(body, read(body) | {"list": ["b"]})[0] != []
