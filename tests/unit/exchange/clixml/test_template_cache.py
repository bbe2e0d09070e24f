"""Known templates give the values that a parse gives, and what is not exactly a known template is parsed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exconn.exchange import Malformed
from exconn.exchange.clixml import template_cache
from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.clixml.reader import parse_text, read_all
from exconn.exchange.clixml.template_cache import TemplateCache
from exconn.simulator.protocol.clixml import STRING_VALUES, Writer

SPAN_TYPES = "<T>Microsoft.Exchange.Data.EnhancedTimeSpan</T><T>System.ValueType</T>"
OBJECT = (
    '<Obj RefId="0"><TN RefId="0"><T>Some.Device</T><T>System.Object</T></TN><ToString>{shown}</ToString><Props>'
    '<S N="Name">{name}</S><Nil N="Rule" /><S N="Empty"></S><S N="Short" /><I32 N="Count">{count}</I32>'
    '<B N="Valid">true</B><G N="Guid">AB</G><DT N="When">{when}</DT>'
    '<Obj N="State" RefId="1"><TN RefId="1"><T>Some.State</T><T>System.Enum</T></TN><ToString>{state}</ToString>'
    "<I32>1</I32></Obj>"
    '<Obj N="Classes" RefId="2"><TN RefId="2"><T>Some.List</T></TN><LST><S>top</S><S>{item}</S></LST></Obj>'
    '<Obj N="Identity" RefId="3"><TN RefId="3"><T>Some.Id</T></TN><ToString>{shown}</ToString><Props>'
    '<S N="Inner">{name}</S></Props></Obj><Ref N="Id" RefId="3" />'
    f'<Obj N="Span" RefId="4"><TN RefId="4">{SPAN_TYPES}</TN><ToString>{{span}}</ToString></Obj>'
    "</Props></Obj>"
)
FIRST = {
    "shown": "a/b", "name": "b", "count": "1", "when": "2022-09-21T10:07:47+02:00", "state": "Allowed",
    "item": "x", "span": "00:15:00",
}  # fmt: skip


def body(**texts: str) -> bytes:
    return OBJECT.format_map(FIRST | texts).encode()


def taught() -> Decoder:
    """A decoder that knows the template of `OBJECT`."""
    decoder = Decoder()
    decoder.read_all(body())
    return decoder


@pytest.fixture
def no_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a parse fails the test."""

    def fail(text: str) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("exconn.exchange.clixml.decoder.parse_text", fail)


def test_second_object_of_a_template_is_read_without_a_parse(request: pytest.FixtureRequest) -> None:
    decoder = taught()
    request.getfixturevalue("no_parse")

    (found,) = decoder.read_all(body(name="§ other", shown="c/d", count="-2", state="Blocked", span="1.00:00:00"))

    assert found == {
        "Name": "§ other", "Rule": None, "Empty": "", "Short": "", "Count": -2, "Valid": True, "Guid": "ab",
        "When": datetime(2022, 9, 21, 8, 7, 47, tzinfo=UTC), "State": "Blocked", "Classes": ["top", "x"],
        "Identity": "c/d", "Id": "c/d", "Span": timedelta(days=1),
    }  # fmt: skip
    assert list(found) == list(read_all(body())[0])


def test_records_of_a_template_share_no_list(request: pytest.FixtureRequest) -> None:
    decoder = taught()

    first, second = decoder.read_all(body())[0], decoder.read_all(body())[0]
    first["Classes"].append("changed")

    assert second["Classes"] == ["top", "x"]


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param({"name": "R&amp;D"}, id="entity"),
        pytest.param({"name": "a_x000A_b"}, id="escape"),
        pytest.param({"name": "_XD83D__xDE00_"}, id="pair of surrogates"),
        pytest.param({"name": "a\r\nb\tc"}, id="line end that XML changes"),
        pytest.param({"name": "a<!-- note -->b"}, id="comment"),
        pytest.param({"name": "<![CDATA[a<b]]>"}, id="cdata"),
        pytest.param({"name": "a>b"}, id="bracket"),
        pytest.param({"name": "\U0001f4f1 \xa0\xad"}, id="astral and unprintable"),
        pytest.param({"item": "x</S><S>y"}, id="longer list"),
        pytest.param({"name": 'x</S><S N="Name">y'}, id="property twice"),
        pytest.param({"name": ""}, id="empty text"),
        pytest.param({"name": "a\ufffeb\uffff"}, id="characters that PowerShell does not escape"),
        pytest.param({"span": "soon"}, id="time span that is none"),
        pytest.param({"state": "1"}, id="enumeration without a name"),
    ],
)
def test_texts_beyond_the_plain_are_read_as_by_a_parse(texts: dict[str, str]) -> None:
    decoder = taught()

    for _ in range(3):
        assert decoder.read_all(body(**texts)) == read_all(body(**texts))


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param({"name": "a\x00b"}, id="zero"),
        pytest.param({"name": "a\x0bb"}, id="control character"),
        pytest.param({"name": "a]]>b"}, id="end of cdata"),
        pytest.param({"name": "a&b"}, id="ampersand"),
        pytest.param({"name": "\x01"}, id="no character"),
        pytest.param({"count": "many"}, id="number that is none"),
        pytest.param({"when": "yesterday"}, id="date that is none"),
        pytest.param({"name": "a</S>"}, id="element too much"),
    ],
)
def test_what_a_parse_refuses_is_refused_in_a_known_template(texts: dict[str, str]) -> None:
    decoder = taught()

    with pytest.raises(Malformed):
        read_all(body(**texts))
    with pytest.raises(Malformed):
        decoder.read_all(body(**texts))


