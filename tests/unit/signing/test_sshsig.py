"""An SSH signature counts only by its own key, over the exact bytes, for requests, and touched where a device signs."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exconn.signing.ssh_keys import parse_ssh_key_blob, parse_ssh_public_key
from exconn.signing.ssh_wire import SshFormatError
from exconn.signing.sshsig import SshSignatureError, UntouchedError, parse_ssh_signature, verify_ssh_signature
from tests.support.requests.ssh_signatures import SshKey, armored, text

HARDWARE = SshKey()
FILE = SshKey(application=None)
KEYS = {"hardware": HARDWARE, "file": FILE}
MESSAGE = b'{"kind":"wipe"}'
SIGNATURES = {name: key.signature(MESSAGE) for name, key in KEYS.items()}
REFUSED = (SshFormatError, SshSignatureError, UntouchedError)
either = pytest.mark.parametrize("name", sorted(KEYS))


def check(raw: bytes, key: SshKey, message: bytes = MESSAGE) -> None:
    verify_ssh_signature(parse_ssh_signature(raw), message, key.public)


@either
@pytest.mark.parametrize("hashed", ["sha512", "sha256"])
def test_signature_counts_armored_and_not(name: str, hashed: str) -> None:
    raw = KEYS[name].signature(MESSAGE, hashed=hashed, reserved=b"later")

    check(raw, KEYS[name])
    check(armored(raw), KEYS[name])
    check(armored(raw).replace(b"\n", b"\r\n"), KEYS[name])


@pytest.mark.parametrize("flags", [0x00, 0x04, 0xFE])
def test_untouched_hardware_key_is_refused_with_a_reason_of_its_own(flags: int) -> None:
    with pytest.raises(UntouchedError):
        check(HARDWARE.signature(MESSAGE, flags=flags), HARDWARE)


def test_touch_cannot_be_added_afterwards() -> None:
    untouched = HARDWARE.signature(MESSAGE, flags=0)
    forged = untouched[:-5] + b"\x01" + untouched[-4:]

    with pytest.raises(SshSignatureError, match="match"):
        check(forged, HARDWARE)


def test_touched_key_that_also_asked_for_a_pin_counts_and_its_counter_is_kept() -> None:
    raw = HARDWARE.signature(MESSAGE, flags=0x05, counter=4_000_000_000)

    check(raw, HARDWARE)
    assert parse_ssh_signature(raw).counter == 4_000_000_000


@either
@pytest.mark.parametrize("namespace", ["file", "git", "exconn-requests", "", "EXCONN-REQUEST"])
def test_signature_for_another_use_is_refused(name: str, namespace: str) -> None:
    with pytest.raises(SshSignatureError, match="made for"):
        check(KEYS[name].signature(MESSAGE, namespace=namespace), KEYS[name])


@either
def test_signature_over_other_bytes_is_refused(name: str) -> None:
    with pytest.raises(SshSignatureError, match="match"):
        check(SIGNATURES[name], KEYS[name], MESSAGE + b" ")


def test_signature_of_another_key_is_refused_whatever_key_it_says() -> None:
    thief = SshKey()

    with pytest.raises(SshSignatureError, match="another key"):
        check(thief.signature(MESSAGE), HARDWARE)
    with pytest.raises(SshSignatureError, match="match"):
        check(thief.signature(MESSAGE, key_blob=HARDWARE.blob), HARDWARE)


def test_hardware_key_of_another_application_is_another_key() -> None:
    other = SshKey(application="ssh:other", private=HARDWARE.private)

    assert other.public.id != HARDWARE.public.id
    with pytest.raises(SshSignatureError, match="another key"):
        check(other.signature(MESSAGE), HARDWARE)
    with pytest.raises(SshSignatureError, match="match"):
        check(other.signature(MESSAGE, key_blob=HARDWARE.blob), HARDWARE)


def rsa() -> bytes:
    return text("ssh-rsa") + text(b"\x01\x00\x01") + text(b"\x00" + b"\xff" * 256)


def ecdsa() -> bytes:
    return text("ecdsa-sha2-nistp256") + text("nistp256") + text(b"\x04" + b"\x01" * 64)


def with_longer_inner(raw: bytes, length: int) -> bytes:
    """One more byte behind the signature itself, which is the last string, and counts it."""
    return raw[: -length - 4] + text(raw[-length:] + b"\x00")


RAW_KEY = b"\x01" * 32


@pytest.mark.parametrize(
    ("blob", "problem"),
    [
        (rsa(), "'ssh-rsa' is neither"),
        (ecdsa(), "'ecdsa-sha2-nistp256' is neither"),
        (text("sk-ecdsa-sha2-nistp256@openssh.com") + text("nistp256"), "is neither"),
        (text("ssh-ed25519-cert-v01@openssh.com") + text(RAW_KEY), "is neither"),
        (text("ssh-ed25519") + text(RAW_KEY[:-1]), "31 bytes instead of 32"),
        (text("ssh-ed25519") + text(RAW_KEY) + b"\x00", "1 bytes too many"),
        (text("ssh-ed25519") + text(RAW_KEY) + text("ssh:"), "8 bytes too many"),
        (text("sk-ssh-ed25519@openssh.com") + text(RAW_KEY), "application: 4 bytes long"),
        (struct.pack(">I", 0xFFFFFFFF), "4294967295 bytes long"),
        (text(b"ssh-\xff"), "no word"),
        (b"", "0 are left"),
    ],
)
def test_other_and_broken_keys_are_refused_by_name(blob: bytes, problem: str) -> None:
    with pytest.raises(SshFormatError, match=problem):
        parse_ssh_key_blob(blob)
    with pytest.raises(SshFormatError, match=problem):
        parse_ssh_signature(FILE.signature(MESSAGE, key_blob=blob))


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "preamble"),
        (b"SSHSIQ" + SIGNATURES["file"][6:], "not SSHSIG"),
        (b"SSHSIG" + struct.pack(">I", 2) + SIGNATURES["file"][10:], "2 instead of 1"),
        (SIGNATURES["file"] + b"\x00", "1 bytes too many"),
        (SIGNATURES["hardware"][:-1], "where"),
        (with_longer_inner(SIGNATURES["file"], 83), "signature bytes: 1 bytes too many"),
        (with_longer_inner(SIGNATURES["hardware"], 103), "signature bytes: 1 bytes too many"),
        (FILE.signature(MESSAGE, algorithm="ssh-rsa"), "'ssh-rsa', where the key is ssh-ed25519"),
        (HARDWARE.signature(MESSAGE, algorithm="ssh-ed25519"), "where the key is sk-ssh"),
        (FILE.signature(MESSAGE, key_blob=HARDWARE.blob, algorithm=HARDWARE.algorithm), "flags: 1 bytes long"),
        (FILE.signature(MESSAGE, hashed="sha1"), "'sha1' is neither"),
        (FILE.signature(MESSAGE, hashed="md5"), "'md5' is neither"),
        (b"-----BEGIN SSH SIGNATURE-----\n", "first and a last line"),
        (armored(SIGNATURES["file"]) + b"more", "first and a last line"),
        (armored(SIGNATURES["file"]).replace(b"SSH SIG", b"PGP SIG"), "first and a last line"),
        (b"-----BEGIN SSH SIGNATURE-----\nA\n-----END SSH SIGNATURE-----", "no base64"),
        (armored(SIGNATURES["file"]).replace(b"AAAA", b"\xff", 1), "not ASCII"),
        (b"SSHSIG" + b"\x00" * 5000, "longer than 4096"),
    ],
)
def test_broken_signature_is_refused_by_what_is_wrong(raw: bytes, problem: str) -> None:
    with pytest.raises(SshFormatError, match=problem):
        parse_ssh_signature(raw)


@pytest.mark.parametrize("flags", [0, 1])
@either
def test_no_flipped_bit_leaves_a_signature_that_counts(name: str, flags: int) -> None:
    raw = KEYS[name].signature(MESSAGE, flags=flags)

    for bit in range(len(raw) * 8):
        forged = bytearray(raw)
        forged[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(REFUSED):
            check(bytes(forged), KEYS[name])


@either
def test_no_part_of_a_signature_counts(name: str) -> None:
    raw, wrapped = SIGNATURES[name], armored(SIGNATURES[name])

    for cut in range(len(raw)):
        with pytest.raises(SshFormatError):
            check(raw[:cut], KEYS[name])
    for cut in range(len(wrapped.rstrip())):
        with pytest.raises(SshFormatError):
            check(wrapped[:cut], KEYS[name])


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_and_crash_nothing(tail: bytes) -> None:
    for raw in (tail, SIGNATURES["hardware"][: len(tail)] + tail, b"-----BEGIN SSH SIGNATURE-----\n" + tail):
        with pytest.raises(REFUSED):
            check(raw, HARDWARE)


@given(st.text(max_size=200))
def test_any_text_is_no_key_and_crashes_nothing(tail: str) -> None:
    for line in (tail, f"ssh-ed25519 {tail}", HARDWARE.line[: len(tail)]):
        with pytest.raises(SshFormatError):
            parse_ssh_public_key(line)


def test_key_line_is_refused_when_its_type_is_not_that_of_its_key() -> None:
    with pytest.raises(SshFormatError, match="says ssh-ed25519 and holds sk-ssh"):
        parse_ssh_public_key(HARDWARE.line.replace("sk-ssh-ed25519@openssh.com", "ssh-ed25519"))


@pytest.mark.parametrize("options", ["no-touch-required ", 'from="10.0.0.1" ', "ssh-rsa "])
def test_key_line_with_options_or_of_another_type_is_refused(options: str) -> None:
    with pytest.raises(SshFormatError, match="is not taken"):
        parse_ssh_public_key(options + HARDWARE.line)
