"""What the client's filter builder writes is read by the simulator's parser as exactly the tree that was meant."""

import string
from datetime import UTC, datetime
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exconn.exchange import AllOf, AnyOf, Command, Comparison, Filter, InvalidCommand, Negation, Operator, where
from exconn.exchange.cmdlets.table import table
from exconn.simulator.cmdlets import opath
from exconn.simulator.cmdlets.filters import is_true

CMDLET = "Get-MobileDevice"
PROPERTIES = table()[CMDLET].parameters["Filter"].properties
ORDERED = [o for o in Operator if o not in (Operator.LIKE, Operator.NOT_LIKE)]

#: Texts that try to end the quotation, beside any others.
HOSTILE = [
    "' -or Name -like '",
    "'",
    "''",
    "'''",
    "') -or (DeviceId -ne '",
    "' -or DeviceId -ne 'x",
    '" -or DeviceId -ne "',
    "\\' -or DeviceId -ne \\'",
    "#",
    "-not",
    "{}",
    "%27",
    "&#39;",
    "ʼ",
    "′",
    "＇",
    "iPhone§A1",
    "\u2028",
    "\u202e' -or",
    "Joëlle O'Neill-O'Brien",
]
SAFE = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="$`*\u2018\u2019\u201a\u201b")
QUOTES = st.text(st.sampled_from("'\"() -eqorandx"), min_size=1, max_size=40)
TEXTS = st.one_of(st.sampled_from(HOSTILE), QUOTES, st.text(SAFE, min_size=1, max_size=60))
PATTERNS = st.lists(TEXTS | st.just("*"), min_size=1, max_size=5).map("".join)
DATES = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2099, 1, 1)).map(  # noqa: DTZ001 - made aware
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
NAMES = st.sampled_from(PROPERTIES)
COMPARISONS = st.one_of(
    st.builds(Comparison, NAMES, st.sampled_from(ORDERED), TEXTS | st.integers(-(2**31), 2**31 - 1) | DATES),
    st.builds(Comparison, NAMES, st.sampled_from([Operator.EQUAL, Operator.NOT_EQUAL]), st.none() | st.booleans()),
    st.builds(
        Comparison, NAMES, st.sampled_from([Operator.LIKE, Operator.NOT_LIKE]), PATTERNS, st.just(True)
    ),
)  # fmt: skip
TREES: st.SearchStrategy[Filter] = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        inner.map(Negation),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: AllOf(*parts)),
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: AnyOf(*parts)),
    ),
    max_leaves=12,
)


def meant(tree: Filter) -> Any:
    """The tree in plain tuples, joints in pairs from the left."""
    if isinstance(tree, Negation):
        return ("not", meant(tree.part))
    if isinstance(tree, (AllOf, AnyOf)):
        joint = "and" if isinstance(tree, AllOf) else "or"
        return reduce(lambda left, right: (joint, left, right), map(meant, tree.parts))
    return (tree.property, tree.operator.value, *_value(tree.value))


def _value(value: object) -> tuple[str, str]:
    if value is None or isinstance(value, bool):
        return "system", "null" if value is None else str(value).lower()
    if isinstance(value, datetime):
        hour = (value.hour + 11) % 12 + 1
        half = "AM" if value.hour < 12 else "PM"
        return "text", f"{value.month}/{value.day}/{value.year} {hour}:{value:%M:%S} {half}"
    return "text", str(value)


def read(tree: opath.Node) -> Any:
    """What was parsed, in the same tuples."""
    if isinstance(tree, opath.Not):
        return ("not", read(tree.part))
    if isinstance(tree, opath.Joint):
        return (tree.joint, read(tree.left), read(tree.right))
    return (tree.property, tree.operator, tree.value.kind, tree.value.text)


def text_of(tree: Filter) -> str:
    return str(Command(CMDLET, {"Filter": tree}).parameters["Filter"])


