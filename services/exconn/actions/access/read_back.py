"""After the edit of the personal lists: do they show it? Asked again a few times where Exchange answered, else once."""

from functools import partial
from operator import not_

from exconn.actions.absence import NotShownError
from exconn.actions.access.issue import READ_AGAIN, ListsBefore, verified
from exconn.actions.access.personal_lists import PersonalList, read_lists
from exconn.actions.context import ActionContext
from exconn.actions.doubt import believed
from exconn.actions.look import find_device
from exconn.actions.lost_call import took_effect
from exconn.contracts import HoldReason, WaitReason
from exconn.doorbell import Decision, Defer, Hold
from exconn.exchange import Gaps

#: Reads after an answer, before a person is asked why the lists do not show what Exchange said it did.
MOST_READS = 5


def read_back(onto: PersonalList, case: ActionContext) -> Decision | None:
    """The lists are as they are to be, or None: the edit is to be made (anew). Raises the client's errors."""
    before = ListsBefore.model_validate(dict(case.running.job.pre_image))
    if case.notes.get("answered") is True:
        return _read_again(onto, case, before)
    if took_effect(case, before, lambda: not _differing(onto, case, before)):
        return verified(case, read_back=True)
    return None


def _read_again(onto: PersonalList, case: ActionContext, before: ListsBefore) -> Decision:
    differing = _differing(onto, case, before)
    if not differing:
        return verified(case)
    reads = case.notes.count("reads") + 1
    if reads < MOST_READS:
        case.notes.add(reads=reads)
        return Defer(READ_AGAIN, WaitReason.VALUES_NOT_SHOWN_YET)
    # A retry sends the edit anew.
    case.notes.add(answered=False, reads=0)
    return Hold(HoldReason.READ_BACK_DIFFERS, data={"parameters": [each.value for each in differing]})


def _differing(onto: PersonalList, case: ActionContext, before: ListsBefore) -> list[PersonalList]:
    return believed(case, partial(_read_differing, onto, case, before), not_)


def _read_differing(
    onto: PersonalList, case: ActionContext, before: ListsBefore, gaps: Gaps | None
) -> list[PersonalList]:
    """The lists that are not as they are to be; of a device that is not shown, nothing is known."""
    try:
        device = find_device(
            case.session, case.work.device, before.domain_controller, gaps, controller_is_lost=case.controller_is_lost
        )
    except NotShownError:
        return list(PersonalList)
    return read_lists(case, device, before.mailbox, onto, gaps).lists
