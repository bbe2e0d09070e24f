"""`python -m exconn.actions`"""

import sys

from exconn.actions.app import main

if __name__ == "__main__":
    sys.exit(main())
