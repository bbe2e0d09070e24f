"""The register: the compact memory of devices on which decisions are made. Every fold is one script."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

import redis

from exconn.contracts import FACTS_FORMAT, FinaliseFact, OwnerFact, ReadingGaps, StatisticsFact
from exconn.inventory import layout, lua
from exconn.inventory.entry import Folded, PagePlace, RegisterEntry
from exconn.inventory.errors import (
    BackPressure,
    FoldLeaseLostError,
    RegisterFullError,
    RegisterOutOfReachError,
    Superseded,
)
from exconn.inventory.noted_gaps import noted_gaps
from exconn.inventory.pages import (
    ListedDevice,
    RegisterPage,
    closing_page,
    page_of_acknowledgement,
    page_of_devices,
    page_of_gaps,
    page_of_owners,
    page_of_statistics,
)
from exconn.inventory.unpack import Packed, unpack
from exconn.keyspace import Functions, connect, count_in, keys

T = TypeVar("T")

#: Records of facts that may wait for their reader; at full pages of ordinary devices about 350 MB.
HIGH_WATER = 5000


class Holder(Protocol):
    """The lease on the job that folds."""

    @property
    def job_id(self) -> str:
        """The job."""

    @property
    def token(self) -> str:
        """The lease's secret."""

    @property
    def epoch(self) -> int:
        """How often the job was claimed."""


class Register:
    """Reads and folds, over a connection that answers in bytes; threads may share an instance.

    A fold checks lease, generation and parent, updates the register, and appends one record with the facts that
    changed, all in one call. It raises FoldLeaseLostError, Superseded, BackPressure, RegisterFullError (nothing was
    folded) and RegisterOutOfReachError (folding again is safe).
    """

    def __init__(self, client: "redis.Redis", *, high_water: int = HIGH_WATER) -> None:
        self._client = client
        self._high_water = high_water
        self._functions = Functions(client, lua.library())

    @classmethod
    def at(cls, url: str, *, high_water: int = HIGH_WATER) -> "Register":
        """The register on the server at `url`, over a connection of its own."""
        return cls(connect(url, text=False, name="exconn-register"), high_water=high_water)

    def fold_devices(self, holder: Holder, place: PagePlace, devices: Sequence[ListedDevice]) -> Folded:
        """Fold a page of the list: at most 100 devices."""
        return self._fold(holder, place, page_of_devices(place.connector, place.sweep, devices))

    def fold_statistics(self, holder: Holder, place: PagePlace, statistics: Sequence[StatisticsFact]) -> Folded:
        """Fold the statistics of at most 100 devices; those never listed are counted as unknown."""
        return self._fold(holder, place, page_of_statistics(place.connector, statistics))

    def fold_owners(self, holder: Holder, place: PagePlace, owners: Sequence[OwnerFact]) -> Folded:
        """Fold at most 100 owners."""
        return self._fold(holder, place, page_of_owners(place.connector, owners))

    def fold_gaps(
        self, holder: Holder, place: PagePlace, gaps: ReadingGaps, *, at: str = "", first: bool = False
    ) -> None:
        """Note what could not be read at one place of a sweep; noting a place again replaces it.

        The list notes its own `first`, also when nothing is missing, so that a sweep without a note is none that was
        read completely.
        """
        self._fold(holder, place, page_of_gaps(place.connector, at, gaps, first=first))

    def gaps(self, connector: str, sweep: int) -> ReadingGaps | None:
        """All that a sweep could not read; None where that was not noted."""
        return self._reach("what is missing", lambda: noted_gaps(self._client, connector, sweep))

    def finalise(self, holder: Holder, place: PagePlace, fact: FinaliseFact) -> None:
        """Close a sweep: the size of the fleet, and the closing fact behind all pages. Repeating changes nothing."""
        self._fold(holder, place, closing_page(place.connector, fact))

    def note_acknowledgement(self, holder: Holder, connector: str, guid: str, at: datetime) -> None:
        """A device acknowledged a wipe at `at`, by Exchange's time; noting it again changes nothing."""
        self._fold(holder, PagePlace(connector=connector, sweep=0), page_of_acknowledgement(connector, guid, at))

    def look(self, connector: str, guid: str) -> RegisterEntry | None:
        """A device as it is known, or None. Raises ValueError for what is no GUID."""
        return self.look_up(connector, [guid])[0]

    def look_up(self, connector: str, guids: Iterable[str]) -> list[RegisterEntry | None]:
        """Several devices, in the same order."""
        wanted = [(guid, layout.raw(guid)) for guid in guids]
        found = self._reach("look", lambda: self._read(connector, [identity for _, identity in wanted]))
        packed = [
            Packed(guid.lower(), entry, exact or b"", wipes or b"") if entry else None
            for (guid, _), (entry, exact, wipes) in zip(wanted, found, strict=True)
        ]
        words = self._words(connector, [one for one in packed if one])
        return [unpack(one, words) if one else None for one in packed]

    def fleet_size(self, connector: str) -> int | None:
        """How many devices the last complete sweep found; None before the first, 0 where no count is there."""
        found = self._reach("fleet size", lambda: self._client.get(keys.fleet(connector)))
        return None if found is None else count_in(cast("bytes", found))

    def _read(self, connector: str, identities: Sequence[bytes]) -> list[list[bytes | None]]:
        with self._client.pipeline(transaction=False) as pipe:
            for identity in identities:
                bucket = keys.register(connector, layout.device_bucket(identity))
                pipe.hmget(bucket, [layout.device_field(identity), identity, layout.wipes_field(identity)])
            return list(pipe.execute())

    def _words(self, connector: str, packed: Iterable[Packed]) -> dict[str, str]:
        names = sorted({name for one in packed for name in one.words})
        if not names:
            return {}
        found = self._reach("words", lambda: self._client.hmget(keys.register_words(connector), names))
        texts = cast("list[bytes | None]", found)
        return {name: (text or b"").decode() for name, text in zip(names, texts, strict=True)}

    def _fold(self, holder: Holder, place: PagePlace, page: RegisterPage) -> Folded:
        parameters = {
            "job": holder.job_id,
            "token": holder.token,
            "epoch": str(holder.epoch),
            "generation": None if place.generation is None else str(place.generation),
            "connector": place.connector,
            "sweep": str(place.sweep),
            "type": page.script,
            "format": str(FACTS_FORMAT),
            "facts_key": keys.facts(place.connector),
            "words_key": keys.register_words(place.connector),
            "high_water": self._high_water,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        call = f"a page of {page.script}"
        arguments = [json.dumps(given), *page.arguments]
        reply = self._reach(call, lambda: self._functions.call(page.script, page.keys, arguments))
        return self._folded(holder, json.loads(cast("bytes", reply)))

    def _folded(self, holder: Holder, found: dict[str, Any]) -> Folded:
        if "pressure" in found:
            raise BackPressure(found["pressure"], self._high_water)
        refused = found.get("refused")
        if refused == "lost":
            raise FoldLeaseLostError(holder.job_id)
        if refused:
            raise Superseded(holder.job_id, refused)
        return Folded(changed=found["changed"], unknown=found["unknown"])

    def _reach(self, call: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except redis.exceptions.OutOfMemoryError as exc:
            raise RegisterFullError(call) from exc
        except redis.exceptions.ResponseError as exc:
            if "OOM" in str(exc):
                raise RegisterFullError(call) from exc
            raise
        except (redis.ConnectionError, redis.TimeoutError, OSError) as exc:
            raise RegisterOutOfReachError(call, str(exc) or type(exc).__name__) from exc
