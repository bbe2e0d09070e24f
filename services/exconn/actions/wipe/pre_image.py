"""What is kept before a cmdlet is sent, so that a successor can tell whether it took effect.

The wipe fields are compared with themselves, never with a clock of ours.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from exconn.actions.context import ActionContext
from exconn.actions.destination import Destination, destination_of
from exconn.actions.look import Look, class_of
from exconn.contracts import digest_of
from exconn.exchange import Session, WipeTimes


class PreImage(Destination):
    """The wipe fields of a device before the cmdlet, and where the cmdlet goes.

    The requestor of a wipe is a person or an account: only whether it changed matters, so its digest is kept.
    `client` is the class of the client at that moment; empty in what an earlier version kept.
    """

    requested: datetime | None = None
    sent: datetime | None = None
    acknowledged: datetime | None = None
    requestor: str = ""
    client: str = ""

    @classmethod
    def before(cls, session: Session, look: Look, *, unnamed: bool = False) -> Self:
        """What `begin` keeps: the wipe fields as they are, and where the cmdlet is about to go."""
        wipe = look.statistics.wipe
        return cls(
            requested=wipe.requested,
            sent=wipe.sent,
            acknowledged=wipe.acknowledged,
            requestor=requestor_digest(wipe),
            client=class_of(look.device),
            **destination_of(session, look, unnamed=unnamed),
        )

    @classmethod
    def of(cls, job_field: Mapping[str, object]) -> Self:
        """The pre-image that `begin` stored; empty when there is none."""
        return cls.model_validate(dict(job_field))

    def shows_issue(self, now: WipeTimes, requestor: str) -> bool:
        """Whether the wipe fields moved since: the cmdlet, or another one like it, has taken effect."""
        return now.requested is not None and (now.requested != self.requested or requestor != self.requestor)

    def shows_acknowledgement(self, now: WipeTimes) -> bool:
        """Whether the device acknowledged since."""
        return now.acknowledged is not None and now.acknowledged != self.acknowledged

    def shows_sending(self, now: WipeTimes) -> bool:
        """Whether the wipe was sent to the device since."""
        return now.sent is not None and now.sent != self.sent


def requestor_digest(times: WipeTimes) -> str:
    """A digest of who asked for a wipe; empty when Exchange shows nobody."""
    return digest_of(times.requestor) if times.requestor else ""


def before_ours(case: ActionContext) -> PreImage:
    """The wipe fields before ours, or, where another wipe was found pending, those that it was found with."""
    noted = case.notes.get("before")
    if not case.running.job.pre_image and isinstance(noted, dict):
        return PreImage.of(noted)
    return PreImage.of(case.running.job.pre_image)
