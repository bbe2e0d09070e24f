"""Key files of OpenSSH's: a private one says its public half unencrypted, a public one names a key of an agent."""

from pathlib import Path

from exconn.signing.errors import KeyFileError
from exconn.signing.ssh_keys import SshPublicKey, looks_like_ssh, parse_ssh_key_blob, parse_ssh_public_key
from exconn.signing.ssh_wire import SshFormatError, SshReader, from_base64

_FIRST, _LAST = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
_PREAMBLE = b"openssh-key-v1\x00"
_MOST = 16 * 1024


def ssh_key_in(path: Path) -> SshPublicKey | None:
    """The public half of the key in a file of OpenSSH's; None when the file is in another form, or not there.

    Raises KeyFileError for a key that cannot sign requests.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    try:
        if text.startswith(_FIRST):
            return _of_private(text)
        return parse_ssh_public_key(text) if looks_like_ssh(text) and not text.startswith("-----") else None
    except SshFormatError as exc:
        remedy = "make one with ssh-keygen -t ed25519-sk (a hardware key) or ssh-keygen -t ed25519"
        raise KeyFileError(path, f"not a key that signs requests: {exc}", remedy=remedy) from exc


def _of_private(text: str) -> SshPublicKey:
    body = text.removeprefix(_FIRST).partition(_LAST)[0]
    reader = SshReader(from_base64("".join(body.split()), "private key"))
    if reader.take(len(_PREAMBLE), "private key") != _PREAMBLE:
        raise SshFormatError("private key", "not in OpenSSH's format")
    for field in ("cipher", "key derivation", "key derivation options"):
        reader.string(field)
    if (count := reader.number("number of keys")) != 1:
        raise SshFormatError("number of keys", f"{count} instead of one")
    return parse_ssh_key_blob(reader.string("public key"))
