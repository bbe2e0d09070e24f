"""`python -m exconn.discovery`"""

import sys

from exconn.discovery.app import main

if __name__ == "__main__":
    sys.exit(main())
