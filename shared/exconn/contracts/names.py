"""Names of services, queues and tasks: the addresses that other systems use.

Changing one of them is a breaking change.
"""

from enum import StrEnum

#: Where other systems put requests: a Celery queue with one task, which only intake consumes.
REQUESTS_QUEUE = "exconn.requests"
SUBMIT_TASK = "exconn.requests.submit"
#: The task of a canary: a doorbell without a job, by which a worker proves that doorbells reach those who work.
CANARY_TASK = "exconn.canary"

#: On the broker: how far the ledger's record was, so that a ledger that was set back is known by somebody else.
LEDGER_MARK = "exconn.ledger-mark"


class Service(StrEnum):
    """A process of the system, by the name that queues, users and logs carry."""

    COORDINATOR = "coordinator"
    INTAKE = "intake"
    DISCOVERY = "discovery"
    POLICY = "policy"
    ACTIONS = "actions"
    MONITOR = "monitor"


#: Those that have jobs: each hears doorbells on queues of its own.
WORKERS = (Service.ACTIONS, Service.POLICY, Service.DISCOVERY)


def queue_of(service: Service, connector: str) -> str:
    """The queue on which workers of `service` hear the doorbells of `connector`."""
    return f"exconn.{service}.{connector}"


def canary_queue(service: Service, process: str) -> str:
    """The queue on which one worker process (`host/pid`) hears its own canaries; no connector has such a name."""
    return f"exconn.{service}.canary@{process}"
