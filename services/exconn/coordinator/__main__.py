"""`python -m exconn.coordinator`: a coordinator; with `carry-over` it turns reasons of an earlier version to codes."""

import sys

from exconn.coordinator.app import carry, main

if __name__ == "__main__":
    if sys.argv[1:] == ["carry-over"]:
        sys.exit(carry())
    sys.exit(main())
