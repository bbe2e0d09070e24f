"""Problems of what is on record: alarms of the projector, records put aside, dead letters."""

from collections.abc import Iterator

from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.search import ProblemSearch
from exconn.monitor.problems.table import ASIDE_SHOWN, LETTERS_SHOWN
from exconn.monitor.queries import signs

#: What each alarm of the projector means; one that is not here is shown by its own text.
_OF_ALARM = {
    "stream-behind": ProblemCode.LEDGER_SET_BACK,
    "sequence-repeats": ProblemCode.LEDGER_SET_BACK,
    "audit-gap": ProblemCode.RECORDS_MISSING,
    "history-missing": ProblemCode.HISTORY_MISSING,
    "newer-records": ProblemCode.NEWER_RECORDS,
}


def alarms(search: ProblemSearch) -> Iterator[Problem]:
    """What the projector found wrong with the streams."""
    for alarm in signs.standing_alarms(search.connection):
        code = _OF_ALARM.get(alarm["name"], ProblemCode.STREAM_ALARM)
        yield Problem(code=code, since=alarm["raised_at"], said=alarm["text"], values={"name": alarm["name"]})


def put_aside(search: ProblemSearch) -> Iterator[Problem]:
    """Records that could not be read."""
    count, since = signs.put_aside_since(search.connection, search.now - ASIDE_SHOWN)
    if count:
        yield Problem(code=ProblemCode.RECORDS_PUT_ASIDE, count=count, since=since)


def dead_letters(search: ProblemSearch) -> Iterator[Problem]:
    """Messages in a queue that no worker could read."""
    came = search.live.letters_since(search.now - LETTERS_SHOWN) if search.ledger_answers else []
    if came:
        yield Problem(code=ProblemCode.DEAD_LETTERS, count=len(came), since=came[0])
