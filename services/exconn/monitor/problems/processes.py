"""Problems of processes: missing, silent, deaf to doorbells, or lost again and again."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from exconn.contracts import Service
from exconn.monitor.live import ALIVE_WITHIN, LiveWorker
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import LOST_WITHIN, MOST_LOST
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.queries import signs
from exconn.stream import Number

#: What runs wherever there is a connector; the others where one is armed for them.
ALWAYS = (Service.COORDINATOR, Service.INTAKE, Service.DISCOVERY)
#: Services whose processes hear doorbells.
WORKERS = (Service.DISCOVERY, Service.POLICY, Service.ACTIONS)


def missing(search: ProblemSearch) -> Iterator[Problem]:
    """Services that have work, and no process."""
    for service in sorted(_missing(search)):
        seen = [worker.seen for worker in search.workers if worker.service == service]
        yield Problem(code=ProblemCode.SERVICE_MISSING, service=service, since=max(seen, default=None))


def silent(search: ProblemSearch) -> Iterator[Problem]:
    """Processes that were not heard of lately, of services that have others, or no work."""
    missing_ones = _missing(search)
    for service, workers in _by_service(search, alive=False).items():
        if service not in missing_ones:
            since = min(worker.seen for worker in workers)
            yield Problem(code=ProblemCode.PROCESS_SILENT, service=service, count=len(workers), since=since)


def unheard(search: ProblemSearch) -> Iterator[Problem]:
    """Workers that show signs of life, and to whom no doorbell comes through."""
    for service, workers in _by_service(search, alive=True).items():
        if service in WORKERS:
            ages = search.live.proof_ages(workers)
            late = [age for age in ages if age is None or age >= ALIVE_WITHIN]
            if late:
                known = [age for age in late if age is not None]
                since = search.now - max(known) if known else None
                yield Problem(code=ProblemCode.DOORBELLS_UNHEARD, service=service, count=len(late), since=since)


def unbounded(search: ProblemSearch) -> Iterator[Problem]:
    """Workers whose deployment does not say where they may turn to."""
    for service, workers in _by_service(search, alive=True).items():
        lacking = [worker for worker in workers if worker.unset]
        if lacking:
            settings = ", ".join(sorted({name for worker in lacking for name in worker.unset}))
            yield Problem(
                code=ProblemCode.BOUNDS_NOT_SET, service=service, count=len(lacking), values={"settings": settings}
            )


def lost(search: ProblemSearch) -> Iterator[Problem]:
    """Workers that were killed while they held a job, several times."""
    for row in signs.told_since(search.connection, [Number.WORKER_LOST], search.now - LOST_WITHIN):
        if row["count"] >= MOST_LOST:
            yield Problem(
                code=ProblemCode.WORKERS_LOST, connector=row["connector"], count=row["count"], since=row["since"]
            )


def _missing(search: ProblemSearch) -> set[str]:
    if not search.connectors:
        return set()
    armed = {str(feature) for state in search.connectors.values() for feature in state.get("armed", ())}
    return ({service.value for service in ALWAYS} | armed) - set(_by_service(search, alive=True))


def _by_service(search: ProblemSearch, *, alive: bool) -> Mapping[str, list[LiveWorker]]:
    found: dict[str, list[LiveWorker]] = defaultdict(list)
    for worker in search.workers:
        if worker.alive is alive:
            found[worker.service].append(worker)
    return found
