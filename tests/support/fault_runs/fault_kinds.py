"""What a campaign does to the system; each kind is counted, and a run says which one never struck."""

from collections import Counter
from enum import StrEnum


class FaultKind(StrEnum):
    """The kinds, as the figures name them."""

    PROCESSES_KILLED = "processes_killed"
    WORKERS_FROZEN = "workers_frozen"
    LEDGER_KILLED = "ledger_killed"
    BROKER_KILLED = "broker_killed"
    CONNECTIONS_CUT = "connections_cut"
    CANCELS = "cancels"
    POLICY_JOBS = "policy_jobs"


Faults = Counter[FaultKind]


def never_struck(faults: Faults) -> list[FaultKind]:
    """The kinds that this run says nothing about."""
    return [kind for kind in FaultKind if not faults[kind]]
