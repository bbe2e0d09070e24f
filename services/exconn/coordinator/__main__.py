"""`python -m exconn.coordinator`: a coordinator; with `load-functions` or `carry-over` a command of an upgrade."""

import sys

from exconn.coordinator import app, carry_over, load_functions

if __name__ == "__main__":
    if sys.argv[1:] == ["carry-over"]:
        sys.exit(carry_over.main())
    if sys.argv[1:] == ["load-functions"]:
        sys.exit(load_functions.main())
    sys.exit(app.main())
