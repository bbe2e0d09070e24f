"""Search-AdminAuditLog. Reading the log needs a role of its own, which no worker of the connector has."""

from collections.abc import Iterator
from datetime import UTC, datetime

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.errors import CmdletFailed
from exconn.simulator.organization.audit import Wanted
from exconn.simulator.shapes.audit import audit_text

_DEFAULT_SIZE = 1000
#: As administrators write dates, and as programs do.
_DATES = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p")


def search_audit(call: Call) -> Iterator[str]:
    """Search-AdminAuditLog: the newest first, 1000 unless told otherwise."""
    if call.get("Parameters") and not call.get("Cmdlets"):
        raise failures.argument_invalid(call.cmdlet, "Parameters", "it may only be used with the Cmdlets parameter")
    wanted = Wanted(
        cmdlets=call.get("Cmdlets") or (),
        parameters=call.get("Parameters") or (),
        callers=call.get("UserIds") or (),
        objects=call.get("ObjectIds") or (),
        succeeded=call.get("IsSuccess"),
        start=_moment(call, "StartDate"),
        end=_moment(call, "EndDate"),
    )
    if call.get("ExternalAccess"):
        # Nobody from outside works here.
        return
    size = int(call.get("ResultSize") or _DEFAULT_SIZE)
    for entry in call.audit.search(wanted, first=int(call.get("StartIndex") or 0), size=size):
        yield audit_text(entry)


def _moment(call: Call, name: str) -> datetime | None:
    value = call.get(name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        found = _written_date(call, name, str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written_date(call: Call, name: str, text: str) -> datetime:
    for form in _DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  (the caller gives it a zone)
        except ValueError:
            continue
    raise CmdletFailed(failures.argument_invalid(call.cmdlet, name, f"{text!r} is no date").record)
