"""What comes in from outside is closed, bounded and named in every refusal."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from exconn.contracts import Answer, BadRequestError, parse_envelope, parse_request
from exconn.contracts.request import MAX_ENVELOPE, Envelope

PHONE = "11111111-2222-3333-4444-555555555555"


def a_request(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "wipe",
        "connector": "hq",
        "target": {"device": PHONE, "mode": "full"},
        "reason": "stolen",
        "requester": "hr",
        "nonce": "0123456789abcdef",
        "present_by": "2026-01-02T10:10:00Z",
        "valid_until": "2026-01-05T10:00:00+02:00",
    } | changes


def an_envelope(content: object, **changes: Any) -> str:
    raw = json.dumps(content).encode()
    fields = {"key": "hr-1", "request": base64.b64encode(raw).decode(), "signature": base64.b64encode(b"s").decode()}
    return json.dumps(fields | changes)


def parsed(**changes: Any) -> object:
    return parse_request(parse_envelope(an_envelope(a_request(**changes))))


def test_a_request_is_read_from_the_exact_bytes_that_were_signed() -> None:
    raw = json.dumps(a_request(), indent=3).encode()
    envelope = parse_envelope(an_envelope({}, request=base64.b64encode(raw).decode()))

    assert envelope.signed_bytes() == raw
    assert parse_request(envelope).target.device == PHONE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "erase"}, "kind"),
        ({"connector": "HQ"}, "connector"),
        ({"connector": "-hq"}, "connector"),
        ({"connector": "a" * 64}, "connector"),
        ({"connector": "hq:*"}, "connector"),
        ({"requester": "h r"}, "requester"),
        ({"nonce": "short"}, "nonce"),
        ({"nonce": "x" * 65}, "nonce"),
        ({"nonce": "0123456789 abcdef"}, "nonce"),
        ({"reason": "x" * 501}, "reason"),
        ({"present_by": "2026-01-02T10:10:00"}, "present_by"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"format": 2}, "format"),
        ({"priority": 1}, "priority"),
        ({"target": {"device": PHONE.upper().replace("1", "A")}}, "target.device"),
        ({"target": {"device": "hq\\user§phone"}}, "target.device"),
        ({"target": {"mode": "account"}}, "target.mode"),
        ({"target": {"jobs": ["wipe-aaaaaaaaaaaaaaaa"] * 501}}, "target.jobs"),
        ({"target": {"jobs": ["exconn:switch:hq"]}}, "target.jobs.0"),
        ({"target": {"user": "kim"}}, "target.user"),
    ],
)
def test_a_bad_request_names_the_field_and_the_remedy(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        parsed(**changes)

    assert refused.value.field == field
    assert refused.value.remedy


@pytest.mark.parametrize("missing", ["kind", "connector", "requester", "nonce", "present_by", "valid_until"])
def test_a_request_without_a_required_field_is_refused_by_its_name(missing: str) -> None:
    request = a_request()
    del request[missing]

    with pytest.raises(BadRequestError) as refused:
        parse_request(parse_envelope(an_envelope(request)))

    assert refused.value.field == missing


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("", "envelope"),
        ("[1]", "envelope"),
        ("not json", "envelope"),
        ('{"key":"k"}', "request"),
        (an_envelope({}, format=2), "format"),
        (an_envelope({}, extra=1), "extra"),
        (an_envelope({}, signature="x" * 4097), "signature"),
        ("x" * (MAX_ENVELOPE + 1), "envelope"),
    ],
    ids=["empty", "list", "text", "incomplete", "newer", "surplus", "long signature", "oversize"],
)
def test_bytes_that_are_no_envelope_are_refused_by_name(raw: str, field: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        parse_envelope(raw)

    assert refused.value.field == field


@pytest.mark.parametrize("field", ["request", "signature"])
def test_what_is_not_base64_is_refused_by_name(field: str) -> None:
    envelope = parse_envelope(an_envelope(a_request(), **{field: "no base64!"}))

    with pytest.raises(BadRequestError, match="encode the exact bytes") as refused:
        envelope.signed_bytes() if field == "request" else envelope.signature_bytes()

    assert refused.value.field == field


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(BadRequestError) as refused:
        parsed(reason="kim@example.org " * 50)

    assert "kim@example.org" not in str(refused.value)


def test_requests_envelopes_and_answers_cannot_be_changed() -> None:
    answer = Answer(status="accepted", request="r1")
    envelope = Envelope(key="hr-1", request="", signature="")

    for model in (answer, envelope, parsed()):
        with pytest.raises(ValidationError):
            model.format = 2  # type: ignore[attr-defined]
