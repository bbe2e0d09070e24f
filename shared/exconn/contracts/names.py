"""Names of services, queues and tasks: the addresses that other systems use.

Changing one of them is a breaking change.
"""

from enum import StrEnum

#: Where other systems put requests: a Celery queue with one task, which only intake consumes.
REQUESTS_QUEUE = "exconn.requests"
SUBMIT_TASK = "exconn.requests.submit"


class Service(StrEnum):
    """A process of the system, by the name that queues, users and logs carry."""

    COORDINATOR = "coordinator"
    INTAKE = "intake"
    DISCOVERY = "discovery"
    POLICY = "policy"
    ACTIONS = "actions"
    MONITOR = "monitor"


def queue_of(service: Service, connector: str) -> str:
    """The queue on which workers of `service` hear the doorbells of `connector`."""
    return f"exconn.{service}.{connector}"
