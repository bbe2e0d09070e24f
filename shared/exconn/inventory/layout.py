"""How a device is packed: 64 bytes in a bucketed hash, so that the server keeps the bucket as one compact list.

    directory (54)   digest 4, owner 16, device 16, created 4, first sync 4, word 3, sweep 3, listed at 4
    statistics (10)  digest 4, read at 4, day of the last sync 2

A word is two flags, the number of the access state and that of the make. What is rare has a second field: dates
with fractions of a second (the directory keeps whole ones) and the acknowledgement of a wipe, 24 bytes. Rarer still is
a third one, 28 bytes: the times of an account-only wipe, and the numbers of those who asked for each kind of wipe.
Sizes are said here and rendered into the scripts, which splice the two parts.
"""

import hashlib
import struct
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

DIGEST = 4
HEAD = struct.Struct(">4s16s16sII")
WORD = 3
SWEEP = 3
SWEEPS = 1 << (8 * SWEEP)
TIME = 4
DIRECTORY = HEAD.size + WORD + SWEEP + TIME
STATISTICS = struct.Struct(">4sIH")
ENTRY = DIRECTORY + STATISTICS.size
EXACT = struct.Struct(">qqq")
EXACT_DATES = struct.Struct(">qq")
EXACT_ACKNOWLEDGED = struct.Struct(">q")
WIPES = struct.Struct(">qqqHH")
ACCOUNT_WIPE = struct.Struct(">qqq")

#: Most numbers of a word: 6 bits of access states, 16 bits of makes; a word beyond them is not kept.
ACCESS_BITS = 6
MOST_ACCESS = (1 << ACCESS_BITS) - 1
MOST_MAKES = (1 << 16) - 1
MOST_REQUESTORS = (1 << 16) - 1
#: Devices choose what they say about themselves; no more of each word is kept.
LONGEST_WORD = 64
#: Who asks for wipes is named by a path of the directory.
LONGEST_NAME = 256
SEPARATOR = "\x1f"

PERSONALLY_ALLOWED = 1
PERSONALLY_BLOCKED = 2

NOBODY = bytes(16)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BUCKET_BITS = 14


def raw(guid: str) -> bytes:
    """The 16 bytes of a GUID. Raises ValueError."""
    return UUID(guid).bytes


def device_bucket(identity: bytes) -> str:
    """The bucket of a device: about 60 devices in each of 16,384 when there are a million."""
    return f"d{int.from_bytes(identity[:2]) >> (16 - _BUCKET_BITS):04x}"


def owner_bucket(identity: bytes) -> str:
    """The bucket of an owner."""
    return f"o{int.from_bytes(identity[:2]) >> (16 - _BUCKET_BITS):04x}"


def device_field(identity: bytes) -> bytes:
    """What a bucket need not repeat is left out; the rare second field is the whole GUID."""
    return identity[1:]


def wipes_field(identity: bytes) -> bytes:
    """The rarest field of a device; versions before this one do not look at it."""
    return identity + b"w"


def owner_field(identity: bytes) -> bytes:
    """Half a GUID: a mix-up, should it ever happen, only repeats an owner's fact."""
    return identity[1:9]


def short_digest(fact: bytes) -> bytes:
    """Enough to see that a fact changed."""
    return hashlib.blake2b(fact, digest_size=DIGEST).digest()


def words(parts: Iterable[str]) -> bytes:
    """What a device says about itself, cut to size, as one word."""
    return SEPARATOR.join(part.replace(SEPARATOR, "")[:LONGEST_WORD] for part in parts).encode()


def whole_seconds(moment: datetime | None) -> int:
    """Seconds for the compact entry; 0 for none, and where only the exact field can hold the date."""
    if moment is None:
        return 0
    seconds = (moment - EPOCH) // timedelta(seconds=1)
    return seconds if 0 < seconds < 2**32 else 0


def exact_micros(moment: datetime | None) -> int:
    """Microseconds for the exact field, 0 where the compact entry holds the date without loss."""
    if moment is None or (whole_seconds(moment) and not moment.microsecond):
        return 0
    return (moment - EPOCH) // _MICROSECOND


def micros(moment: datetime | None) -> int:
    """Microseconds, 0 for none."""
    return 0 if moment is None else (moment - EPOCH) // _MICROSECOND


def moment_of(seconds: int, exact: int) -> datetime | None:
    """The date that both fields say, None for none."""
    if exact:
        return EPOCH + exact * _MICROSECOND
    return EPOCH + timedelta(seconds=seconds) if seconds else None


def day_number(moment: datetime | None) -> int:
    """Days since 1970, 0 for none; what does not fit is none."""
    days = 0 if moment is None else (moment - EPOCH).days
    return days if 0 < days < 2**16 else 0


def day_of(number: int) -> date | None:
    """The day of a number, None for 0."""
    return EPOCH.date() + timedelta(days=number) if number else None
