"""What an estate that has grown for years has in its lists beside what is sound.

One error record among the objects of every list; in a hostile one also an object without a Guid, and one that ends in
the middle. They come on top of the objects that can be read.
"""

from collections.abc import Iterator

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.faults.lists import halved, without_guid

_LISTS = {
    "Get-ActiveSyncDevice",
    "Get-CASMailbox",
    "Get-Mailbox",
    "Get-MobileDevice",
    "Get-Recipient",
    "Get-User",
}


def with_old_objects(call: Call, results: Iterator[str]) -> Iterator[str]:
    """The results of a reading cmdlet, with what else the estate has in such a list."""
    if not call.organization.estate.is_old or call.get("Identity") is not None or not _is_odd_list(call):
        return results
    return _with_odd_ones(call, results)


def _is_odd_list(call: Call) -> bool:
    if call.cmdlet in _LISTS:
        return call.get("Mailbox") is None
    owner = call.organization.find_owner(str(call.get("Mailbox") or ""))
    return "Statistics" in call.cmdlet and owner is not None and call.organization.oddities.has_broken_state(owner)


def _with_odd_ones(call: Call, results: Iterator[str]) -> Iterator[str]:
    first = next(results, None)
    if first is None:
        return
    yield first
    for record in failures.errors_beside(call.cmdlet, 1):
        call.remark(record)
    if call.organization.estate.is_hostile and call.cmdlet in _LISTS:
        yield without_guid(first)
        yield halved(first)
    yield from results


def warn_of(call: Call, number: int, name: str) -> None:
    """Warn of a corrupted object, which is shown all the same."""
    if call.organization.oddities.is_corrupted(number):
        call.warn(failures.corrupted_text(name))
