"""What a full wipe does in its phases."""

from exconn.actions.handler import Steps
from exconn.actions.wipe.issue import issue
from exconn.actions.wipe.read_back import read_back
from exconn.actions.wipe.track import track

WIPE_STEPS = Steps(issue=issue, read_back=read_back, follow=track)
