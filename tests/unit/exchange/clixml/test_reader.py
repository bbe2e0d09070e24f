"""Our CLIXML reader on shapes seen in exports of real Exchange servers, written out by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from exconn.exchange import Malformed
from exconn.exchange.clixml.reader import MAX_BYTES, MAX_DEPTH, read, read_all

LIST_TYPE = (
    "Microsoft.Exchange.Data.MultiValuedProperty`1[[System.String, mscorlib, Version=4.0.0.0, "
    "Culture=neutral, PublicKeyToken=b77a5c561934e089]]"
)
SPAN_TYPE = "Microsoft.Exchange.Data.EnhancedTimeSpan"


def record(properties: str, *, section: str = "Props") -> object:
    head = '<Obj RefId="0"><TN RefId="0"><T>Some.Type</T><T>System.Object</T></TN><ToString>name</ToString>'
    return read(f"{head}<{section}>{properties}</{section}></Obj>".encode())


def value(element: str) -> object:
    """The value of one property, which the element names N."""
    found = record(element)
    assert isinstance(found, dict)
    return found["N"]


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        pytest.param('<S N="N">text</S>', "text", id="text"),
        pytest.param('<S N="N" />', "", id="empty is not null"),
        pytest.param('<Nil N="N" />', None, id="null"),
        pytest.param('<S N="N">  a b  </S>', "  a b  ", id="blanks are kept"),
        pytest.param('<B N="N">true</B>', True, id="true"),
        pytest.param('<B N="N">false</B>', False, id="false"),
        pytest.param('<I32 N="N">-7</I32>', -7, id="number"),
        pytest.param('<U64 N="N">18446744073709551615</U64>', 2**64 - 1, id="largest number"),
        pytest.param('<Db N="N">1.5</Db>', 1.5, id="double"),
        pytest.param('<D N="N">0.1</D>', Decimal("0.1"), id="decimal"),
        pytest.param('<C N="N">167</C>', "§", id="character"),
        pytest.param('<BA N="N">AAEC</BA>', b"\x00\x01\x02", id="bytes"),
        pytest.param('<G N="N">ABCDEF00-0000-0000-0000-000000000001</G>', "abcdef00-0000-0000-0000-000000000001",
                     id="guid"),
        pytest.param('<Version N="N">15.2.986.5</Version>', "15.2.986.5", id="version"),
        pytest.param('<TS N="N">P1DT2H3M4.5S</TS>', timedelta(days=1, hours=2, minutes=3, seconds=4.5), id="duration"),
        pytest.param('<TS N="N">-PT1S</TS>', timedelta(seconds=-1), id="negative duration"),
        pytest.param('<DT N="N">2022-09-21T08:07:47Z</DT>', datetime(2022, 9, 21, 8, 7, 47, tzinfo=UTC), id="utc"),
        pytest.param('<DT N="N">2022-09-21T10:07:47.1234567+02:00</DT>',
                     datetime(2022, 9, 21, 8, 7, 47, 123456, tzinfo=UTC), id="offset and seven digits"),
        pytest.param('<DT N="N">2022-09-21T08:07:47</DT>', datetime(2022, 9, 21, 8, 7, 47, tzinfo=UTC),
                     id="without offset"),
        pytest.param('<DT N="N">0001-01-01T00:00:00+14:00</DT>', datetime(1, 1, 1, tzinfo=UTC),
                     id="before the calendar"),
        pytest.param('<S N="N">a_x000D__x000A_b</S>', "a\r\nb", id="escaped control characters"),
        pytest.param('<S N="N">_x005F_x0041_</S>', "_x0041_", id="escaped underscore"),
        pytest.param('<S N="N">_xD83D__xDE00_</S>', "\U0001f600", id="surrogate pair as two escapes"),
        pytest.param('<S N="N">_xD83D_</S>', "\ufffd", id="half a pair can be stored"),
        pytest.param('<S N="N">_xZZZZ_ _x12_</S>', "_xZZZZ_ _x12_", id="no escapes"),
        pytest.param('<S N="N">&lt;a&gt; &amp; §</S>', "<a> & §", id="markup and section sign"),
        pytest.param('<SS N="N">AAAA</SS>', None, id="secure strings stay closed"),
    ],
)  # fmt: skip
def test_simple_values(element: str, expected: object) -> None:
    assert value(element) == expected
    assert type(value(element)) is type(expected)


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        pytest.param(
            '<Obj N="N" RefId="1"><TN RefId="1"><T>X.DeviceAccessState</T><T>System.Enum</T><T>System.ValueType</T>'
            "</TN><ToString>Allowed</ToString><I32>1</I32></Obj>", "Allowed", id="enumeration"),
        pytest.param(
            '<Obj N="N" RefId="1"><TN RefId="1"><T>X.State</T><T>System.Enum</T></TN><ToString>99</ToString>'
            "<I32>99</I32></Obj>", "99", id="enumeration without a name for its number"),
        pytest.param(
            f'<Obj N="N" RefId="1"><TN RefId="1"><T>{LIST_TYPE}</T></TN><LST><S>A</S><S>B</S></LST></Obj>', ["A", "B"],
            id="multi-valued property"),
        pytest.param(
            f'<Obj N="N" RefId="1"><TN RefId="1"><T>{LIST_TYPE}</T></TN><ToString></ToString><LST /><Props>'
            '<I32 N="Count">0</I32></Props></Obj>', [], id="empty list with properties"),
        pytest.param(
            '<Obj N="N" RefId="1"><TN RefId="1"><T>System.Collections.Hashtable</T></TN><DCT><En><S N="Key">k</S>'
            '<I32 N="Value">1</I32></En></DCT></Obj>', {"k": 1}, id="hashtable"),
        pytest.param(
            '<Obj N="N" RefId="1"><TN RefId="1"><T>Microsoft.Exchange.Data.Unlimited`1[[System.Int32]]</T></TN>'
            '<ToString>Unlimited</ToString><Props><B N="IsUnlimited">true</B></Props></Obj>', "Unlimited",
            id="unlimited"),
        pytest.param(
            f'<Obj N="N" RefId="1"><TN RefId="1"><T>{SPAN_TYPE}</T></TN><ToString>30.00:15:00</ToString><Props>'
            '<I32 N="Days">30</I32></Props></Obj>', timedelta(days=30, minutes=15), id="time span"),
        pytest.param(
            f'<Obj N="N" RefId="1"><TN RefId="1"><T>Microsoft.Exchange.Data.Unlimited`1[[{SPAN_TYPE}]]</T></TN>'
            "<ToString>00:15:00</ToString></Obj>", "00:15:00", id="unlimited time span stays text"),
        pytest.param(
            '<Obj N="N" RefId="1"><TN RefId="1"><T>Microsoft.Exchange.Data.Directory.ADObjectId</T></TN><ToString>'
            'dom/Users/Jane</ToString><Props><S N="DistinguishedName">CN=Jane</S><Obj N="Parent" RefId="2"><Props>'
            '<S N="Name">Users</S></Props></Obj></Props></Obj>', "dom/Users/Jane", id="directory id"),
        pytest.param(
            '<Obj N="N" RefId="1"><TN RefId="1"><T>OrganizationId</T></TN><ToString /><Props /></Obj>', "",
            id="object with an empty text"),
        pytest.param(
            '<Obj N="N" RefId="1"><Props><S N="a">1</S></Props><MS><S N="b">2</S></MS></Obj>', {"a": "1", "b": "2"},
            id="object without a text"),
        pytest.param('<Obj N="N" RefId="1"><S>inner</S><MS><S N="note">x</S></MS></Obj>', "inner",
                     id="text with notes"),
        pytest.param('<Obj N="N" RefId="1"><IE><I32>1</I32></IE></Obj>', [1], id="enumerable"),
    ],
)  # fmt: skip
def test_objects_inside_an_object(element: str, expected: object) -> None:
    assert value(element) == expected


def test_a_missing_property_is_neither_null_nor_empty() -> None:
    found = record('<Nil N="null" /><S N="empty" />')

    assert found == {"null": None, "empty": ""}


def test_properties_of_both_kinds_belong_to_the_record() -> None:
    assert record('<S N="a">1</S>', section="MS") == {"a": "1"}
    assert read(b'<Obj RefId="0"><MS><S N="a">1</S></MS><Props><S N="b">2</S></Props></Obj>') == {"a": "1", "b": "2"}


def test_the_serialized_blob_of_exchange_is_never_decoded() -> None:
    assert record('<BA N="SerializationData">not even base64</BA><S N="a">1</S>', section="MS") == {"a": "1"}


def test_references_point_at_objects_before_and_inside_others() -> None:
    inner = '<Obj N="In" RefId="2"><ToString>deep</ToString></Obj>'
    identity = f'<Obj N="Identity" RefId="1"><ToString>dom/x</ToString><Props>{inner}</Props></Obj>'

    found = record(identity + '<Ref N="Id" RefId="1" /><Ref N="Deep" RefId="2" />')

    assert found == {"Identity": "dom/x", "Id": "dom/x", "Deep": "deep"}


def test_type_references_point_into_objects_that_were_not_read() -> None:
    inner = f'<Obj N="s" RefId="2"><TN RefId="7"><T>{SPAN_TYPE}</T></TN></Obj>'
    skipped = f'<Obj N="a" RefId="1"><ToString>x</ToString><Props>{inner}</Props></Obj>'
    later = '<Obj N="b" RefId="3"><TNRef RefId="7" /><ToString>00:00:01</ToString></Obj>'

    found = record(skipped + later)

    assert found == {"a": "x", "b": timedelta(seconds=1)}


def test_an_object_that_contains_itself_ends() -> None:
    assert value('<Obj N="N" RefId="1"><Props><Ref N="self" RefId="1" /></Props></Obj>') == {"self": None}


def test_a_byte_order_mark_and_a_namespace_change_nothing() -> None:
    body = b'<Obj xmlns="http://schemas.microsoft.com/powershell/2004/04" RefId="0"><MS><S N="a">1</S></MS></Obj>'

    assert read(b"\xef\xbb\xbf" + body) == {"a": "1"}


def test_a_wrapped_file_gives_its_objects() -> None:
    body = b'<Objs Version="1.1.0.1"><Obj RefId="0"><MS><S N="a">1</S></MS></Obj><S>text</S></Objs>'

    assert read_all(body) == [{"a": "1"}, "text"]


def _nested(levels: int) -> bytes:
    return (
        '<Obj RefId="0"><Props>' + '<Obj N="n" RefId="1"><Props>' * levels + "</Props></Obj>" * (levels + 1)
    ).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]><S>&a;</S>', id="doctype"),
        pytest.param('<!DOCTYPE x [<!ENTITY a "b">]><S>&a;</S>'.encode("utf-16"), id="doctype in UTF-16"),
        pytest.param(b'<?xml version="1.0" encoding="utf-7"?><S>+ADw-</S>&', id="other encoding"),
        pytest.param(b"<S>\xff</S>", id="no UTF-8"),
        pytest.param(b"<S>", id="cut"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"<S>" + b"x" * MAX_BYTES + b"</S>", id="too large"),
        pytest.param(_nested(MAX_DEPTH + 2), id="too deep"),
        pytest.param(b'<Obj RefId="0"><MS><I32 N="a">many</I32></MS></Obj>', id="number that is none"),
        pytest.param(b'<Obj RefId="0"><MS><DT N="a">yesterday</DT></MS></Obj>', id="date that is none"),
        pytest.param(b'<Obj RefId="0"><MS><Ref N="a" RefId="9"/></MS></Obj>', id="reference to nothing"),
        pytest.param(b'<Obj RefId="0"><MS><Odd N="a">1</Odd></MS></Obj>', id="unknown element"),
        pytest.param(b'<Obj RefId="0"><MS><S>1</S></MS></Obj>', id="property without a name"),
    ],
)
def test_hostile_or_broken_input_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        read(body)

    assert len(caught.value.raw) <= 4096


def test_depth_within_the_limit_is_read() -> None:
    assert isinstance(read(_nested(20)), dict)


def test_an_object_that_wraps_another_to_add_to_it_has_the_properties_of_both() -> None:
    """As providers answer: the inner object without a name, then what was added."""
    inner = '<Obj RefId="1"><TNRef RefId="0" /><ToString>x</ToString><Props><S N="Value">true</S></Props></Obj>'
    body = f'<Obj RefId="0"><TN RefId="0"><T>X</T></TN><ToString>x</ToString>{inner}<MS><S N="Path">p</S></MS></Obj>'

    assert read(body.encode()) == {"Value": "true", "Path": "p"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('<Obj RefId="0"><LST><S>a</S></LST><MS><I32 N="Count">1</I32></MS></Obj>', ["a"], id="list"),
        pytest.param('<Obj RefId="0"><S>a</S><MS><S N="note">x</S></MS></Obj>', "a", id="text"),
        pytest.param('<Obj RefId="0"><DCT /><MS><S N="note">x</S></MS></Obj>', {}, id="dictionary"),
        pytest.param('<Obj RefId="0"><Obj RefId="1"><LST><S>a</S></LST></Obj><MS><S N="note">x</S></MS></Obj>', ["a"],
                     id="wrapped list"),
    ],
)  # fmt: skip
def test_a_value_that_carries_properties_stays_that_value(body: str, expected: object) -> None:
    assert read(body.encode()) == expected


def test_a_message_that_wraps_one_object_gives_it() -> None:
    assert read(b'<Objs Version="1.1.0.1"><Obj RefId="0"><MS><S N="a">1</S></MS></Obj></Objs>') == {"a": "1"}


def test_a_message_of_several_objects_is_refused_where_one_is_meant() -> None:
    with pytest.raises(Malformed, match="2 objects"):
        read(b"<Objs><S>a</S><S>b</S></Objs>")


def test_objects_of_one_file_share_their_references() -> None:
    first = '<Obj RefId="0"><TN RefId="0"><T>X</T><T>System.Enum</T></TN><ToString>A</ToString><I32>1</I32></Obj>'
    second = '<Obj RefId="1"><TNRef RefId="0" /><ToString>1</ToString><I32>1</I32></Obj>'

    assert read_all(f"<Objs>{first}{second}</Objs>".encode()) == ["A", "1"]


@pytest.mark.parametrize(
    "element",
    [
        '<I32 N="N">1_0</I32>', '<Db N="N">1_0</Db>', '<B N="N">perhaps</B>', '<BA N="N">no base64!</BA>',
        '<C N="N">65536</C>', '<C N="N">-1</C>', '<TS N="N">P</TS>', '<D N="N">much</D>',
    ],
)  # fmt: skip
def test_a_text_that_its_tag_does_not_allow_is_refused(element: str) -> None:
    with pytest.raises(Malformed):
        record(element)


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ('<C N="N">55357</C>', "\ufffd"),
        ('<BA N="N">AA\nEC</BA>', b"\x00\x01\x02"),
        ('<DT N="N">9999-12-31T23:59:59-05:00</DT>', datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ('<Db N="N">-INF</Db>', float("-inf")),
    ],
)
def test_values_at_the_edge(element: str, expected: object) -> None:
    assert value(element) == expected


def test_names_are_unescaped_with_either_letter() -> None:
    assert record('<S N="a_x0020_b">1</S><S N="a_X0020_c">2</S>') == {"a b": "1", "a c": "2"}


def test_the_two_characters_that_powershell_leaves_unescaped_are_replaced_and_never_end_the_reading() -> None:
    assert read("<S>a\ufffeb\uffffc</S>".encode()) == "a\ufffdb\ufffdc"
