"""Messages are put together from fragments, and nothing that breaks the rules is kept."""

import struct

import pytest

from exconn.exchange import Malformed
from exconn.exchange.psrp.fragments import Assembly

PIPELINE = bytes(range(16))


def message(body: bytes, kind: int = 0x00041004) -> bytes:
    return struct.pack("<II", 1, kind) + bytes(16) + PIPELINE + body


def fragment(content: bytes, *, object_id: int = 1, number: int = 0, first: bool = True, last: bool = True) -> bytes:
    return struct.pack(">QQBI", object_id, number, first | last << 1, len(content)) + content


def bodies(assembly: Assembly, data: bytes) -> list[bytes]:
    return [each.body for each in assembly.feed(data)]


def test_several_messages_in_one_answer_come_in_order() -> None:
    data = fragment(message(b"one"), object_id=1) + fragment(message(b"two"), object_id=2)

    (first, second) = Assembly().feed(data)

    assert (first.body, second.body) == (b"one", b"two")
    assert first.kind == 0x00041004
    assert first.pipeline == PIPELINE


def test_a_message_may_be_split_over_answers_and_interleaved() -> None:
    assembly, long = Assembly(), message(b"abcdef" * 100)
    parts = [long[:100], long[100:300], long[300:]]

    assert bodies(assembly, fragment(parts[0], last=False)) == []
    assert bodies(assembly, fragment(message(b"other"), object_id=2)) == [b"other"]
    assert bodies(assembly, fragment(parts[1], number=1, first=False, last=False)) == []
    assert bodies(assembly, fragment(parts[2], number=2, first=False)) == [b"abcdef" * 100]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x00" * 20, id="header cut"),
        pytest.param(fragment(message(b"body"))[:-1], id="content cut"),
        pytest.param(fragment(b"short"), id="no message header"),
        pytest.param(fragment(message(b"x"), first=False), id="never begun"),
        pytest.param(fragment(message(b"x"), last=False) + fragment(b"y", number=2, first=False), id="gap"),
        pytest.param(b"".join(fragment(message(b"x"), object_id=n, last=False) for n in range(20)), id="never ended"),
    ],
)
def test_broken_fragments_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(Assembly().feed(data))


def test_a_message_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exconn.exchange.psrp.fragments.MAX_BYTES", 1000)
    assembly = Assembly()
    list(assembly.feed(fragment(b"x" * 900, last=False)))

    with pytest.raises(Malformed):
        list(assembly.feed(fragment(b"x" * 900, number=1, first=False, last=False)))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(fragment(message(b"x"), last=False) * 2, id="begins twice"),
        pytest.param(fragment(message(b"x"), last=False) + fragment(b"", number=1, first=False, last=False),
                     id="fragment of nothing"),
    ],
)  # fmt: skip
def test_fragments_that_make_no_progress_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(Assembly().feed(data))


def test_messages_under_way_together_are_no_longer_than_one_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exconn.exchange.psrp.fragments.MAX_BYTES", 1000)
    assembly = Assembly()
    list(assembly.feed(fragment(b"x" * 600, last=False)))

    with pytest.raises(Malformed):
        list(assembly.feed(fragment(b"x" * 600, object_id=2, last=False)))


def test_the_length_of_messages_that_were_put_together_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exconn.exchange.psrp.fragments.MAX_BYTES", 1000)
    assembly = Assembly()

    for number in range(5):
        first = fragment(message(b"x" * 500), object_id=number, last=False)
        assert bodies(assembly, first + fragment(b"y", object_id=number, number=1, first=False)) == [b"x" * 500 + b"y"]
