"""`python -m exconn.health`: 0 when the process on this host can do its work, 1 with one line saying why not."""

import sys

from exconn.health.app import main

if __name__ == "__main__":
    sys.exit(main())
