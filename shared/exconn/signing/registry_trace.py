"""The trace that a registry leaves on the ledger: which one counts, and from when on what is new in it does.

A later revision is announced once, with the difference, by whichever intake comes first. An earlier revision, or other
content under the same number, does not count: somebody has put back an old file, or two machines have different ones.
What does not count yet is kept as one pending change, which another requester may release.

A ledger that was set back knows an earlier revision, or none. Whoever has had a later one count goes on from what was
known of that; for whoever has just started, all that this ledger does not know is new. Where one who has just started
came first to an empty ledger, it is written back what others knew before.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, cast

from exconn.connector import ChangeKind, DropReason, PendingChange, pending_change
from exconn.keyspace import Functions, Library, ended_stream, keys
from exconn.signing.announced import Announced, Counting, Known, announced_in, ask_for_announced, known_in
from exconn.signing.deployment_scope import DeploymentScope
from exconn.signing.errors import SupersededRegistryError
from exconn.signing.registry_remembered import counting_with
from exconn.signing.registry_summary import differences, summary_of, told
from exconn.signing.registry_waiting import HELD_BACK, Waiting, content_of, counting_of, waiting_in
from exconn.signing.requesters import Registry
from exconn.signing.scopes import RequesterScope
from exconn.signing.wider_bounds import wider_than_factory
from exconn.stream import Number

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

#: So many others announced at the same time: something loops.
_ATTEMPTS = 20
_SCRIPTS = ("announce", "count_now", "refuse")


@cache
def library() -> Library:
    """What of it runs on the ledger's server."""
    folder = resources.files("exconn.signing").joinpath("scripts")
    texts = {name: folder.joinpath(f"{name}.lua").read_text("utf-8") for name in (*_SCRIPTS, "tell")}
    prelude = f"{ended_stream.LUA}local function enter() refuse_ended('{keys.STATUS}') end\n{texts['tell']}"
    return Library("registry", {name: texts[name] for name in _SCRIPTS}, prelude)


