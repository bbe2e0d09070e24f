"""A request counts only with the signature of its own requester over its exact bytes."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.contracts import Envelope, parse_envelope
from exconn.signing import KeyFileError, Refused, load_signing_key, new_signing_key, save_signing_key, sign, verify
from tests.support.requests.signed import registry_of, request_of

KEY = new_signing_key()
REGISTRY = registry_of(anna=KEY)
ENVELOPE = sign(request_of(), KEY)


def test_signed_request_is_verified_after_its_way_over_the_wire() -> None:
    request = request_of()

    verified = verify(parse_envelope(sign(request, KEY).model_dump_json()), REGISTRY)

    assert verified.request == request


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_of_the_request_is_refused(place: int, change: int) -> None:
    raw = bytearray(ENVELOPE.signed_bytes())
    raw[place % len(raw)] ^= change
    forged = ENVELOPE.model_copy(update={"request": base64.b64encode(bytes(raw)).decode()})

    with pytest.raises(Refused) as caught:
        verify(forged, REGISTRY)

    assert caught.value.error == "signature"


@given(st.integers(min_value=0, max_value=511))
def test_any_changed_bit_of_the_signature_is_refused(bit: int) -> None:
    raw = bytearray(ENVELOPE.signature_bytes())
    raw[bit // 8] ^= 1 << (bit % 8)
    forged = ENVELOPE.model_copy(update={"signature": base64.b64encode(bytes(raw)).decode()})

    with pytest.raises(Refused, match="signature"):
        verify(forged, REGISTRY)


def test_unknown_key_is_refused() -> None:
    with pytest.raises(Refused, match="unknown_key"):
        verify(sign(request_of(), new_signing_key()), REGISTRY)


def test_signature_of_another_known_key_is_refused() -> None:
    other = new_signing_key()
    forged = sign(request_of(), other).model_copy(update={"key": KEY.id})

    with pytest.raises(Refused, match="signature"):
        verify(forged, registry_of(anna=KEY, bert=other))


def test_known_key_cannot_sign_for_another_requester() -> None:
    other = new_signing_key()

    with pytest.raises(Refused) as caught:
        verify(sign(request_of(requester="anna"), other), registry_of(anna=KEY, bert=other))

    assert caught.value.error == "requester_mismatch"


@pytest.mark.parametrize("raw", [b"{}", b"", b"[1]", b'{"kind": "wipe", "extra": 1}', b"\xff"])
def test_signed_nonsense_is_malformed(raw: bytes) -> None:
    envelope = Envelope(
        key=KEY.id,
        request=base64.b64encode(raw).decode(),
        signature=base64.b64encode(KEY.private.sign(raw)).decode(),
    )

    with pytest.raises(Refused) as caught:
        verify(envelope, REGISTRY)

    assert caught.value.error == "malformed"


def test_request_with_an_unknown_field_is_malformed_although_it_is_signed() -> None:
    raw = json.dumps(request_of().model_dump(mode="json") | {"also": "this"}).encode()
    envelope = Envelope(
        key=KEY.id,
        request=base64.b64encode(raw).decode(),
        signature=base64.b64encode(KEY.private.sign(raw)).decode(),
    )

    with pytest.raises(Refused, match="also"):
        verify(envelope, REGISTRY)


def test_key_file_is_private_and_gives_the_same_key_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "anna.pem"

    save_signing_key(KEY, path)

    assert path.stat().st_mode & 0o077 == 0
    assert load_signing_key(path).id == KEY.id
    assert "PRIVATE" not in repr(KEY)
    with pytest.raises(KeyFileError, match="new file"):
        save_signing_key(KEY, path)


def test_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "anna.pem"
    save_signing_key(KEY, path)
    path.chmod(0o644)

    with pytest.raises(KeyFileError, match="chmod 600"):
        load_signing_key(path)


@pytest.mark.parametrize("raw", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_file_without_a_key_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "anna.pem"
    path.write_bytes(raw)
    path.chmod(0o600)

    with pytest.raises(KeyFileError, match="requesters keys"):
        load_signing_key(path)
