"""How a device is packed: sizes that keep buckets compact, values that survive."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.inventory import layout

MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))


def test_an_entry_fits_what_the_server_keeps_in_a_compact_list() -> None:
    assert layout.ENTRY == 64
    assert layout.EXACT.size <= 64


@given(MOMENTS)
def test_every_date_survives_in_one_of_the_two_fields(moment: datetime | None) -> None:
    seconds, exact = layout.whole_seconds(moment), layout.exact_micros(moment)

    found = layout.moment_of(seconds, exact)

    # The epoch itself is what "none" is kept as.
    assert found == (None if moment == layout.EPOCH else moment)


@given(st.integers(min_value=1, max_value=2**32 - 1))
def test_a_date_of_whole_seconds_needs_no_second_field(seconds: int) -> None:
    assert layout.exact_micros(layout.EPOCH + timedelta(seconds=seconds)) == 0


@pytest.mark.parametrize("guid", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"])
def test_a_million_devices_spread_over_16384_buckets(guid: str) -> None:
    identity = layout.raw(guid)

    assert int(layout.device_bucket(identity)[1:], 16) in (0, 16_383)
    assert (len(layout.device_field(identity)), len(layout.owner_field(identity))) == (15, 8)


def test_the_day_of_a_sync_survives() -> None:
    moment = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)

    assert layout.day_of(layout.day_number(moment)) == moment.date()
    assert layout.day_of(layout.day_number(None)) is None


def test_words_are_cut_and_cannot_pretend_to_be_two() -> None:
    word = layout.words(["x" * 100, "a\x1fb"]).decode()

    assert word.split(layout.SEPARATOR) == ["x" * layout.LONGEST_WORD, "ab"]


def test_digests_tell_facts_apart() -> None:
    assert layout.short_digest(b"one") != layout.short_digest(b"other")
    assert len(layout.short_digest(b"one")) == layout.DIGEST


def test_dates_outside_of_the_compact_range_use_the_exact_field() -> None:
    assert layout.whole_seconds(layout.EPOCH - timedelta(days=1)) == 0
    assert layout.exact_micros(layout.EPOCH - timedelta(days=1)) == -86_400_000_000
