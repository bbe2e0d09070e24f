"""Why the ledger did not take a new job, as the error that its caller meets."""

from collections.abc import Mapping
from typing import Any

from exconn.ledger.errors import IdempotencyMismatchError, OpenActionError, TooManyOpenError, UnknownParentError
from exconn.ledger.job import NewJob


def refuse(found: Mapping[str, Any], new: NewJob) -> None:
    """Raises what the answer to an insert says, if it says that the job was not taken."""
    error = found.get("error")
    if error == "mismatch":
        raise IdempotencyMismatchError(found["job"])
    if error == "open":
        raise OpenActionError(found["job"], is_held=bool(found.get("held")))
    if error == "many":
        raise TooManyOpenError(new.requester, int(found["most"]))
    if error == "parent":
        raise UnknownParentError(new.parent or "")
