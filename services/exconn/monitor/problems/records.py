"""Problems of what is on record: alarms of the projector, records put aside, dead letters."""

from collections.abc import Iterator

from exconn.contracts.findings import EARLIER, FindingCode, acknowledge_command
from exconn.ledger.refused_requests import MANY
from exconn.monitor.problems.codes import ProblemCode
from exconn.monitor.problems.problem import Problem
from exconn.monitor.problems.problem_texts import ASIDE_SHOWN, LETTERS_SHOWN
from exconn.monitor.problems.what_finders_see import ProblemSearch
from exconn.monitor.projector.findings import ALARMS
from exconn.monitor.queries import signs
from exconn.monitor.queries.page import Row

#: What each alarm of the projector means; one that is not here is shown by its own text.
_OF_ALARM = {
    "stream-behind": ProblemCode.LEDGER_SET_BACK,
    "audit-not-anchored": ProblemCode.AUDIT_NOT_ANCHORED,
    "audit-unverified": ProblemCode.AUDIT_UNVERIFIED,
    "newer-records": ProblemCode.NEWER_RECORDS,
}
#: Of those that stay until a person acknowledges them.
_OF_FINDING = {name: code for code, name in ALARMS.items()}


def alarms(search: ProblemSearch) -> Iterator[Problem]:
    """What the projector found wrong with the streams."""
    for alarm in signs.standing_alarms(search.connection):
        code = _OF_FINDING.get(alarm["name"])
        yield _finding(alarm, code) if code else _alarm(alarm)


def _finding(alarm: Row, code: FindingCode) -> Problem:
    finding = alarm["finding"] or EARLIER
    command = acknowledge_command(code, finding)
    return Problem(
        code=ProblemCode(code), since=alarm["raised_at"], said=alarm["text"], finding=finding, command=command
    )


def _alarm(alarm: Row) -> Problem:
    code = _OF_ALARM.get(alarm["name"], ProblemCode.STREAM_ALARM)
    return Problem(code=code, since=alarm["raised_at"], said=alarm["text"], values={"name": alarm["name"]})


def put_aside(search: ProblemSearch) -> Iterator[Problem]:
    """Records that could not be read."""
    count, since = signs.put_aside_since(search.connection, search.now - ASIDE_SHOWN)
    if count:
        yield Problem(code=ProblemCode.RECORDS_PUT_ASIDE, count=count, since=since)


def unchecked(search: ProblemSearch) -> Iterator[Problem]:
    """Actions are armed, and this monitor cannot see whether a worker wrote what is said of them."""
    armed = [name for name, known in (search.known or {}).items() if "actions" in known.get("armed", ())]
    if armed and not search.checks_records:
        yield Problem(code=ProblemCode.RECORDS_UNCHECKED)


def refused(search: ProblemSearch) -> Iterator[Problem]:
    """Requests whose signature was not good, when there are many."""
    came = search.live.refused_requests() if search.ledger_answers else None
    if came is not None and came.count >= MANY:
        yield Problem(code=ProblemCode.REQUESTS_REFUSED, count=came.count, since=came.since)


def dead_letters(search: ProblemSearch) -> Iterator[Problem]:
    """Messages in a queue that no worker could read."""
    came = search.live.letters_since(search.now - LETTERS_SHOWN) if search.ledger_answers else []
    if came:
        yield Problem(code=ProblemCode.DEAD_LETTERS, count=len(came), since=came[0])
