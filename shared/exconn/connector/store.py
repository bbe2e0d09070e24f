"""Connectors on the ledger server: definitions by revision, the newest state, and who may change it how.

Every order is a compare-and-set that appends its status message in the same script, so that what happened and what
is recorded cannot differ. Repeating an order changes nothing and announces nothing.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

from redis.client import NEVER_DECODE

from exconn.connector import pins as pinned
from exconn.connector import state as states
from exconn.connector.definition import ConnectorDefinition
from exconn.connector.errors import (
    ChangeGoneError,
    ContendedError,
    NewerDefinitionError,
    NotInstalledError,
    NotTheFirstError,
    OpenActionsError,
    OrganizationTakenError,
    OtherOrganizationError,
    UnknownConnectorError,
    UnreadableStateError,
)
from exconn.connector.known import KnownConnector, known_of, states_in
from exconn.connector.parse import definition_of
from exconn.connector.pending import PendingChange
from exconn.connector.pins import Pins
from exconn.connector.state import ConnectorState
from exconn.connector.state_changes import StateChange, applied, revision_of
from exconn.connector.store_library import library
from exconn.contracts.roles import Feature
from exconn.keyspace import Functions, count_in, keys
from exconn.stream import Number
from exconn.stream.cause import present_cause

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

#: Orders to one connector are rare: this many writers in a row ahead of us means that something loops.
_ATTEMPTS = 20
#: How many definitions a process keeps, so that it need not read and parse them for each job and request.
_KEPT = 256
#: How many open actions an error names.
_SHOWN = 10


#: From what is known and the server's time to the change wanted; None when there is nothing to change.
_Decision = Callable[[KnownConnector, datetime], StateChange | None]


class ConnectorStore:
    """The connectors that were applied to this deployment. `client` answers in text."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._script = Functions(client, library()).bound("change")
        self._kept = lru_cache(maxsize=_KEPT)(self._read)

    def names(self) -> list[str]:
        """Every connector that is not removed."""
        return sorted(name for name, state in self.states().items() if state.state != "removed")

    def states(self) -> dict[str, ConnectorState]:
        """The state of every connector, removed ones too; without those whose state cannot be read."""
        return states_in(self.known())

    def known(self) -> dict[str, KnownConnector]:
        """What is known of every connector."""
        found = cast("dict[str, str]", self._client.hgetall(keys.CONNECTORS))
        pipe = self._client.pipeline(transaction=False)
        for name in found:
            pipe.hmget(keys.revisions(name), pinned.FIELDS)
        answers = pipe.execute() if found else []
        known = {
            name: known_of(name, raw, Pins.read(answer))
            for (name, raw), answer in zip(found.items(), answers, strict=True)
        }
        return known | self._of_nobody(known)

    def find(self, name: str) -> ConnectorState | None:
        """The state of one connector, or None. Raises UnreadableStateError."""
        return self._known(name).believed(name)

    def ask_for_state(self, pipe: "Pipeline", name: str) -> None:
        """Put into a pipeline what `find` asks for: two commands, whose answers are for `known_in`."""
        # As bytes: what a worker wrote need not be text, and is replaced only where it is still the same.
        cast("Any", pipe).execute_command("HGET", keys.CONNECTORS, name, **{NEVER_DECODE: []})
        pipe.hmget(keys.revisions(name), pinned.FIELDS)

    @staticmethod
    def known_in(name: str, raw: object, pins: object) -> KnownConnector:
        """What two answers say of a connector; of one that is unproven, `find` and `pin` say whether there is one."""
        stored = cast("bytes | None", raw)
        text = None if stored is None else stored.decode(errors="replace")
        known = known_of(name, text, Pins.read(cast("list[str | None]", pins)))
        return replace(known, raw=(stored or b"").decode(errors="surrogateescape"))

    def get(self, name: str) -> ConnectorState:
        """The state of one connector. Raises UnknownConnectorError and UnreadableStateError."""
        state = self.find(name)
        if state is None:
            raise UnknownConnectorError(name)
        return state

    def definition(self, name: str, revision: int | None = None) -> ConnectorDefinition:
        """The definition of a revision, or the newest one's. Raises UnknownConnectorError.

        Servers, accounts and secret references are always the newest's, whatever the revision.
        """
        state = self.get(name)
        current = self.newest_definition(state)
        if revision in (None, state.revision):
            return current
        definition = self._kept(name, revision, state.revision, state.applied_at)
        return definition.model_copy(update={"exchange": current.exchange, "accounts": current.accounts})

    def newest_definition(self, state: ConnectorState) -> ConnectorDefinition:
        """The newest definition of a connector in that state. Raises UnknownConnectorError."""
        return self._kept(state.name, state.revision, state.revision, state.applied_at)

    def apply(
        self,
        definition: ConnectorDefinition,
        by: str,
        *,
        over: ConnectorState | Literal["any"] | None = "any",
        as_first: bool = False,
        change: PendingChange | None = None,
    ) -> ConnectorState:
        """Make `definition` the newest revision. The same definition again is the same revision.

        A new or removed connector is flagged for installation, and so is one whose definition names another
        organization: raises OpenActionsError while it has open actions. A feature whose account becomes another is
        disarmed, and nobody wants it armed any more, whatever the state says of it. Where the state says otherwise than
        what is pinned, it is written anew.
        `over` is the state that the definition was compared with: raises ContendedError where that is another's by now.
        `as_first`: only if no other connector was ever applied; raises NotTheFirstError.
        `change` is the pending change that this releases: raises ChangeGoneError when it is gone, or was made over
        another revision.
        """
        stored = definition.model_dump_json()

        def decide(known: KnownConnector, now: datetime) -> StateChange | None:
            old = known.state
            revision = 0 if old is None else old.revision
            if change is not None and change.base != revision:
                raise ChangeGoneError(change.id)
            if over != "any" and _standing(over) != _standing(old):
                raise ContendedError(definition.name)
            before = self._stored(definition.name, revision)
            if old is not None and known.readable and before == stored and old.state != "removed":
                if change is not None:
                    return StateChange(state=old.with_(released=change.id), released=change)
                return (
                    StateChange(state=old, number=Number.CONNECTOR_APPLIED, data=revision_of(old))
                    if known.differs
                    else None
                )
            last = max(revision, self._last_revision(definition.name))
            return replace(applied(known, definition, before, now, change, last=last), as_first=as_first)

        return self._change(definition.name, by, decide)

    def set_installed(
        self, name: str, organization: str, by: str, *, job: str = "", revision: int | None = None
    ) -> ConnectorState:
        """Record that `name` is installed in the organization with that GUID (announces 1015).

        `revision` is the newest one that was read before its servers were asked. Raises NewerDefinitionError when
        another one was applied since, OtherOrganizationError when it was installed for another organization,
        OrganizationTakenError, UnknownConnectorError.
        """

        def decide(known: KnownConnector, now: datetime) -> StateChange | None:
            present = _present(known, name)
            if revision is not None and present.revision != revision:
                raise NewerDefinitionError(name, revision, present.revision)
            if known.pins.organization not in ("", organization):
                raise OtherOrganizationError(name, organization, known.pins.organization)
            if present.state == "installed" and present.organization == organization:
                return None
            return StateChange(
                state=states.installed(present, organization=organization, at=now),
                number=Number.INSTALLED,
                data={"organization": organization, "revision": present.revision},
                job=job,
                organization=organization,
            )

        return self._change(name, by, decide)

    def set_last_error(self, name: str, error: str | None) -> ConnectorState:
        """Keep why the last try failed, for people to see. The job that failed announces it."""

        def decide(known: KnownConnector, _now: datetime) -> StateChange | None:
            present = _present(known, name)
            return None if present.last_error == error else StateChange(state=present.with_(last_error=error))

        return self._change(name, "", decide)

    def arm(self, name: str, feature: Feature, by: str, *, job: str = "") -> ConnectorState:
        """Arm `feature`; call it only after its preflight succeeded. Raises NotInstalledError."""

        def decide(known: KnownConnector, _now: datetime) -> StateChange | None:
            present = _present(known, name)
            if present.state != "installed":
                raise NotInstalledError(name, present.state)
            if feature in present.armed:
                return None
            return StateChange(
                state=states.armed(present, feature),
                number=Number.CONNECTOR_ARMED,
                data={"feature": feature},
                job=job,
            )

        return self._change(name, by, decide)

    def disarm(self, name: str, feature: Feature, by: str) -> ConnectorState:
        """Disarm `feature`."""

        def decide(known: KnownConnector, _now: datetime) -> StateChange | None:
            present = _present(known, name)
            # As it stands there: that it may not be armed is pinned before, so it is not believed any more.
            if not known.says_armed(feature):
                return None
            return StateChange(
                state=states.disarmed(present, feature),
                number=Number.CONNECTOR_DISARMED,
                data={"feature": feature},
            )

        return self._change(name, by, decide)

    def may_arm(self, name: str, feature: Feature, *, may: bool) -> None:
        """Pin whether a person wants `feature` armed: a state that says so counts only then. Announces nothing."""

        def decide(known: KnownConnector, _now: datetime) -> StateChange | None:
            present = _present(known, name)
            if known.pins.may_arm.get(feature) is may:
                return None
            return StateChange(state=present, pins=pinned.arming({feature: may}))

        self._change(name, "", decide)

    def ask_for_fleet(self, pipe: "Pipeline", name: str) -> None:
        """Put into a pipeline how many devices discovery has counted: one command, whose answer is for `pin_fleet`."""
        # As bytes: what discovery wrote need not be text.
        cast("Any", pipe).execute_command("GET", keys.fleet(name), **{NEVER_DECODE: []})

    def pin_fleet(self, known: KnownConnector, counted: object, now: datetime) -> None:
        """Pin how many devices are believed at most, where discovery has counted more and that is long enough ago.

        Of a connector that is removed, or whose state cannot be read, nothing is pinned.
        """
        devices = count_in(cast("bytes | None", counted))

        def decide(known: KnownConnector, _now: datetime) -> StateChange | None:
            if known.state is None or not known.readable or known.state.state == "removed":
                return None
            pins = known.pins.grown(devices, now)
            return StateChange(state=known.state, pins=pins) if pins else None

        if known.state is not None and decide(known, now) is not None:
            self._change(known.state.name, "", decide)

    def pin(self, name: str, by: str, *, asked: Collection[Feature] = ()) -> ConnectorState | None:
        """Pin what is not pinned yet as the state has it: what was said first is believed, and announced (50507).

        `asked` are features that a person has asked to arm, and that are not armed yet. Nothing is pinned where there
        is no such revision. None where no connector of that name was ever applied.
        """

        def decide(known: KnownConnector, _now: datetime) -> StateChange | None:
            state, lacking = known.state, known.lacking
            if state is None or not lacking or (known.is_unproven and self._stored(name, state.revision) is None):
                return None
            lacking |= pinned.arming({feature: True for feature in asked if feature not in known.pins.may_arm})
            organization = lacking.get("organization")
            return StateChange(
                state=state,
                number=Number.ORGANIZATION_PINNED if organization else None,
                data={"organization": organization} if organization else {},
                pins=lacking,
                first_pin=organization is not None,
            )

        return self._change(name, by, decide)

    def remove(self, name: str, by: str) -> ConnectorState:
        """Remove the connector; Exchange is left as it is. Raises OpenActionsError while actions are open."""

        def decide(known: KnownConnector, _now: datetime) -> StateChange | None:
            present = known.state or _present(known, name)
            if present.state == "removed":
                return None
            return StateChange(
                state=states.removed(present),
                number=Number.CONNECTOR_REMOVED,
                unless_open=True,
                pins=pinned.of_removed(),
            )

        return self._change(name, by, decide)

    def _change(self, name: str, by: str, decide: _Decision) -> ConnectorState:
        for _ in range(_ATTEMPTS):
            known = self._known(name)
            change = decide(known, self._now())
            if change is None:
                return cast("ConnectorState", known.state)
            if self._write(name, known.raw, change, by):
                return change.state
        raise ContendedError(name)

    def _known(self, name: str) -> KnownConnector:
        pipe = self._client.pipeline(transaction=False)
        self.ask_for_state(pipe, name)
        known = self.known_in(name, *pipe.execute())
        return self._of_nobody({name: known}).get(name, known)

    def _of_nobody(self, known: Mapping[str, KnownConnector]) -> dict[str, KnownConnector]:
        """Those under whose name none was ever applied: who may write states may write one under any name."""
        unproven = [name for name, each in known.items() if each.is_unproven]
        pipe = self._client.pipeline(transaction=False)
        for name in unproven:
            pipe.hget(keys.revisions(name), "1")
        first = pipe.execute() if unproven else []
        return {name: known[name].of_nobody() for name, found in zip(unproven, first, strict=True) if found is None}

    def _write(self, name: str, raw: str, change: StateChange, by: str) -> bool:
        released = change.released
        answer = cast(
            "list[str]",
            self._script(
                keys=[
                    keys.CONNECTORS,
                    keys.revisions(name),
                    keys.SEQUENCE,
                    keys.STATUS,
                    keys.open_actions(name),
                    *([keys.CHANGES] if released else []),
                ],
                args=[
                    name,
                    raw.encode(errors="surrogateescape"),
                    change.state.model_dump_json(),
                    str(change.state.revision) if change.definition else "",
                    change.definition,
                    str(int(change.number)) if change.number else "",
                    by,
                    json.dumps({**change.data, **present_cause()}),
                    change.job,
                    change.organization,
                    "1" if change.unless_open else "",
                    released.id if released else "",
                    json.dumps([(int(number), json.dumps(data)) for number, data in change.messages]),
                    "1" if change.as_first else "",
                    json.dumps([part for pin in change.pins.items() for part in pin]),
                    "1" if change.first_pin else "",
                ],
            ),
        )
        if answer[0] == "open":
            raise OpenActionsError(name, self._open_actions(name), int(answer[1]))
        if answer[0] == "taken":
            raise OrganizationTakenError(name, change.organization, answer[1])
        if answer[0] == "not_first":
            raise NotTheFirstError(name)
        if answer[0] == "gone":
            raise ChangeGoneError(answer[1])
        return answer[0] == "done"

    def _open_actions(self, name: str) -> tuple[str, ...]:
        _, found = self._client.hscan(keys.open_actions(name), count=_SHOWN)
        return tuple(sorted(cast("dict[str, str]", found).values())[:_SHOWN])

    def _read(self, name: str, revision: int, _newest: int, _applied_at: datetime) -> ConnectorDefinition:
        """A revision of a connector whose newest one was applied then: it is kept as long as both are the same.

        The number alone says too little: on a server that was set back it comes again, with another definition.
        """
        stored = self._stored(name, revision)
        if stored is None:
            raise UnknownConnectorError(f"{name}, revision {revision}")
        return definition_of(stored)

    def _stored(self, name: str, revision: int) -> str | None:
        return cast("str | None", self._client.hget(keys.revisions(name), str(revision)))

    def _last_revision(self, name: str) -> int:
        """The highest revision that there is, 0 without any; a state that cannot be read, or is gone, does not say."""
        fields = cast("list[str]", self._client.hkeys(keys.revisions(name)))
        return max((int(field) for field in fields if field.isdecimal()), default=0)

    def _now(self) -> datetime:
        seconds, microseconds = self._client.time()
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)


def _present(known: KnownConnector, name: str) -> ConnectorState:
    if not known.readable:
        raise UnreadableStateError(name)
    state = known.state
    if state is None or state.state == "removed":
        raise UnknownConnectorError(name)
    return state


def _standing(state: ConnectorState | None) -> tuple[int, bool]:
    """What a definition is compared with: a revision, and whether it is in service."""
    return (0, False) if state is None else (state.revision, state.state != "removed")
