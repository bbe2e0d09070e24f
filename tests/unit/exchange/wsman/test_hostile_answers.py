"""Hostile and broken bytes: only `Malformed` comes out, in bounded time and memory.

The bounds are generous: they tell growth without end from a slow machine.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exconn.exchange import Malformed
from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.clixml.reader import MAX_ATTRIBUTES, MAX_TAGS, MAX_VALUES, read_all
from exconn.exchange.psrp.fragments import Assembly
from exconn.exchange.psrp.messages import error_detail, is_prompt, pipeline_state, warning_text
from exconn.simulator.cmdlets.failures import object_not_found
from exconn.simulator.organization.access import Access
from exconn.simulator.organization.organization import Organization
from exconn.simulator.protocol import messages
from exconn.simulator.shapes.device import device_text

SECONDS = 20
MEGABYTES = 620


def nested(opening: str, closing: str, levels: int = 200_000) -> str:
    return opening * levels + closing * levels


def laughs(levels: int = 30, width: int = 10) -> str:
    """Lists of references to the list before: short, and astronomically long for whoever follows them."""
    lists = ['<Obj N="L0" RefId="0"><LST><S>lol</S></LST></Obj>']
    for level in range(1, levels):
        refs = f'<Ref RefId="{level - 1}" />' * width
        lists.append(f'<Obj N="L{level}" RefId="{level}"><LST>{refs}</LST></Obj>')
    return f'<Obj RefId="x"><Props>{"".join(lists)}</Props></Obj>'


def chained(length: int) -> str:
    """Each object refers to the next one, so that the first read reads all."""
    objects = [
        f'<Obj N="O{n}" RefId="{n}"><Props><Ref N="next" RefId="{n + 1}" /></Props></Obj>' for n in range(length)
    ]
    return f'<Obj RefId="x"><Props>{"".join(objects)}<S N="end">1</S></Props></Obj>'


def many_types() -> str:
    """Ten thousand values of an enumeration that share one endless list of type names."""
    names = "<T>System.Enum</T>" * 30_000
    first = f'<Obj N="e" RefId="0"><TN RefId="0">{names}</TN><ToString>1</ToString><I32>1</I32></Obj>'
    others = '<Obj N="e" RefId="1"><TNRef RefId="0" /><ToString>1</ToString><I32>1</I32></Obj>' * 10_000
    return f'<Obj RefId="x"><Props>{first}{others}</Props></Obj>'


def entities() -> str:
    rows = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY a0 "lol">{rows}]><S>&a11;</S>'


#: Each is made when its test runs: some are megabytes, and every process that collects the tests would hold them.
REFUSED: dict[str, Callable[[], str]] = {
    "objects nested deep": lambda: nested('<Obj RefId="0"><Props>', "</Props></Obj>", 60_000),
    "unnamed objects nested deep": lambda: nested("<Obj>", "</Obj>", 90_000),
    "named objects nested deep": lambda: "<Obj><Props>" + nested('<Obj N="x"><Props>', "</Props></Obj>", 40_000)
    + "</Props></Obj>",
    "lists nested deep": lambda: nested("<LST>", "</LST>", 90_000),
    "more tags than allowed": lambda: nested("<Obj>", "</Obj>"),
    "dictionaries nested deep": lambda: nested('<Obj><DCT><En><S N="Key">k</S><Obj N="Value"><DCT><En>', "", 9_000),
    "too many elements": lambda: "<Obj><LST>" + '<S N="x" />' * (MAX_TAGS + 1) + "</LST></Obj>",
    "too many attributes": lambda: "<S" + "".join(f' a{n}=""' for n in range(MAX_ATTRIBUTES + 1)) + " />",
    "references that multiply": laughs,
    "references in a long chain": lambda: chained(5_000),
    "entities that multiply": entities,
    "entities that are long": lambda: f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]><S>{"&a;" * 100_000}</S>',
    "external entity": lambda: '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><S>&a;</S>',
    "a number of a million digits": lambda: "<I32>" + "9" * 1_000_000 + "</I32>",
    "a date of a million digits": lambda: "<DT>" + "9" * 1_000_000 + "</DT>",
    "a time span of a million digits": lambda: "<TS>P" + "9" * 1_000_000 + "D</TS>",
    "type reference to nothing": lambda: '<Obj RefId="0"><TNRef RefId="9" /><ToString>a</ToString></Obj>',
    "reference without an id": lambda: '<Obj RefId="0"><Props><Ref N="a" /></Props></Obj>',
    "key that can not be one": lambda: (
        '<Obj RefId="0"><DCT><En><Obj N="Key"><LST /></Obj><S N="Value" /></En></DCT></Obj>'
    ),
    "entry without a value": lambda: '<Obj RefId="0"><DCT><En><S N="Key">a</S></En></DCT></Obj>',
    "wrong base64": lambda: "<BA>%%%%</BA>",
}  # fmt: skip
READ: dict[str, Callable[[], str]] = {
    "an attribute of megabytes": lambda: f'<Obj RefId="0"><Props><S N="{"a" * 5_000_000}">1</S></Props></Obj>',
    "a text of megabytes": lambda: f"<S>{'a' * 20_000_000}</S>",
    "a million escapes": lambda: f"<S>{'_x0041_' * 1_000_000}</S>",
    "a million half pairs": lambda: f"<S>{'_xD83D_' * 1_000_000}</S>",
    "nearly escapes": lambda: f"<S>{'_x' * 5_000_000}</S>",
    "a million entities": lambda: f"<S>{'&amp;' * 1_000_000}</S>",
    "as many values as allowed": lambda: f"<Obj><LST>{'<Nil />' * (MAX_VALUES // 2)}</LST></Obj>",
    "types without end": many_types,
    "an object that contains itself": lambda: (
        '<Obj RefId="0"><Props><Obj N="a" RefId="1"><LST><Ref RefId="1" /></LST></Obj>'
        '<Ref N="b" RefId="1" /></Props></Obj>'
    ),
    "objects that contain one another": lambda: (
        '<Obj RefId="0"><Props><Obj N="a" RefId="1"><LST><Ref RefId="2" /></LST></Obj>'
        '<Obj N="b" RefId="2"><LST><Ref RefId="1" /></LST></Obj></Props></Obj>'
    ),
}  # fmt: skip


def outcome(text: str) -> str:
    """`read`, or what was raised."""
    started = time.process_time()
    try:
        Decoder().read_all(text.encode())
    except Malformed:
        result = "refused"
    else:
        result = "read"
    assert time.process_time() - started < SECONDS
    return result


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_objects_are_refused_in_bounded_time(name: str) -> None:
    assert outcome(REFUSED[name]()) == "refused"


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
def test_large_and_odd_objects_are_read_in_bounded_time(name: str) -> None:
    assert outcome(READ[name]()) == "read"


@pytest.mark.slow
def test_no_hostile_object_takes_more_memory_than_a_worker_has() -> None:
    """In a process of its own that may not have more."""
    program = (
        "import sys; from tests.unit.exchange.wsman import test_hostile_answers as hostile; "
        "sys.exit(hostile.all_within_memory())"
    )

    subprocess.run([sys.executable, "-c", program], check=True, timeout=110)


def all_within_memory() -> int:
    limit = MEGABYTES * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    expected = dict.fromkeys(REFUSED, "refused") | dict.fromkeys(READ, "read")
    return int(any(outcome((REFUSED | READ)[name]()) != result for name, result in expected.items()))


def test_the_longest_list_of_references_that_is_read_can_be_walked() -> None:
    """What references repeat is counted, so the result is no longer than the limit."""
    (found,) = read_all(laughs(levels=5).encode())

    assert len(str(found)) < 20 * MAX_VALUES


_ORGANIZATION = Organization(3, 7, datetime(2026, 1, 1, tzinfo=UTC))
_DEVICE = device_text(_ORGANIZATION.device(0), Access("Allowed", "Global"), mobile=True)
_ERROR = messages.error_record(object_not_found("Get-X", "x", "dc1"))
_SEEDS = [
    _DEVICE,
    _ERROR,
    messages.pipeline_state(5, object_not_found("Get-X", "x", "dc1")),
    messages.warning_record("slow"),
    messages.prompt_for_choice(1, "a", "b", [("y", "z")]),
    messages.application_private_data(),
    laughs(levels=4),
    '<Objs><S>a</S><Obj RefId="0"><DCT><En><S N="Key">k</S><I32 N="Value">1</I32></En></DCT></Obj></Objs>',
]
_PIECES = [
    "<", ">", "&", '"', "<Obj>", "</Obj>", '<Ref RefId="0" />', '<TNRef RefId="0" />', "<LST>", "<DCT>", "<En>", "<S/>",
    "_xD800_", "_x0000_", "\x00", "\ufeff", "]]>", "<![CDATA[", "<!--", "<?x?>", ' N="a"', "<I32>x</I32>", "<Nil />",
    "<DT>x</DT>", "<BA>=</BA>", "<ToString>", "<Props>", "<MS>", '<Obj N="Exception">', "\u00b2", "9" * 5000,
]  # fmt: skip
_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["cut", "drop", "repeat", "insert", "flip"]),
        st.floats(0, 1),
        st.integers(1, 60),
        st.sampled_from(_PIECES),
    ),
    min_size=1,
    max_size=6,
)


def changed(seed: str, changes: list[tuple[str, float, int, str]]) -> bytes:
    body = seed.encode()
    for what, place, length, piece in changes:
        at = int(place * len(body))
        if what == "cut":
            body = body[:at]
        elif what == "drop":
            body = body[:at] + body[at + length :]
        elif what == "repeat":
            body = body[: at + length] + body[at:]
        elif what == "insert":
            body = body[:at] + piece.encode("utf-8", "surrogatepass") + body[at:]
        elif body[at : at + 1]:
            body = body[:at] + bytes([body[at] ^ (1 << length % 8)]) + body[at + 1 :]
    return body


def _taught() -> Decoder:
    decoder = Decoder()
    for seed in _SEEDS:
        decoder.read_all(seed.encode())
    return decoder


_TAUGHT = _taught()
_READERS: list[Callable[[bytes], Any]] = [
    read_all,
    _TAUGHT.read_all,
    error_detail,
    pipeline_state,
    warning_text,
    is_prompt,
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_SEEDS), _CHANGES)
@pytest.mark.slow
def test_changed_messages_are_read_or_refused(seed: str, changes: list[tuple[str, float, int, str]]) -> None:
    body = changed(seed, changes)

    found = []
    for reader in _READERS:
        try:
            found.append(reader(body))
        except Malformed:
            found.append("refused")

    assert repr(found[0]) == repr(found[1])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=4))
def test_changed_fragments_are_put_together_or_refused(parts: list[bytes]) -> None:
    assembly = Assembly()

    for part in parts:
        try:
            list(assembly.feed(part))
        except Malformed:
            return
