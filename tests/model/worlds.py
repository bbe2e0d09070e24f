"""The worlds that are searched: in full, and as large as a few seconds allow; and where what is planted shows."""

from collections.abc import Callable, Mapping

from tests.model.any_call import AnyCall
from tests.model.brakes import Brakes
from tests.model.fail_over import FailOver
from tests.model.fallen import FallenService
from tests.model.parts import Parts
from tests.model.rules import Rules
from tests.model.search import World
from tests.model.two_jobs import TwoJobs
from tests.model.two_persons import TwoPersons
from tests.model.wipes import Budget

ONE_OF_EACH = Budget(faults=1, cancels=1, releases=1, enrolments=1, failovers=1)

FULL: Mapping[str, Callable[[], World]] = {
    "two-jobs": lambda: TwoJobs(budget=Budget(faults=3, cancels=1, releases=1, enrolments=1)),
    "outlook": lambda: TwoJobs(
        name="outlook", reports=False, budget=Budget(faults=2, cancels=1, releases=1, enrolments=1)
    ),
    "brakes": Brakes,
    "parts": Parts,
    "fail-over": lambda: FailOver(budget=ONE_OF_EACH),
    "any-call": AnyCall,
    "two-persons": TwoPersons,
    "fallen": FallenService,
}
SHORT: Mapping[str, Callable[[], World]] = {
    "two-jobs": lambda: TwoJobs(budget=Budget(faults=1, cancels=1), jobs=1),
    "outlook": lambda: TwoJobs(name="outlook", reports=False, budget=Budget(faults=1, cancels=1), jobs=1),
    "brakes": lambda: Brakes(jobs=2, releases=1),
    "parts": lambda: Parts(faults=1),
    "fail-over": lambda: FailOver(budget=Budget(cancels=1, failovers=1)),
    "any-call": lambda: AnyCall(phases=(), reasons=("unproven",), outcomes=("refused",), switched=False),
    "two-persons": lambda: TwoPersons(asks=2, pauses=1, wishes=0, releases=0),
    "fallen": lambda: FallenService(forgeries=1, releases=0, enrolments=0, faults=0),
}


def unconfirmed() -> FailOver:
    """The same where nothing waits for the replica: it has to lose what is known to be lost then, and no more."""
    return FailOver(confirmed=False, budget=Budget(cancels=1, failovers=1), alike=False)


def _one_job(**budget: int) -> Callable[[Rules], World]:
    return lambda rules: TwoJobs(rules=rules, budget=Budget(**budget), jobs=1, alike=False)


def _two_persons(asks: int, pauses: int = 0, wishes: int = 0, holds: int = 0) -> Callable[[Rules], World]:
    return lambda rules: TwoPersons(rules=rules, asks=asks, pauses=pauses, wishes=wishes, holds=holds, releases=holds)


def _fallen(forgeries: int = 0, faults: int = 0) -> Callable[[Rules], World]:
    return lambda rules: FallenService(rules=rules, forgeries=forgeries, releases=1, enrolments=1, faults=faults)


#: Where each planted fault shows: a world just large enough.
PLANTED: Mapping[str, Callable[[Rules], World]] = {
    "no token check": _one_job(faults=2),
    "no partnership check": _one_job(enrolments=1),
    "no read-back": _one_job(faults=1),
    "a cancelled job may be held": lambda rules: Brakes(rules=rules, jobs=1, faults=3, releases=0),
    "an interrupted resume is not finished": lambda rules: Brakes(rules=rules, jobs=2),
    "parts may be held": lambda rules: Parts(rules=rules),
    "what has begun may end as refused": _one_job(faults=1, enrolments=1),
    "what has begun may expire": lambda rules: Brakes(rules=rules, jobs=1),
    "what has begun is looked at anywhere": _one_job(faults=1, enrolments=1),
    "the superseded stay": _two_persons(asks=2, holds=1),
    "what has begun gives way": _two_persons(asks=2, holds=1),
    "one's own gives way": lambda rules: TwoPersons(rules=rules, asks=2, pauses=0, wishes=0, most_open=2),
    "no bound of open ones": _two_persons(asks=2),
    "who pauses last counts": _two_persons(asks=1, pauses=2),
    "later pauses are forgotten": _two_persons(asks=1, pauses=2),
    "agreed about another pause": _two_persons(asks=1, pauses=2, wishes=1),
    "nonces are forgotten": _fallen(forgeries=1),
    "ends of nonces are forgotten": _fallen(forgeries=1),
    "a job may deny that it began": _fallen(forgeries=1, faults=1),
    "what was verified may change": _fallen(forgeries=1),
    "counted by connector": _fallen(),
    "a lost withdrawal is not ended": lambda rules: TwoJobs(
        rules=rules, budget=Budget(faults=1, cancels=1), alike=False
    ),
}
