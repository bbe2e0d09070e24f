"""From packed bytes back to an entry (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from exconn.contracts import ClientClass, Fingerprint, client_class
from exconn.inventory import layout
from exconn.inventory.entry import RegisterEntry


@dataclass(frozen=True)
class Packed:
    """The fields of a device, taken apart; words are still numbers."""

    guid: str
    entry: bytes
    exact: bytes
    wipes: bytes = b""

    @property
    def access(self) -> int:
        """The number of the access word."""
        return int(self.entry[layout.HEAD.size]) & layout.MOST_ACCESS

    @property
    def make(self) -> int:
        """The number of the make word."""
        start = layout.HEAD.size + 1
        return int.from_bytes(self.entry[start : start + 2])

    @property
    def account_wipe(self) -> tuple[datetime | None, ...]:
        """When an account-only wipe was asked for, sent, acknowledged."""
        return tuple(layout.moment_of(0, moment) for moment in self._wipes[:3])

    @property
    def requestors(self) -> tuple[int, int]:
        """The numbers of who asked for a wipe, and for an account-only wipe; 0 for nobody."""
        _, _, _, wipe, account_only = self._wipes
        return wipe, account_only

    @property
    def _wipes(self) -> tuple[int, int, int, int, int]:
        """Three times, two numbers."""
        found: tuple[int, int, int, int, int] = layout.WIPES.unpack(self.wipes or bytes(layout.WIPES.size))
        return found

    @property
    def words(self) -> tuple[str, str, str, str]:
        """The names of its words: access, make, and who asked for each kind of wipe."""
        wipe, account_only = self.requestors
        return f"access={self.access}", f"make={self.make}", f"requestor={wipe}", f"requestor={account_only}"

    @property
    def flags(self) -> int:
        """The personal lists."""
        return int(self.entry[layout.HEAD.size]) >> layout.ACCESS_BITS


def unpack(packed: Packed, words: Mapping[str, str]) -> RegisterEntry:
    """The entry, with the words that its numbers stand for; one that was not kept, or not asked for, is empty."""
    access, make, requestor, account_requestor = (words.get(name, "") for name in packed.words)
    account_requested, account_sent, account_acknowledged = packed.account_wipe
    _, owner, device, created, first_sync = layout.HEAD.unpack_from(packed.entry)
    _, read_at, day = layout.STATISTICS.unpack_from(packed.entry, layout.DIRECTORY)
    exact_created, exact_first, acknowledged = layout.EXACT.unpack(packed.exact or bytes(layout.EXACT.size))
    owner_guid = None if owner == layout.NOBODY else str(UUID(bytes=owner))
    state, reason = _parts(access, 2)
    device_type, model, os, user_agent, client_type = _make(make)
    seen = layout.HEAD.size + layout.WORD
    listed_at = _time(int.from_bytes(packed.entry[seen + layout.SWEEP : layout.DIRECTORY]))
    return RegisterEntry(
        guid=packed.guid,
        owner=owner_guid,
        fingerprint=Fingerprint(
            guid=packed.guid,
            device=device.hex(),
            mailbox=owner_guid or "",
            created=layout.moment_of(created, exact_created),
            first_sync=layout.moment_of(first_sync, exact_first),
            last_acknowledged=layout.moment_of(0, acknowledged),
        ),
        access_state=state,
        access_state_reason=reason,
        personally_allowed=bool(packed.flags & layout.PERSONALLY_ALLOWED),
        personally_blocked=bool(packed.flags & layout.PERSONALLY_BLOCKED),
        last_sync_day=layout.day_of(day),
        sweep=int.from_bytes(packed.entry[seen : seen + layout.SWEEP]),
        device_type=device_type,
        model=model,
        os=os,
        user_agent=user_agent,
        client_type=client_type,
        wipe_requestor=requestor,
        account_wipe_requested=account_requested,
        account_wipe_sent=account_sent,
        account_wipe_acknowledged=account_acknowledged,
        account_wipe_requestor=account_requestor,
        listed_at=listed_at,
        statistics_at=_time(read_at) if read_at else None,
        seen_at=min(listed_at, _time(read_at)),
    )


def class_of(make: str) -> ClientClass:
    """The client that a make word tells of."""
    device_type, model, _, user_agent, client_type = _make(make)
    return client_class(device_type=device_type, model=model, user_agent=user_agent, client_type=client_type)


def type_of(make: str) -> str:
    """The device type that a make word tells of."""
    return _make(make)[0]


def _time(seconds: int) -> datetime:
    return layout.EPOCH + timedelta(seconds=seconds)


def _make(word: str) -> Sequence[str]:
    """What a device says about itself. Versions before kept no client type; their words stay until the next list."""
    parts = _parts(word, 5)
    return parts if any(parts) else [*_parts(word, 4), ""]


def _parts(word: str, count: int) -> Sequence[str]:
    parts = word.split(layout.SEPARATOR)
    return parts if len(parts) == count else [""] * count
