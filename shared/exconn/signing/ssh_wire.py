"""The data types of the SSH protocol (RFC 4251), as far as keys and signatures need them."""

import base64
import binascii
import struct


class SshFormatError(ValueError):
    """Bytes or text that are not what SSH writes; `field` says where, `problem` what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class SshReader:
    """Takes one field after the other. Raises SshFormatError where the bytes end too early, or too late."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, count: int, field: str) -> bytes:
        """The next `count` bytes."""
        left = len(self._raw) - self._at
        if count > left:
            raise SshFormatError(field, f"{count} bytes long, where {left} are left")
        found = self._raw[self._at : self._at + count]
        self._at += count
        return found

    def byte(self, field: str) -> int:
        """The next byte, as a number."""
        return self.take(1, field)[0]

    def number(self, field: str) -> int:
        """The next uint32."""
        found: int = struct.unpack(">I", self.take(4, field))[0]
        return found

    def string(self, field: str) -> bytes:
        """The next string: its length, and that many bytes."""
        return self.take(self.number(field), field)

    def word(self, field: str) -> str:
        """The next string, which has to be printable ASCII."""
        found = self.string(field)
        if not all(0x20 < byte < 0x7F for byte in found):
            raise SshFormatError(field, "no word of printable ASCII")
        return found.decode("ascii")

    def end(self, field: str) -> None:
        """Nothing may be left."""
        left = len(self._raw) - self._at
        if left:
            raise SshFormatError(field, f"{left} bytes too many")


def string(value: bytes) -> bytes:
    """`value` as a string of the protocol."""
    return struct.pack(">I", len(value)) + value


def from_base64(encoded: str, field: str) -> bytes:
    """The bytes behind standard base64, of which there is one spelling. Raises SshFormatError."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise SshFormatError(field, "no base64 text") from exc
    if base64.b64encode(raw).decode() != encoded:
        raise SshFormatError(field, "no standard base64 text")
    return raw


_FIRST, _LAST = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"


def from_armor(armor: bytes) -> bytes:
    """The bytes in what `ssh-keygen -Y sign` writes into a file. Raises SshFormatError."""
    lines = armor.strip().replace(b"\r\n", b"\n").split(b"\n")
    if len(lines) < 2 or (lines[0], lines[-1]) != (_FIRST, _LAST):
        raise SshFormatError("armor", "no SSH SIGNATURE between a first and a last line")
    try:
        return from_base64(b"".join(lines[1:-1]).decode("ascii"), "armor")
    except UnicodeDecodeError as exc:
        raise SshFormatError("armor", "not ASCII") from exc
