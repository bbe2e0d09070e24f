"""What is kept before a cmdlet is sent, so that a successor can tell whether it took effect.

The wipe fields are compared with themselves, never with a clock of ours.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from exconn.actions.context import ActionContext
from exconn.exchange import WipeTimes


class PreImage(BaseModel):
    """The wipe fields of a device before the cmdlet, and where the cmdlet goes.

    The requestor of a wipe is a person or an account: only whether it changed matters, so its digest is kept.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    requested: datetime | None = None
    sent: datetime | None = None
    acknowledged: datetime | None = None
    requestor: str = ""
    server: str = ""
    shell_id: str = ""
    domain_controller: str = ""

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


def before_ours(case: ActionContext) -> PreImage:
    """The wipe fields before ours, or, where another wipe was found pending, those that it was found with."""
    noted = case.notes.get("before")
    if not case.running.job.pre_image and isinstance(noted, dict):
        return PreImage.of(noted)
    return PreImage.of(case.running.job.pre_image)


def is_pending(times: WipeTimes) -> bool:
    """Whether Exchange shows a wipe that was asked for and not acknowledged since."""
    if times.requested is None:
        return False
    return times.acknowledged is None or times.acknowledged < times.requested
