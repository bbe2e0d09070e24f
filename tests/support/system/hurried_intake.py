"""The intake process, which waits a tenth as long for its queue: `python -m tests.support.system.hurried_intake`."""

import sys
from datetime import timedelta

from exconn.intake import app

if __name__ == "__main__":
    app.BEAT_EVERY = timedelta(seconds=0.5)
    app.HEARD_WITHIN = timedelta(seconds=3)
    sys.exit(app.main())
