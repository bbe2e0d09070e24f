"""Places in the code where a test may kill, freeze or break the process; inert in production.

`failpoint("name")` costs one look-up unless the variable EXCONN_FAILPOINTS names it.
"""

from exconn.failpoints.points import armed, failpoint, name_worker
from exconn.failpoints.spec import VARIABLE, FailpointError, FailpointSpecError

__all__ = ["VARIABLE", "FailpointError", "FailpointSpecError", "armed", "failpoint", "name_worker"]
