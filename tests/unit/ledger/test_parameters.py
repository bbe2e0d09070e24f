"""Parameters travel to the ledger's functions by name, in as few words as they need."""

from datetime import UTC, datetime, timedelta
from typing import Any

from exconn.contracts import HoldReason, Kind, Service
from exconn.ledger import NewJob
from exconn.ledger.parameters import flat, insertion
from exconn.stream import Number

PLAIN = NewJob(kind=Kind.ECHO, connector="hq", payload="{}", idempotency_key="k", service=Service.DISCOVERY)


def inserted(new: NewJob) -> dict[str, Any]:
    return insertion(new, ring_again=timedelta(seconds=5))


def test_texts_come_first_then_numbers_then_the_rest_as_json_and_nothing_is_left_out() -> None:
    given = {"n": Number.JOB_HELD, "of": None, "job": "a;b c", "data": {"x": [1]}, "reason": HoldReason.QUOTA}

    names, *values = flat(given | {"share": 0.5, "failed": False, "doorbell": b"\x00"})

    assert names == "job reason doorbell;n share;data failed"
    assert values == ["a;b c", "quota", b"\x00", str(int(Number.JOB_HELD)), "0.5", '[{"x": [1]}]', "[false]"]


def test_a_plain_job_travels_without_what_it_does_not_have() -> None:
    names = set(inserted(PLAIN))

    assert names.isdisjoint({"device", "parent", "series", "requester", "revision", "generation", "organization"})
    assert names.isdisjoint({"valid_until", "delay", "parked", "payload_v", "idempotency_kept"})


def test_the_first_texts_are_the_fields_that_the_job_is_kept_with() -> None:
    until = datetime(2030, 1, 1, tzinfo=UTC)
    full = NewJob(
        kind=Kind.WIPE,
        connector="hq",
        payload="{}",
        idempotency_key="k",
        service=Service.ACTIONS,
        device="d",
        revision=7,
        valid_until=until,
        by="desk",
    )
    found = inserted(full)

    kept = dict(list(found.items())[: found["fields"]])

    assert kept["device"] == "d"
    assert kept["revision"] == "7"
    assert kept["valid_until"] == str(int(until.timestamp() * 1000))
    assert "by" not in kept
    assert all(isinstance(value, str) for value in kept.values())
