"""Signatures that `ssh-keygen -Y sign` makes (SSHSIG), by keys in files, in agents, and in hardware.

What is signed is a frame around the hash of the message, with a namespace: a signature made for another use, such as
a login or a commit, is none here. A hardware key signs along whether somebody touched it, which is demanded.
"""

import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature

from exconn.signing.ssh_keys import SshPublicKey, parse_ssh_key_blob
from exconn.signing.ssh_wire import SshFormatError, SshReader, from_armor, string

#: What all signatures of requests are made for.
NAMESPACE = "exconn-request"
#: Longer than any signature of these keys; a longer one is something else.
MAX_SIGNATURE = 4096

_PREAMBLE = b"SSHSIG"
_ARMOR = b"-----BEGIN"
_VERSION = 1
_HASHES = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}
_SIGNATURE_LENGTH = 64
_PRESENT = 0x01


class SshSignatureError(Exception):
    """The signature is whole, and is not one by that key over that message."""


class UntouchedError(Exception):
    """A good signature of a hardware key that nobody touched: whoever has the machine could have made it."""


@dataclass(frozen=True)
class SshSignature:
    """A signature as it was sent, before anything of it is believed.

    `flags` and `counter` are what a hardware key adds; None for a key in a file.
    """

    key: SshPublicKey
    namespace: str
    reserved: bytes
    hash: str
    signature: bytes
    flags: int | None = None
    counter: int | None = None

    @property
    def touched(self) -> bool:
        """Whether a hardware key says that somebody touched it."""
        return self.flags is not None and bool(self.flags & _PRESENT)


def parse_ssh_signature(raw: bytes) -> SshSignature:
    """The signature in `raw`, armored or not. Raises SshFormatError."""
    if len(raw) > MAX_SIGNATURE:
        raise SshFormatError("signature", f"longer than {MAX_SIGNATURE} bytes")
    reader = SshReader(from_armor(raw) if raw.lstrip().startswith(_ARMOR) else raw)
    if reader.take(len(_PREAMBLE), "preamble") != _PREAMBLE:
        raise SshFormatError("preamble", "not SSHSIG")
    if (version := reader.number("version")) != _VERSION:
        raise SshFormatError("version", f"{version} instead of {_VERSION}")
    key = parse_ssh_key_blob(reader.string("key"))
    namespace = reader.word("namespace")
    reserved = reader.string("reserved")
    hashed = reader.word("hash algorithm")
    if hashed not in _HASHES:
        raise SshFormatError("hash algorithm", f"{hashed[:40]!r} is neither sha512 nor sha256")
    inner = reader.string("signature")
    reader.end("signature")
    signature, flags, counter = _inner(inner, key)
    return SshSignature(key, namespace, reserved, hashed, signature, flags, counter)


def verify_ssh_signature(signature: SshSignature, message: bytes, key: SshPublicKey) -> None:
    """Raise SshSignatureError unless `key` signed `message` for NAMESPACE; UntouchedError if nobody touched the key."""
    if signature.key.blob != key.blob:
        raise SshSignatureError("another key made it")
    if signature.namespace != NAMESPACE:
        raise SshSignatureError(f"it was made for {signature.namespace[:40]!r} instead of {NAMESPACE!r}")
    try:
        key.public.verify(signature.signature, _signed(signature, message))
    except InvalidSignature as exc:
        raise SshSignatureError("it does not match the bytes") from exc
    if key.hardware and not signature.touched:
        raise UntouchedError


def framed(namespace: str, reserved: bytes, hashed: str, message: bytes) -> bytes:
    """What stands for the message where it is signed."""
    digest = _HASHES[hashed](message).digest()
    return _PREAMBLE + b"".join(string(part) for part in (namespace.encode(), reserved, hashed.encode(), digest))


def _inner(raw: bytes, key: SshPublicKey) -> tuple[bytes, int | None, int | None]:
    reader = SshReader(raw)
    if (algorithm := reader.word("signature algorithm")) != key.algorithm:
        raise SshFormatError("signature algorithm", f"{algorithm[:40]!r}, where the key is {key.algorithm}")
    signature = reader.string("signature bytes")
    if len(signature) != _SIGNATURE_LENGTH:
        raise SshFormatError("signature bytes", f"{len(signature)} instead of {_SIGNATURE_LENGTH}")
    flags = reader.byte("flags") if key.hardware else None
    counter = reader.number("counter") if key.hardware else None
    reader.end("signature bytes")
    return signature, flags, counter


def _signed(signature: SshSignature, message: bytes) -> bytes:
    """The bytes under the signature; a hardware key hashes the frame once more, between what it adds itself."""
    frame = framed(signature.namespace, signature.reserved, signature.hash, message)
    application = signature.key.application
    if application is None:
        return frame
    added = struct.pack(">BI", signature.flags, signature.counter)
    return hashlib.sha256(application).digest() + added + hashlib.sha256(frame).digest()
