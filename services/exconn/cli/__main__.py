"""`python -m exconn.cli`: the same as `exconn`."""

from exconn.cli.main import main

raise SystemExit(main())