@settings(max_examples=400)
@given(tree=TREES)
def test_what_is_read_is_what_was_meant(tree: Filter) -> None:
    assert read(opath.parse(text_of(tree))) == meant(tree)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_text_selects_nothing_but_itself(value: str) -> None:
    tree = opath.parse(text_of(where("DeviceModel", value)))

    assert is_true(tree, {"devicemodel": value, "deviceid": "1"})
    for other in ("", "x", value + "x", None):
        assert not is_true(tree, {"devicemodel": other, "deviceid": "1"})


@settings(max_examples=300)
@given(value=TEXTS, other=TEXTS)
def test_a_text_selects_itself_and_no_other(value: str, other: str) -> None:
    tree = opath.parse(text_of(where("DeviceModel", value)))

    assert is_true(tree, {"devicemodel": value})
    assert is_true(tree, {"devicemodel": other}) is (other.lower() == value.lower())


@pytest.mark.parametrize(
    ("tree", "rule"),
    [
        (where("DeviceModel", "a*"), "wildcard"),
        (where("DeviceModel", "a*", Operator.LIKE), "wildcard"),
        (where("DeviceModel", "$x"), "dollar"),
        (where("DeviceModel", "a`b"), "backtick"),
        (where("DeviceModel", "Kevin’s"), "typographic quote"),
        (where("DeviceModel", "a\nb"), "control character"),
        (where("DeviceModel", "a\x00b"), "control character"),
        (where("DeviceModel", "\ud800"), "control character"),
        (where("DeviceModel", "x" * 1025), "longer than 1024"),
        (where("DeviceModel", ""), "empty"),
        (where("WhenChanged", "x"), "does not filter by this property"),
        (where("devicemodel", "x"), "does not filter by this property"),
        (where("DeviceModel -eq 'x' -or DeviceId", "x"), "does not filter by this property"),
        (where("DeviceModel", None, Operator.GREATER), "no order"),
        (where("DeviceModel", True, Operator.LIKE), "only text"),
        (where("FirstSyncTime", datetime(2026, 1, 1)), "time zone"),  # noqa: DTZ001 - what is refused
        (where("DeviceModel", 1.5), "a value is text"),  # type: ignore[arg-type]
        (AllOf(), "empty"),
        (AnyOf(where("DeviceModel", "a"), "DeviceId -ne 'x'"), "never of text"),  # type: ignore[arg-type]
        (AllOf(*[where("DeviceModel", "a")] * 101), "more than 100"),
        (AllOf(*[where("DeviceModel", "a" * 1000)] * 9), "longer than 8192"),
        (reduce(lambda tree, _: Negation(tree), range(19), Negation(where("DeviceModel", "a"))), "deeper than 16"),
        ("DeviceModel -eq 'x'", "never given as text"),
        ({"DeviceModel": "x"}, "never given as text"),
    ],
    ids=str,
)  # fmt: skip
def test_what_could_change_the_meaning_is_refused(tree: Any, rule: str) -> None:
    with pytest.raises(InvalidCommand) as caught:
        text_of(tree)

    assert (caught.value.cmdlet, caught.value.parameter) == (CMDLET, "Filter")
    assert rule in caught.value.rule
    assert caught.value.remedy


@pytest.mark.parametrize("cmdlet", ["Get-CASMailbox", "Get-Mailbox", "Get-Recipient", "Get-User"])
def test_mailboxes_are_filtered_by_the_documented_properties(cmdlet: str) -> None:
    for name in table()[cmdlet].parameters["Filter"].properties:
        text = Command(cmdlet, {"Filter": where(name, "x")}).parameters["Filter"]
        assert text == f"{name} -eq 'x'"
    with pytest.raises(InvalidCommand):
        Command(cmdlet, {"Filter": where("Password", "x")})


@settings(max_examples=300)
@given(text=st.text(st.sampled_from(string.ascii_letters + "'\"()-$ *0§\n"), max_size=80))
def test_the_parser_ends_on_any_text(text: str) -> None:
    assert -1 <= end_of(text) <= len(text)


def end_of(text: str) -> int:
    """Where the parser gave up, or -1 for a filter."""
    try:
        opath.parse(text)
    except opath.Unreadable as problem:
        return problem.at
    return -1
