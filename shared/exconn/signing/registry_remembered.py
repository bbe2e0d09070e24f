"""What a process remembers of a registry, beside what a ledger says that has begun anew meanwhile.

To a ledger that came back empty the registry is a deployment's first, of which all counts at once, for whoever has just
started. Whoever ran through the loss knows better: nothing counts earlier than it knew.
"""

from collections.abc import Iterator

from exconn.signing.announced import Counting, Known
from exconn.signing.deployment_scope import EarlierDeployment
from exconn.signing.registry_waiting import counting_of
from exconn.signing.requesters import Registry
from exconn.signing.scopes import EarlierScope


def counting_with(registry: Registry, known: Known, last: Known | None) -> Counting:
    """From when on what a registry says counts, after what the ledger knows, and `last`, as a process knew it."""
    said = counting_of(registry, known)
    if last is None or last.began == known.began:
        return said
    return _later(said, _remembered(registry, known, last), last)


def _remembered(registry: Registry, known: Known, last: Known) -> Counting:
    return counting_of(registry, last.read_at(known.at))


def _later(said: Counting, remembered: Counting, last: Known) -> Counting:
    """The later of both; what only one of them has come to know since waits for as long as that one says."""
    return Counting(
        keys={
            name: max(at, remembered.keys[name]) if at == 0 or name in last.counting.keys else at
            for name, at in said.keys.items()
        },
        earlier={
            **said.earlier,
            **{
                name: _narrower(said.earlier.get(name), scope, last.counting.earlier.get(name))
                for name, scope in remembered.earlier.items()
            },
        },
        held_back=tuple(_held_back(said, remembered)),
    )


def _narrower(said: EarlierScope | None, remembered: EarlierScope, knew: EarlierScope | None) -> EarlierScope:
    """What both let through, until the later end. Until when a widening waits is reckoned anew with each look: so what
    was written back stays as it stands, where it lets through no more and waits for as long as was known (`knew`).
    """
    if said is not None and said.scope.is_within(remembered.scope) and (knew is None or knew.until <= said.until):
        return said
    return EarlierScope(
        scope=remembered.scope if said is None else remembered.scope.within(said.scope),
        until=max(one.until for one in (said, remembered, knew) if one is not None),
    )


def _held_back(said: Counting, remembered: Counting) -> Iterator[EarlierDeployment]:
    yield from said.held_back
    there = {one.scope for one in said.held_back}
    yield from (one for one in remembered.held_back if one.scope not in there)
