"""`python -m exconn.intake`."""

from exconn.intake.app import main

raise SystemExit(main())
