"""A requester's public key in either form: plain Ed25519 as base64, or a line of OpenSSH's.

A key signs in its own form only: what an OpenSSH key signed elsewhere can never be passed off as a request.
"""

from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from exconn.signing.keyfile import key_id, parse_public_key
from exconn.signing.ssh_keys import SshPublicKey, looks_like_ssh, parse_ssh_public_key
from exconn.signing.sshsig import SshSignatureError, parse_ssh_signature, verify_ssh_signature

PublicKey = Ed25519PublicKey | SshPublicKey


def parse_either_key(text: str) -> PublicKey:
    """The public key in `text`. Raises ValueError."""
    return parse_ssh_public_key(text) if looks_like_ssh(text) else parse_public_key(text)


def id_of(key: PublicKey) -> str:
    """The id by which requests name the key."""
    return key.id if isinstance(key, SshPublicKey) else key_id(key)


def plain_id_of(key: PublicKey) -> str:
    """The same for both forms of one key: nobody has it twice."""
    return key_id(key.public if isinstance(key, SshPublicKey) else key)


def is_hardware(key: PublicKey) -> bool:
    """Whether the private half is in a device that asks for a touch."""
    return isinstance(key, SshPublicKey) and key.hardware


def verify_bytes(key: PublicKey, form: Literal["ed25519", "sshsig"], signature: bytes, message: bytes) -> None:
    """Raise SshSignatureError, SshFormatError or UntouchedError unless the key signed the message, in that form."""
    own = "sshsig" if isinstance(key, SshPublicKey) else "ed25519"
    if form != own:
        raise SshSignatureError(f"the key signs in form {own!r}, and the envelope says {form!r}")
    if isinstance(key, SshPublicKey):
        verify_ssh_signature(parse_ssh_signature(signature), message, key)
        return
    try:
        key.verify(signature, message)
    except InvalidSignature as exc:
        raise SshSignatureError("it does not match the bytes") from exc
