"""The words that narrow a list: one that nothing can have is an error that names those that exist."""

from collections.abc import Iterable

from sqlalchemy import Connection, exists, or_, select

from exconn.contracts import ClientClass, Kind
from exconn.contracts.device import AccessState
from exconn.ledger import Outcome, State
from exconn.monitor.answers.errors import BadQuestionError, NotKnownError
from exconn.monitor.answers.source import Source
from exconn.monitor.answers.steps import ACTION_PHASES
from exconn.monitor.queries.devices import DeviceFilter, access_states
from exconn.monitor.queries.jobs import JobFilter
from exconn.monitor.tables import devices, jobs
from exconn.stream import Severity

#: What a job's state is shown as: the outcome once it is settled.
STATES = tuple(word.value for word in (*State, *Outcome))
SEVERITIES = tuple(severity.name.lower() for severity in Severity)
#: A message that lists more than these helps nobody.
_MOST_NAMES = 20

_SEVERITY_OF = {
    word: severity.value for severity in Severity for word in (severity.value.lower(), severity.name.lower())
}


def check_jobs(source: Source, wanted: JobFilter) -> None:
    """Raises BadQuestionError for an unknown kind, state or phase, NotKnownError for an unknown connector."""
    _check("kind", wanted.kind, Kind)
    _check("state", wanted.state, STATES)
    _check("phase", wanted.phase, ACTION_PHASES)
    check_connector(source, wanted.connector)


def check_devices(source: Source, wanted: DeviceFilter) -> None:
    """Raises BadQuestionError for an unknown access state or class of client, NotKnownError for an unknown connector.

    A state that occurs is known, too: Exchange may have more than were ever documented.
    """
    if wanted.state:
        with source.connect() as connection:
            known = dict.fromkeys((*AccessState, *access_states(connection)))
        _check("state", wanted.state.casefold(), [state.casefold() for state in known], shown=known)
    _check("client", wanted.client, ClientClass)
    check_connector(source, wanted.connector)


def severity_of(word: str) -> str:
    """I, W or E for that letter or its word; empty for any. Raises BadQuestionError."""
    _check("severity", word.lower(), _SEVERITY_OF, shown=SEVERITIES)
    return _SEVERITY_OF.get(word.lower(), "")


def check_connector(source: Source, name: str) -> None:
    """Raises NotKnownError. While the ledger is away, every name passes: nobody knows them all."""
    if not name:
        return
    known = source.live.connectors()
    if known is None or name in known:
        return
    with source.connect() as connection:
        if not _has_records(connection, name):
            raise unknown_connector(name, known)


def unknown_connector(name: str, known: Iterable[str]) -> NotKnownError:
    """The error that names the connectors that there are."""
    names = sorted(known)
    listed = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    remedy = f"one of {listed}" if names else "there is none yet: `exconn connector apply FILE`"
    return NotKnownError("connector", name, remedy=remedy)


def _check(parameter: str, word: str, known: Iterable[str], *, shown: Iterable[str] | None = None) -> None:
    if word and word not in list(known):
        problem = f"{word[:100]!r} is not known"
        raise BadQuestionError(parameter, problem, remedy=f"one of {', '.join(shown or known)}")


def _has_records(connection: Connection, connector: str) -> bool:
    """Whether a connector that the ledger has forgotten left jobs or devices to look at."""
    left = or_(exists().where(jobs.c.connector == connector), exists().where(devices.c.connector == connector))
    return bool(connection.execute(select(left)).scalar())
