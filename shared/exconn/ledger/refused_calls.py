"""Why the ledger did not do what the holder of a lease wanted, as the error that its caller meets."""

from collections.abc import Mapping
from typing import Any

from exconn.ledger.errors import IllegalCallError, IllegalMoveError, LeaseLostError
from exconn.ledger.lease import Lease


def refuse_holder(found: Mapping[str, Any], lease: Lease, call: str, phase: str = "") -> None:
    """Raises what the answer to `call` says, if it says that nothing was done. `phase` is the one that was wanted."""
    error = found.get("error")
    if error == "lost":
        raise LeaseLostError(lease.job_id, call)
    if error == "illegal":
        raise IllegalCallError(lease.job_id, call, found["state"])
    if error == "phase":
        raise IllegalMoveError(lease.job_id, call, found["phase"], phase)
