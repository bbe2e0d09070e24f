"""Looking one device up together with other questions to the same server, in one round trip."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

from redis.client import NEVER_DECODE

from exconn.contracts import ClientClass, Fingerprint
from exconn.inventory import layout
from exconn.inventory.unpack import Packed, class_of, type_of, unpack
from exconn.keyspace import keys

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import Pipeline


def ask_for_device(pipe: "Pipeline", connector: str, guid: str) -> None:
    """Put the question into a pipeline. Raises ValueError for what is no GUID."""
    identity = layout.raw(guid)
    bucket = keys.register(connector, layout.device_bucket(identity))
    ask: Callable[..., object] = pipe.execute_command
    ask("HMGET", bucket, layout.device_field(identity), identity, **{NEVER_DECODE: True})


def fingerprint_in(guid: str, reply: object) -> Fingerprint | None:
    """From the answer: the fingerprint; None for an unknown device."""
    entry, exact = cast("list[bytes | None]", reply)
    if not entry:
        return None
    return unpack(Packed(guid.lower(), entry, exact or b""), {}).fingerprint


def make_of(reply: object) -> int:
    """From the answer about a known device: the number of what it says of itself."""
    entry, _ = cast("list[bytes]", reply)
    return Packed("", entry, b"").make


class Make(NamedTuple):
    """What a device says of itself, as far as decisions need it."""

    device_type: str
    client: ClientClass


def said_by_make(client: "Redis", connector: str, make: int) -> Make | None:
    """What the make of that number says; None where it was not kept. One more question to the server."""
    found = client.hget(keys.register_words(connector), f"make={make}")
    if not found:
        return None
    word = found if isinstance(found, str) else found.decode()
    return Make(type_of(word), class_of(word))
