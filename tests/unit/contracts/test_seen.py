"""What was seen of a device is signed as digests, and compared with what is so."""

import pytest

from exconn.contracts import digest_of
from exconn.contracts.seen import seen_of

NONCE = "0123456789abcdef"
SO = {
    "owner": "11111111-2222-4333-8444-555555555555",
    "address": "jdoe@corp.example",
    "device_id": "ApplF17",
    "device_type": "iPhone",
    "client_class": "native",
}
SEEN = seen_of(NONCE, **SO)
AS_FOUND = {**{name: value for name, value in SO.items() if name != "device_id"}, "device": digest_of("ApplF17")}


def test_what_is_so_is_as_it_was_seen_whatever_the_case_of_its_letters() -> None:
    assert SEEN.differing(NONCE, **AS_FOUND) == ()
    assert SEEN.differing(NONCE, address="JDoe@Corp.Example", device=digest_of("APPLF17")) == ()


@pytest.mark.parametrize("name", SO)
def test_each_thing_that_differs_is_named_alone(name: str) -> None:
    found = AS_FOUND | ({"device": digest_of("another")} if name == "device_id" else {name: "another"})

    assert SEEN.differing(NONCE, **found) == (name,)


def test_what_is_not_known_is_not_compared() -> None:
    assert SEEN.differing(NONCE) == ()


def test_the_digests_of_one_request_are_worth_nothing_in_another() -> None:
    assert SEEN.differing("fedcba9876543210", **AS_FOUND) == tuple(SO)


def test_the_same_value_in_two_places_has_two_digests() -> None:
    seen = seen_of(NONCE, **dict.fromkeys(SO, "x"))

    assert len(set(seen.model_dump().values())) == len(SO)


def test_a_type_is_compared_as_the_register_keeps_it() -> None:
    long = seen_of(NONCE, **{**SO, "device_type": "a\x1f" + "b" * 100})

    assert long.differing(NONCE, device_type="a" + "b" * 63) == ()


def test_a_type_that_no_database_keeps_is_seen_as_it_is_shown() -> None:
    shown = seen_of(NONCE, **{**SO, "device_type": "i\ufffdPhone"})

    assert shown.differing(NONCE, device_type="i\x00Phone") == ()
