"""Requests of OpenSSH keys: verified in their own form only, and by hardware where the registry demands it."""

import base64
import json

import pytest

from exconn.contracts import parse_envelope
from exconn.contracts.request import RequestKind
from exconn.signing import RegistryError, new_signing_key, parse_registry, registry_text, sign, verify
from exconn.signing.errors import Refused
from exconn.signing.requesters import Registry
from tests.support.requests.signed import registry_of, request_of
from tests.support.requests.ssh_signatures import SshKey, armored

HARDWARE = SshKey()
FILE = SshKey(application=None)
PLAIN = new_signing_key()


def registry(*demanded: RequestKind, **keys: str) -> Registry:
    given = keys or {"anna": HARDWARE.line}
    return parse_registry(f"hardware_keys_for = {json.dumps(demanded)}\n" + registry_text(given, deployment="tests"))


def test_request_of_a_hardware_key_is_verified_after_its_way_over_the_wire() -> None:
    request = request_of()

    verified = verify(parse_envelope(HARDWARE.envelope(request).model_dump_json()), registry())

    assert verified.request == request
    assert verified.key_id == HARDWARE.public.id
    assert verified.hardware is True


def test_request_of_an_openssh_key_in_a_file_is_verified_and_no_hardware() -> None:
    verified = verify(FILE.envelope(request_of()), registry(anna=FILE.line))

    assert (verified.key_id, verified.hardware) == (FILE.public.id, False)


def test_armored_signature_is_taken_as_it_is_in_its_file() -> None:
    envelope = HARDWARE.envelope(request_of())
    signature = base64.b64encode(armored(envelope.signature_bytes())).decode()

    assert verify(envelope.model_copy(update={"signature": signature}), registry()).hardware


def test_untouched_key_is_refused_with_a_word_of_its_own() -> None:
    with pytest.raises(Refused) as caught:
        verify(HARDWARE.envelope(request_of(), flags=0), registry())

    assert caught.value.error == "not_touched"


def test_openssh_key_counts_in_its_own_form_only() -> None:
    envelope = HARDWARE.envelope(request_of())
    raw = envelope.signed_bytes()
    bare = base64.b64encode(HARDWARE.private.sign(raw)).decode()

    for forged in (
        envelope.model_copy(update={"form": "ed25519", "signature": bare}),
        envelope.model_copy(update={"form": "ed25519"}),
        envelope.model_copy(update={"signature": bare}),
    ):
        with pytest.raises(Refused) as caught:
            verify(forged, registry())
        assert caught.value.error == "signature"


def test_plain_key_cannot_sign_in_the_form_of_openssh() -> None:
    with pytest.raises(Refused, match="form 'ed25519'"):
        verify(sign(request_of(), PLAIN).model_copy(update={"form": "sshsig"}), registry_of(anna=PLAIN))


@pytest.mark.parametrize("kind", [RequestKind.WIPE, RequestKind.RELEASE])
def test_kind_that_demands_hardware_is_refused_to_every_other_key(kind: RequestKind) -> None:
    for envelope, key in (
        (FILE.envelope(request_of(kind)), FILE.line),
        (sign(request_of(kind), PLAIN), PLAIN.public_text),
    ):
        with pytest.raises(Refused) as caught:
            verify(envelope, registry(RequestKind.WIPE, RequestKind.RELEASE, anna=key))
        assert caught.value.error == "hardware_key"
        assert "ed25519-sk" in caught.value.remedy


def test_kind_that_demands_hardware_is_taken_from_it_and_others_from_all() -> None:
    demanding = registry(RequestKind.RELEASE, anna=HARDWARE.line, bert=PLAIN.public_text)

    assert verify(HARDWARE.envelope(request_of(RequestKind.RELEASE)), demanding).hardware
    assert not verify(sign(request_of(RequestKind.WIPE, requester="bert"), PLAIN), demanding).hardware


def test_one_key_in_both_forms_is_refused() -> None:
    same = SshKey(application=None, private=PLAIN.private)

    with pytest.raises(RegistryError, match="anna's already"):
        registry(anna=PLAIN.public_text, bert=same.line)


@pytest.mark.parametrize("line", ["ssh-rsa AAAA", "ecdsa-sha2-nistp256 AAAA", "ssh-ed25519", "ssh-ed25519 AAAA"])
def test_openssh_key_that_cannot_be_used_makes_the_registry_unusable(line: str) -> None:
    with pytest.raises(RegistryError, match=r"requesters\.anna\.keys"):
        registry(anna=line)


def test_form_is_written_only_where_it_is_not_the_usual_one() -> None:
    assert '"form"' not in sign(request_of(), PLAIN).model_dump_json()
    assert '"form":"sshsig"' in HARDWARE.envelope(request_of()).model_dump_json()
