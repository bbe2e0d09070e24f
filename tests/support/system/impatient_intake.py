"""The intake process, ten times as impatient with its queue: `python -m tests.support.system.impatient_intake`."""

import sys
from datetime import timedelta

from exconn.intake import app

if __name__ == "__main__":
    app.BEAT_EVERY = timedelta(seconds=0.5)
    app.HEARD_WITHIN = timedelta(seconds=3)
    sys.exit(app.main())
