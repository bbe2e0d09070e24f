"""After an unclear answer, or a lost worker: Exchange is compared with the pre-image of the wipe fields."""

from exconn.actions.absence import NotShownError
from exconn.actions.context import ActionContext
from exconn.actions.look import find_device, statistics_of
from exconn.actions.lost_call import took_effect
from exconn.actions.wipe.exchange_times import exchange_times
from exconn.actions.wipe.issue import issued
from exconn.actions.wipe.pre_image import PreImage, requestor_digest
from exconn.doorbell import Decision


def read_back(case: ActionContext) -> Decision | None:
    """The wipe is in Exchange, or None: it shows no wipe that was asked for since the pre-image.

    Raises NoStatisticsError and the errors of the client.
    """
    before = PreImage.of(case.running.job.pre_image)
    dates: dict[str, str] = {}
    if took_effect(case, before, lambda: _shows_issue(case, before, dates)):
        return issued(case, data={"read_back": True, **dates})
    return None


def _shows_issue(case: ActionContext, before: PreImage, dates: dict[str, str]) -> bool:
    """`dates` is filled with what Exchange shows of it."""
    try:
        device = find_device(
            case.session, case.work.device, before.domain_controller, controller_is_lost=case.controller_is_lost
        )
    except NotShownError:
        return False  # the next step looks again, and ends the action if it stays away
    times = statistics_of(case.session, device).wipe
    dates.update(exchange_times(times))
    return before.shows_issue(times, requestor_digest(times))
