"""Pending changes: what widens a protection, or moves an address or a secret, waits for a second requester.

Each is kept with what will be done, and with how it differs from what holds now. Proposing, releasing and dropping one
append their status message in the same script.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict

from exconn.connector.errors import TooManyChangesError
from exconn.connector.store_library import library
from exconn.contracts.request import JobId
from exconn.keyspace import Functions, keys
from exconn.stream import Number

if TYPE_CHECKING:
    import redis

#: What an id begins with; it then has the form of a job's.
ID_PREFIX = "change-"
#: A change that nobody releases for so long is dropped.
EXPIRES_AFTER = timedelta(hours=72)
#: How many changes are pending at most, and how many of one requester.
MOST, MOST_OF_ONE = 50, 10
#: How many differences a status message names, and how much of a value: the change itself has them all.
_SUMMED, _TOLD, _TOLD_VALUE = 3, 20, 120


class ChangeKind(StrEnum):
    """What would be changed."""

    DEFINITION = "definition"
    RESUME = "resume"
    REGISTRY = "registry"


class DifferenceCode(StrEnum):
    """Why a difference needs a second requester."""

    WIDENS_LIMIT = "widens_limit"
    LATER_DEADLINE = "later_deadline"
    MOVES_ADDRESS = "moves_address"
    OTHER_ORGANIZATION = "other_organization"
    WEAKER_SIGN_IN = "weaker_sign_in"
    OTHER_SIGN_IN = "other_sign_in"
    OTHER_SECRET = "other_secret"  # noqa: S105 - a word for a difference, not a secret
    OTHER_ACCOUNT = "other_account"
    NEW_CONNECTOR = "new_connector"
    OTHER_SETTING = "other_setting"
    RESUMES = "resumes"
    NEW_KEY = "new_key"
    WIDER_RIGHTS = "wider_rights"
    SINGLE_ADMINISTRATOR = "single_administrator"
    FEWER_HARDWARE_KEYS = "fewer_hardware_keys"


class DropReason(StrEnum):
    """Why a pending change was dropped."""

    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REMOVED = "removed"


class Difference(BaseModel):
    """One value that would change. `field` is its dotted name, as in the file; "" stands for a value that is absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    old: str
    new: str
    why: DifferenceCode


