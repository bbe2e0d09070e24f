"""What is read from a ticket: the service, the version of its key; what is no ticket is an error of one type."""

import pytest

from exconn.exchange.wsman.ticket import ticket_service, ticket_version


def element(tag: int, content: bytes) -> bytes:
    """In the form of DER, with a length of one byte or of three."""
    length = bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes([tag]) + length + content


def text(value: str) -> bytes:
    return element(0x1B, value.encode())


def ticket(*version: bytes, parts: tuple[str, ...] = ("HTTP", "ex1.corp.example"), encrypted: int = 1) -> bytes:
    kind = element(0xA0, b"\x02\x01\x12")
    secret = element(0xA3, element(0x30, b"".join([kind, *version, element(0xA2, element(0x04, b"x" * encrypted))])))
    name = element(0xA2, element(0x30, kind + element(0xA1, element(0x30, b"".join(map(text, parts))))))
    realm = element(0xA1, text("CORP.EXAMPLE"))
    return element(0x61, element(0x30, element(0xA0, b"\x02\x01\x05") + realm + name + secret))


SEVEN = element(0xA1, b"\x02\x01\x07")


def test_the_service_is_read_with_its_realm() -> None:
    assert ticket_service(ticket()) == "HTTP/ex1.corp.example@CORP.EXAMPLE"
    assert ticket_service(ticket(encrypted=2000)) == "HTTP/ex1.corp.example@CORP.EXAMPLE"


def test_the_version_may_be_left_out() -> None:
    assert ticket_version(ticket(SEVEN)) == 7
    assert ticket_version(ticket()) is None


@pytest.mark.parametrize("read", [ticket_service, ticket_version])
def test_a_ticket_that_was_cut_off_anywhere_is_an_error(read: object) -> None:
    assert callable(read)
    whole = ticket(SEVEN)

    for size in range(len(whole)):
        with pytest.raises(ValueError, match="no ticket"):
            read(whole[:size])


def test_what_is_no_ticket_is_an_error() -> None:
    for data in (b"", b"\x30\x00", ticket()[1:], ticket(parts=()), element(0x61, b"x" * 200)):
        with pytest.raises(ValueError, match="no ticket"):
            ticket_service(data)
