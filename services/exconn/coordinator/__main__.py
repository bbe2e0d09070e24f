"""`python -m exconn.coordinator`"""

import sys

from exconn.coordinator.app import main

if __name__ == "__main__":
    sys.exit(main())