class PendingChange(BaseModel):
    """A change that waits. `connector` is "" for one of the whole deployment.

    `content` is what will be done (of a definition: its JSON), `digest` its SHA-256, `base` the revision that
    `differences` were found against.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: JobId
    kind: ChangeKind
    connector: str
    by: str
    at: AwareDatetime
    expires_at: AwareDatetime
    differences: tuple[Difference, ...]
    digest: str
    base: int = 0
    content: str = ""

    @property
    def shown(self) -> str:
        """The SHA-256 of what a person is shown before releasing it: the release names it."""
        differences = [[one.field, one.old, one.new, one.why] for one in self.differences]
        parts = [self.id, self.kind, self.connector, self.by, self.digest, self.base, differences]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def is_whole(self) -> bool:
        """Whether what will be done is what was proposed."""
        return hashlib.sha256(self.content.encode()).hexdigest() == self.digest

    def told(self) -> dict[str, object]:
        """What its status messages say of it; never what a secret file holds."""
        differences = [
            {"field": one.field, "old": one.old[:_TOLD_VALUE], "new": one.new[:_TOLD_VALUE], "why": one.why}
            for one in self.differences[:_TOLD]
        ]
        return {
            "change": self.id,
            "what": self.kind,
            "summary": self.summary(),
            "proposed_by": self.by,
            "differences": differences,
            "count": len(self.differences),
            "digest": self.digest,
            "expires_at": self.expires_at.isoformat(),
        }

    def summary(self) -> str:
        """The first differences, in one line."""
        first = [f"{one.field} {one.old or '-'} -> {one.new or '-'}" for one in self.differences[:_SUMMED]]
        more = len(self.differences) - _SUMMED
        return "; ".join(first)[:_TOLD_VALUE] + (f"; and {more} more" if more > 0 else "")


def change_id(by: str, nonce: str) -> str:
    """The id of the change that a request proposes: the same for the same request."""
    digest = hashlib.sha256(f"{by}:{nonce}".encode()).digest()
    return ID_PREFIX + base64.b32encode(digest[:10]).decode().lower()


def pending_change(
    kind: ChangeKind,
    *,
    connector: str,
    by: str,
    nonce: str,
    at: datetime,
    differences: Sequence[Difference],
    content: str,
    base: int = 0,
    until: datetime | None = None,
) -> PendingChange:
    """A change as it is kept; it expires at last when it takes effect by itself (`until`)."""
    expires_at = at + EXPIRES_AFTER
    return PendingChange(
        id=change_id(by, nonce),
        kind=kind,
        connector=connector,
        by=by,
        at=at,
        expires_at=min(expires_at, until) if until else expires_at,
        differences=tuple(differences),
        digest=hashlib.sha256(content.encode()).hexdigest(),
        base=base,
        content=content,
    )


def is_change(name: str) -> bool:
    """Whether an id is one of a pending change."""
    return name.startswith(ID_PREFIX)


class PendingChanges:
    """The changes that wait on this deployment. `client` answers in text."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        functions = Functions(client, library())
        self._propose, self._close = functions.bound("propose"), functions.bound("close")

    def all(self) -> list[PendingChange]:
        """Every pending change, the oldest first; some may have expired already."""
        found = cast("dict[str, str]", self._client.hgetall(keys.CHANGES))
        return sorted(map(PendingChange.model_validate_json, found.values()), key=lambda change: (change.at, change.id))

    def of(self, connector: str) -> list[PendingChange]:
        """Those of one connector."""
        return [change for change in self.all() if change.connector == connector]

    def find(self, name: str) -> PendingChange | None:
        """One change, or None of one that was released, dropped, or never proposed."""
        raw = self._raw(name)
        return PendingChange.model_validate_json(raw) if raw else None

    def propose(self, change: PendingChange) -> PendingChange:
        """Keep a change pending; the same request again keeps nothing new. Raises TooManyChangesError.

        One of the same kind and connector is superseded: a definition has one that could follow it.
        """
        self.drop_expired(change.at)
        connector, by = change.connector, change.by
        superseded: list[str] = []
        for old in self.of(connector):
            if old.kind is change.kind and old.id != change.id:
                superseded += [old.id, json.dumps({**old.told(), "why": DropReason.SUPERSEDED})]
        args = [change.id, change.model_dump_json(), MOST, MOST_OF_ONE, int(Number.CHANGE_PENDING), connector, by]
        args += [json.dumps(change.told()), int(Number.CHANGE_DROPPED), *superseded]
        answer = cast("list[str]", self._propose(keys=[keys.CHANGES, keys.SEQUENCE, keys.STATUS], args=args))
        if answer[0] in ("full", "full_of_one"):
            raise TooManyChangesError(int(answer[1]), by if answer[0] == "full_of_one" else "")
        return self.find(change.id) or change

    def release(self, name: str, by: str) -> bool:
        """End a change because it is done now; False when it is not pending any more.

        A definition is not released by this: `ConnectorStore.apply` does both in one script.
        """
        return self._end(name, Number.CHANGE_RELEASED, by, {})

    def drop(self, name: str, by: str, why: DropReason = DropReason.CANCELLED) -> bool:
        """End a change without doing it; False when it is not pending any more."""
        return self._end(name, Number.CHANGE_DROPPED, by, {"why": why})

    def drop_expired(self, now: datetime | None = None) -> None:
        """Drop every change that waited too long by the time of the server."""
        waiting = self.all()
        if waiting and now is None:
            now = datetime.fromtimestamp(self._client.time()[0], UTC)
        for change in waiting:
            if now is not None and change.expires_at <= now:
                self.drop(change.id, "", DropReason.EXPIRED)

    def drop_definitions(self, connector: str, by: str, why: DropReason) -> None:
        """Drop what was proposed for a connector's definition."""
        for change in self.of(connector):
            if change.kind is ChangeKind.DEFINITION:
                self.drop(change.id, by, why)

    def _end(self, name: str, number: Number, by: str, more: Mapping[str, object]) -> bool:
        raw = self._raw(name)
        if not raw:
            return False
        change = PendingChange.model_validate_json(raw)
        args = [name, raw, int(number), change.connector, by, json.dumps({**change.told(), **more})]
        return bool(self._close(keys=[keys.CHANGES, keys.SEQUENCE, keys.STATUS], args=args) == "done")

    def _raw(self, name: str) -> str:
        return cast("str | None", self._client.hget(keys.CHANGES, name)) or ""
