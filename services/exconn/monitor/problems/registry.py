"""Problems of the registry of requesters: one that does not count, and bounds beyond the factory's."""

import json
from collections.abc import Iterator

from exconn.monitor.instant import from_ms
from exconn.monitor.live import ALIVE_WITHIN
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.what_finders_see import ProblemSearch


def refused(search: ProblemSearch) -> Iterator[Problem]:
    """An intake has a registry that does not count, and has said so lately."""
    known = search.registry
    at = from_ms(int(known.get("refused_at", "0")))
    if "refused" in known and search.now - at <= ALIVE_WITHIN:
        revision, _, _ = known["refused"].partition(" ")
        yield Problem(code=ProblemCode.REGISTRY_REFUSED, values={"revision": revision})


def wider(search: ProblemSearch) -> Iterator[Problem]:
    """The registry that counts has bounds beyond the factory's."""
    fields = json.loads(search.registry.get("wider", "[]"))
    if fields:
        values = {"fields": ", ".join(fields)}
        yield Problem(code=ProblemCode.REGISTRY_WIDER_THAN_FACTORY, values=values)
