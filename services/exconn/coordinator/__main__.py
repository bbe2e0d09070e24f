"""`python -m exconn.coordinator`: a coordinator; with `load-functions`, `carry-over` or `mend-streams` a command."""

import sys

from exconn.coordinator import app, carry_over, load_functions, mend_streams

if __name__ == "__main__":
    if sys.argv[1:] == ["carry-over"]:
        sys.exit(carry_over.main())
    if sys.argv[1:] == ["load-functions"]:
        sys.exit(load_functions.main())
    if sys.argv[1:] == ["mend-streams"]:
        sys.exit(mend_streams.main())
    sys.exit(app.main())
