"""Facts and fingerprints: closed, and telling one partnership from the next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from exconn.contracts import FACT_OF, DeviceFact, FactsType, Fingerprint, digest_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PRINT = Fingerprint(guid="g", device="d", mailbox="m", created=NOW, first_sync=NOW)


def test_every_type_of_facts_has_its_model() -> None:
    assert set(FACT_OF) == set(FactsType)


def test_a_fact_refuses_fields_that_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="mood"):
        DeviceFact.model_validate({"guid": "g", "name": "n", "device_id": "d", "device_type": "t", "mood": 1})


def test_a_fingerprint_that_is_the_same_has_no_differences() -> None:
    assert PRINT.differences(PRINT.model_copy()) == ()


@dataclass
class Change:
    field: str
    value: object


@pytest.mark.parametrize(
    "change",
    [
        Change("guid", "other"),
        Change("device", "other"),
        Change("mailbox", "other"),
        Change("created", NOW + timedelta(seconds=1)),
        Change("first_sync", None),
        Change("last_acknowledged", NOW),
    ],
    ids=lambda change: change.field,
)
def test_each_field_of_a_fingerprint_tells(change: Change) -> None:
    other = PRINT.model_copy(update={change.field: change.value})

    assert PRINT.differences(other) == (change.field,)
    assert other.differences(PRINT) == (change.field,)


def test_a_digest_compares_without_keeping_the_value() -> None:
    assert digest_of("ApplC39") == digest_of("APPLc39")
    assert digest_of("ApplC39") != digest_of("ApplC38")
    assert "appl" not in digest_of("ApplC39")
    assert len(digest_of("")) == 32
