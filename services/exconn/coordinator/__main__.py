"""`python -m exconn.coordinator`: a coordinator; with `carry-over` it turns reasons of an earlier version to codes."""

import sys

from exconn.coordinator import app, carry_over

if __name__ == "__main__":
    if sys.argv[1:] == ["carry-over"]:
        sys.exit(carry_over.main())
    sys.exit(app.main())
