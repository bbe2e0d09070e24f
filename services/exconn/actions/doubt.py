"""What errors beside an object do to a read: it shows what was done, and never that nothing was.

Right before anything is issued there is no such read: an error beside the object fails it.
"""

from collections.abc import Callable
from typing import TypeVar

from exconn.actions.context import ActionContext
from exconn.exchange import Gaps

T = TypeVar("T")


def believed(case: ActionContext, read: Callable[[Gaps | None], T], enough: Callable[[T], bool]) -> T:
    """What was read, if no errors were beside it or if it shows enough; else what is shown when it is read once more.

    Raises the errors of the client, also those beside the objects of that second read.
    """
    gaps = Gaps()
    found = read(gaps)
    if not gaps.total:
        return found
    case.running.log.warning("errors beside an object", count=gaps.total, kinds=gaps.by_kind)
    return found if enough(found) else read(None)
