"""One trial: one wipe of its own device, struck at one place."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.fault_runs.points import Point


@dataclass
class Trial:
    """What was asked, and what the harness did to it. Times are the simulated Exchange's."""

    number: int
    point: Point
    connector: str
    guid: str
    nonce: str
    #: How the phone enrols again once it has acknowledged; empty: it stays away.
    enrols: str = ""
    #: The phase from which on its requester takes it back; empty: never.
    cancel_at: str = ""
    cancelled: bool = False
    job: str = ""
    struck: bool = False
    enrolled_at: datetime | None = None
    #: The partnerships that came after the wipe.
    later_guids: list[str] = field(default_factory=list)
    #: From the moment that the workers were let go to the end of the trial.
    took: timedelta | None = None
    #: Times that a person had to let it go on.
    retries: int = 0
    #: Whether a person closed it, since Exchange did not tell any more whether it was done.
    closed: bool = False
