"""What a full wipe does in its phases."""

from exconn.actions.handler import Steps
from exconn.actions.numbers import ActionNumbers
from exconn.actions.wipe.issue import issue
from exconn.actions.wipe.read_back import read_back
from exconn.actions.wipe.track import track
from exconn.stream import Number

#: Numbers that were there before other actions were.
NUMBERS = ActionNumbers(issued=Number.WIPE_ISSUED, succeeded=Number.WIPE_ACKNOWLEDGED, gone=Number.PARTNERSHIP_GONE)
WIPE_STEPS = Steps(issue=issue, read_back=read_back, follow=track, numbers=NUMBERS)