class RegistryTrace:
    """The announced registry on the ledger's server. `client` answers in text."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._last: Known | None = None
        functions = Functions(client, library())
        self._announce, self._refuse = functions.bound("announce"), functions.bound("refuse")
        self._count_now = functions.bound("count_now")

    def ask(self, pipe: "Pipeline", key: str, requester: str) -> None:
        """Put into a pipeline what `read` reads: one command."""
        ask_for_announced(pipe, key, requester)

    def read(self, reply: object) -> Announced:
        """What the answer says."""
        return announced_in(reply)

    def counted(self, registry: Registry, key: str, requester: str, *, by: str) -> Announced:
        """As `count`; what is known of that key and requester afterwards."""
        self.count(registry, by=by)
        with self._client.pipeline(transaction=False) as pipe:
            self.ask(pipe, key, requester)
            return self.read(pipe.execute()[0])

    def count(self, registry: Registry, *, by: str) -> None:
        """Have that registry count: announce it where it is a later one. Raises SupersededRegistryError."""
        for _ in range(_ATTEMPTS):
            known = self._known()
            before = self._before(known)
            counts = before.announced.is_of(registry)
            counting = self._counting(registry, known, before)
            if counts and before is known and counting == counting_of(registry, known):
                self._last = known
                return
            if not counts and registry.revision <= before.announced.revision:
                self._tell_refused(registry, before.announced, by)
                raise SupersededRegistryError(registry.revision, before.announced.revision)
            self._announced(registry, known, counting, by)
        raise SupersededRegistryError(registry.revision, registry.revision)

    def waiting(self, registry: Registry) -> Waiting | None:
        """What does not count yet of the registry that counts; None where all does, or another one counts."""
        known = self._known()
        present = known.announced.deployment
        if present is None or not known.announced.is_of(registry):
            return None
        return waiting_in(registry, present, known.counting, known.at)

    def count_now(self, change: PendingChange, waiting: Waiting, *, by: str) -> bool:
        """Have count what waits, which somebody was shown as that change; False when either is another one by now."""
        known = self._known()
        raw = cast("str | None", self._client.hget(keys.CHANGES, change.id)) or ""
        args = [change.id, raw, known.text, json.dumps(list(waiting.fields)), Number.CHANGE_RELEASED.value, by]
        args.append(json.dumps(change.told()))
        return bool(self._count_now([keys.REGISTRY, keys.SEQUENCE, keys.STATUS, keys.CHANGES], args) == "done")

    def _known(self) -> Known:
        # No transaction, which the users of the ledger may not ask for: what is written compares with what was read.
        with self._client.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.hgetall(keys.REGISTRY)
            pipe.hgetall(keys.CHANGES)
            return known_in(*pipe.execute())

    def _before(self, known: Known) -> Known:
        """What this revision follows: what the ledger knows, or what it has forgotten since this process saw it."""
        last = self._last
        if last is None or last.announced.revision <= known.announced.revision:
            return known
        return last.read_at(known.at)

    def _counting(self, registry: Registry, known: Known, before: Known) -> Counting:
        """From when on what this revision says counts."""
        return counting_of(registry, before) if before is not known else counting_with(registry, known, self._last)

    def _announced(self, registry: Registry, known: Known, counting: Counting, by: str) -> None:
        """Announce it, unless somebody else announced another one meanwhile: the next look tells."""
        fields = dict(_fields(registry, counting))
        if known.is_first or known.announced.is_of(registry):
            fields["began"] = str(int(known.at.timestamp() * 1000))
        waiting = waiting_in(registry, DeploymentScope.of(registry), counting, known.at)
        change = _change(registry, waiting, known, by) if waiting else None
        messages = [
            (Number.REGISTRY_CHANGED, _told(registry, known), ""),
            *((Number.CHANGE_PENDING, one.told(), "") for one in [change] if one),
            *(
                (Number.CHANGE_DROPPED, old.told() | {"why": DropReason.SUPERSEDED}, old.id)
                for old in known.pending
                if change is None or old.id != change.id
            ),
        ]
        self._announce(
            keys=[keys.REGISTRY, keys.SEQUENCE, keys.STATUS, keys.CHANGES],
            args=[
                registry.revision,
                known.text,
                json.dumps(fields),
                json.dumps(_forgotten(known.counting, fields)),
                by,
                json.dumps([(number.value, json.dumps(data), drops) for number, data, drops in messages]),
                change.id if change else "",
                change.model_dump_json() if change else "",
            ],
        )

    def _tell_refused(self, registry: Registry, known: Announced, by: str) -> None:
        data = {"revision": registry.revision, "announced": known.revision, "digest": registry.digest}
        self._refuse(
            keys=[keys.REGISTRY, keys.SEQUENCE, keys.STATUS],
            args=[registry.revision, registry.digest, Number.REGISTRY_REFUSED.value, by, json.dumps(data)],
        )


def _fields(registry: Registry, counting: Counting) -> Iterator[tuple[str, str]]:
    scopes = {name: RequesterScope.of(requester) for name, requester in registry.requesters.items()}
    yield "revision", str(registry.revision)
    yield "digest", registry.digest
    yield "said", json.dumps(summary_of(registry))
    yield "wider", json.dumps(wider_than_factory(registry.bounds))
    yield "scopes", json.dumps({name: scope.model_dump(mode="json") for name, scope in scopes.items()})
    yield "deployment", DeploymentScope.of(registry).model_dump_json()
    if counting.held_back:
        yield HELD_BACK, json.dumps([one.model_dump(mode="json") for one in counting.held_back])
    for name, counts_from in counting.keys.items():
        yield f"key:{name}", str(counts_from)
    for name, earlier in counting.earlier.items():
        yield f"earlier:{name}", earlier.model_dump_json()


def _forgotten(before: Counting, fields: dict[str, str]) -> list[str]:
    held = {f"key:{name}" for name in before.keys} | {f"earlier:{name}" for name in before.earlier} | {HELD_BACK}
    return sorted(held - fields.keys())


def _told(registry: Registry, known: Known) -> dict[str, object]:
    data = {
        "revision": registry.revision,
        "digest": registry.digest,
        "before": known.announced.revision,
        "wider": wider_than_factory(registry.bounds),
    }
    return data | told(differences(known.said, summary_of(registry)))


def _change(registry: Registry, waiting: Waiting, known: Known, by: str) -> PendingChange:
    """Whoever wrote the file is not known: it is proposed by the service that found it."""
    return pending_change(
        ChangeKind.REGISTRY,
        connector="",
        by=by,
        nonce=f"registry:{registry.revision}:{registry.digest}",
        at=known.at,
        differences=waiting.differences,
        content=content_of(registry),
        base=registry.revision,
        until=waiting.until,
    )
