"""What a process remembers of a registry, beside what a ledger says that has begun anew meanwhile.

To a ledger that came back empty the registry is a deployment's first, of which all counts at once, for whoever has just
started. Whoever ran through the loss knows better: nothing counts earlier than it knew.
"""

from collections.abc import Iterator

from exconn.signing.announced import Counting, Known
from exconn.signing.deployment_scope import EarlierDeployment
from exconn.signing.registry_waiting import counting_of
from exconn.signing.requesters import Registry


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
                name: scope
                for name, scope in remembered.earlier.items()
                if name in last.counting.earlier or name not in said.earlier
            },
        },
        held_back=tuple(_held_back(said, remembered)),
    )


def _held_back(said: Counting, remembered: Counting) -> Iterator[EarlierDeployment]:
    yield from said.held_back
    there = {one.scope for one in said.held_back}
    yield from (one for one in remembered.held_back if one.scope not in there)
