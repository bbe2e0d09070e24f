"""Roots are those of RFC 6962, however the list grew; a checkpoint is of the key that signed it and of no other."""

import hashlib
from dataclasses import replace

import pytest

from exconn.audit.checkpoint import Checkpoint
from exconn.audit.merkle import Frontier, leaf_hash, node_hash
from exconn.audit.numbers import Numbers
from exconn.signing import new_signing_key


def root_of(leaves: list[bytes]) -> bytes:
    """As RFC 6962, section 2.1, defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(root_of(leaves[:half]), root_of(leaves[half:]))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 7, 8, 9, 100])
def test_the_root_is_that_of_the_standard(size: int) -> None:
    leaves = [str(number).encode() for number in range(size)]
    frontier = Frontier()

    frontier.extend(map(leaf_hash, leaves))

    assert frontier.root() == root_of(leaves)
    assert Frontier(frontier.size, frontier.peaks).root() == root_of(leaves)


def test_a_known_root_of_the_standard_is_found() -> None:
    """The test vectors of Certificate Transparency: no leaf, and one that is empty."""
    frontier = Frontier()
    assert frontier.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    frontier.append(leaf_hash(b""))

    assert frontier.root().hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_a_checkpoint_is_good_for_its_key_and_as_it_was_signed() -> None:
    key, other = new_signing_key(), new_signing_key()
    signed = Checkpoint(size=3, root="ab", at=1).signed_with(key)

    assert signed.is_signed_by(key.private.public_key())
    assert not signed.is_signed_by(other.private.public_key())
    for changed in ({"size": 4}, {"root": "ac"}, {"at": 2}, {"signature": ""}, {"signature": "no base64"}):
        assert not replace(signed, **changed).is_signed_by(key.private.public_key())


def followed(*sequence: int) -> Numbers:
    numbers = Numbers()
    for number in sequence:
        numbers.follow(number)
    return numbers


def test_numbers_that_are_missing_or_came_twice_are_told() -> None:
    numbers = followed(1, 2, 5, 6, 3, 9, 6)

    assert list(numbers.missing()) == [(4, 4), (7, 8)]
    assert list(numbers.repeated()) == [6]


def test_numbers_may_come_again_up_to_where_the_ledger_was_set_back() -> None:
    numbers = followed(1, 2, 3)
    numbers.set_back()

    for number in (2, 3, 4, 4):
        numbers.follow(number)

    assert list(numbers.repeated()) == [4]
