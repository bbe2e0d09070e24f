"""What blocking and allowing do in their phases."""

from functools import partial

from exconn.actions.access.issue import issue
from exconn.actions.access.personal_lists import PersonalList
from exconn.actions.access.read_back import read_back
from exconn.actions.handler import Steps


def _onto(personal_list: PersonalList) -> Steps:
    return Steps(issue=partial(issue, personal_list), read_back=partial(read_back, personal_list))


BLOCK_STEPS = _onto(PersonalList.BLOCKED)
ALLOW_STEPS = _onto(PersonalList.ALLOWED)
