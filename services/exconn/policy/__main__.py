"""`python -m exconn.policy`"""

import sys

from exconn.policy.app import main

if __name__ == "__main__":
    sys.exit(main())