@pytest.mark.parametrize("cut", [1, 40, 200, -1, -20])
def test_a_cut_object_is_refused_though_it_begins_like_a_known_one(cut: int) -> None:
    with pytest.raises(Malformed):
        taught().read_all(body()[:cut])


def test_text_behind_a_known_object_is_refused() -> None:
    with pytest.raises(Malformed):
        taught().read_all(body() + b"<S>more</S>")


def test_templates_stop_growing_at_their_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_cache, "MOST_BRANCHES", 50)
    known = TemplateCache()

    for number in range(60):
        text = f'<Obj RefId="0"><Props><S N="A{number}">1</S><S N="B">2</S></Props></Obj>'
        known.learn(text, parse_text(text))

    assert known.size <= 50


def test_a_place_with_too_many_choices_learns_no_more() -> None:
    known = TemplateCache()

    for number in range(template_cache.MOST_CHOICES + 5):
        text = f'<Obj RefId="0"><Props><S N="A{number}">1</S><S N="B">2</S></Props></Obj>'
        known.learn(text, parse_text(text))

    assert known.read('<Obj RefId="0"><Props><S N="A0">x</S><S N="B">y</S></Props></Obj>') == {"A0": "x", "B": "y"}
    assert known.read(text) is None


_TEXT = st.text(max_size=12) | st.sampled_from(["_x0041_", "a&b", "]]>", "<S>", "", " ", "§", "\r\n", "\ud800"])
_PROPERTIES = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", "_x0041_", "d §"]),
        st.one_of(_TEXT, st.none(), st.booleans(), st.integers(-9, 9), st.lists(_TEXT, max_size=2)),
    ),
    max_size=5,
)


def written(properties: list[tuple[str, Any]]) -> bytes:
    """As the simulator writes; its writer shares no code with the reader."""
    writer = Writer()
    with writer.obj(None, ("Some.Type",), "shown"), writer.element("Props"):
        for name, value in properties:
            _write(writer, name, value)
    return writer.text().encode("utf-8", "surrogatepass")


def _write(writer: Writer, name: str, value: object) -> None:
    if isinstance(value, bool):
        writer.enum(name, "Some.State", str(value), int(value))
    elif isinstance(value, int):
        writer.int32(name, value)
    elif isinstance(value, list):
        with writer.obj(name, STRING_VALUES), writer.element("LST"):
            for item in value:
                writer.string(None, item)
    else:
        writer.string(name, value if isinstance(value, str) else None)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_PROPERTIES, min_size=1, max_size=8))
def test_any_row_of_objects_is_read_as_by_a_parse(row: list[list[tuple[str, Any]]]) -> None:
    decoder = Decoder()

    for properties in row + row:
        message = written(properties)
        assert decoder.read_all(message) == read_all(message)


BLOB = '<BA N="SerializationData">AAAA</BA>'
ENUMERATION = '<Obj N="E" RefId="1"><TNRef RefId="9" /><ToString>Shown</ToString><I32>1</I32></Obj>'
BLOB_OF_TEXT = '<Obj N="SerializationData" RefId="1"><ToString>shown</ToString></Obj><Ref N="C" RefId="1" />'


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param(BLOB + '<S N="A">{}</S>', id="one property beside the blob that is never decoded"),
        pytest.param(BLOB + '<Nil N="SerializationData" />', id="nothing but that blob"),
        pytest.param('<S N="A">{}</S><S N="B">x</S>' + ENUMERATION, id="a reference to types that are not there"),
        pytest.param('<S N="A">{}</S><S N="B">x</S>' + BLOB_OF_TEXT, id="a reference to the blob"),
    ],
)
def test_object_that_makes_no_template_is_read_each_time(properties: str) -> None:
    decoder = Decoder()

    for text in ("q", "longer", "z"):
        message = f'<Obj RefId="0"><Props>{properties.format(text)}</Props></Obj>'.encode()
        assert decoder.read_all(message) == read_all(message)
