"""What a ticket says in clear (RFC 4120, 5.3): for which service it is, and which version of its key encrypts it."""

_TICKET, _REALM, _SERVICE, _ENCRYPTED, _SEQUENCE, _STRING = 0x61, 0xA1, 0xA2, 0xA3, 0x30, 0x1B
#: In a name its parts, in encrypted data the key's version.
_SECOND = 0xA1


def ticket_service(ticket: bytes) -> str:
    """The service as Kerberos writes it, such as HTTP/ex1.corp.example@CORP.EXAMPLE. Raises ValueError."""
    fields = _inside(ticket, _inside(ticket, 0, _TICKET), _SEQUENCE)
    realm = _strings(ticket, _inside(ticket, _find(ticket, fields, _REALM), _REALM), 1)
    name = _inside(ticket, _inside(ticket, _find(ticket, fields, _SERVICE), _SERVICE), _SEQUENCE)
    start, length = _element(ticket, _inside(ticket, _find(ticket, name, _SECOND), _SECOND))
    parts = _strings(ticket[: start + length], start)
    return f"{'/'.join(parts)}@{realm[0]}"


def ticket_version(ticket: bytes) -> int | None:
    """The key version that a ticket names (RFC 4120, 5.3 and 5.2.9); None when it names none. Raises ValueError."""
    position = _inside(ticket, 0, _TICKET)
    position = _inside(ticket, position, _SEQUENCE)
    position = _inside(ticket, _find(ticket, position, _ENCRYPTED), _ENCRYPTED)
    position = _inside(ticket, position, _SEQUENCE)
    found = _find(ticket, position, _SECOND)
    if found < 0:
        return None
    start, length = _element(ticket, _inside(ticket, found, _SECOND))
    return int.from_bytes(ticket[start : start + length], "big")


def _element(data: bytes, position: int) -> tuple[int, int]:
    """Where the content of an element begins, and how long it is."""
    if position + 2 > len(data):
        raise ValueError("no ticket")
    length, start = data[position + 1], position + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    if start + length > len(data):
        raise ValueError("no ticket")
    return start, length


def _inside(data: bytes, position: int, tag: int) -> int:
    if not 0 <= position < len(data) or data[position] != tag:
        raise ValueError("no ticket")
    return _element(data, position)[0]


def _find(data: bytes, position: int, tag: int) -> int:
    """The next element of that tag beside the one at `position`; -1 when a later one comes first."""
    while position < len(data) and data[position] < tag:
        start, length = _element(data, position)
        position = start + length
    return position if position < len(data) and data[position] == tag else -1


def _strings(data: bytes, position: int, most: int = 8) -> list[str]:
    """The strings one after another from there on."""
    found: list[str] = []
    while position < len(data) and data[position] == _STRING and len(found) < most:
        start, length = _element(data, position)
        found.append(data[start : start + length].decode("utf-8", "replace"))
        position = start + length
    if not found:
        raise ValueError("no ticket")
    return found
