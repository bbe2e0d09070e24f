"""Messages cut into fragments and joined again."""

import base64
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.simulator.errors import MalformedPsrp
from exconn.simulator.protocol.fragments import Joiner, fragment_texts, message_bytes, read_message, single_fragment

POOL, PIPELINE = uuid.uuid4(), uuid.uuid4()


def cut(message: bytes, size: int, object_id: int = 1) -> list[bytes]:
    return [base64.b64decode(text) for text in fragment_texts(object_id, message, size)]


@given(st.binary(max_size=600), st.integers(22, 200))
def test_cut_messages_join(message: bytes, size: int) -> None:
    fragments = cut(message, size)
    joiner = Joiner()
    joined = [whole for fragment in fragments for whole in joiner.add(fragment)]
    assert joined == [message]
    assert all(len(f) <= size for f in fragments)


def test_fragments_of_two_messages_may_be_mixed() -> None:
    first, second = cut(b"a" * 100, 60, 1), cut(b"b" * 100, 60, 2)
    mixed = b"".join(f for pair in zip(first, second, strict=True) for f in pair)
    assert Joiner().add(mixed) == [b"a" * 100, b"b" * 100]


def test_broken_fragment_costs_only_its_own_message() -> None:
    joiner = Joiner()
    first, second, third = cut(b"x" * 100, 60)
    assert joiner.add(first) == []
    with pytest.raises(MalformedPsrp):
        joiner.add(third)
    with pytest.raises(MalformedPsrp):
        joiner.add(second)
    assert joiner.add(single_fragment(2, b"fine")) == [b"fine"]


@pytest.mark.parametrize("data", [b"short", single_fragment(1, b"longer")[:-1]], ids=["header", "content"])
def test_fragment_that_is_cut_off_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedPsrp):
        Joiner().add(data)


def test_message_header_is_read_back_without_the_byte_order_mark() -> None:
    message = read_message(message_bytes(0x41004, POOL, PIPELINE, "<S>ü</S>"))
    assert (message.type, message.runspace_pool, message.pipeline) == (0x41004, POOL, PIPELINE)
    assert message.body.decode() == "<S>ü</S>"


def test_message_without_header_is_refused() -> None:
    with pytest.raises(MalformedPsrp):
        read_message(b"x" * 39)
