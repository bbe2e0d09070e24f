"""Lists as real estates answer them, on order: error records among the objects, and objects that are odd."""

import re
from collections.abc import Callable, Iterator

from exconn.simulator.errors import ErrorRecord
from exconn.simulator.faults.faults import Faults

_GUID = re.compile(r'<G N="(?:Object|Exchange)?Guid">[^<]*</G>')
_FRIENDLY_NAME = re.compile(r'(<S N="(?:Device)?FriendlyName">)([^<]*)')
#: PowerShell writes these two as they are, though XML forbids them.
NONCHARACTERS = "\ufffe\uffff"


def without_guid(text: str) -> str:
    """An object without what it is known by."""
    return _GUID.sub("", text)


def halved(text: str) -> str:
    """An object that ends in the middle."""
    return text[: len(text) // 2]


def _with_noncharacters(text: str) -> str:
    return _FRIENDLY_NAME.sub(lambda found: found[1] + NONCHARACTERS + found[2], text)


#: What becomes of the first objects of an answer, by the fault.
_SPOILED: dict[str, Callable[[str], str]] = {
    "without_guid": without_guid,
    "unreadable_object": halved,
    "noncharacters": _with_noncharacters,
}


def as_ordered(
    results: Iterator[str],
    cmdlet: str,
    faults: Faults,
    report: Callable[[ErrorRecord], None],
    errors_beside: Callable[[str, int], Iterator[ErrorRecord]],
) -> Iterator[str]:
    """The results of a reading cmdlet, with what was ordered for its answer."""
    for kind, spoil in _SPOILED.items():
        if (fault := faults.strike(kind, cmdlet)) is not None:
            results = _spoiled(results, spoil, fault.order.records)
    if (fault := faults.strike("error_beside", cmdlet)) is not None:
        results = _with_errors(results, errors_beside(cmdlet, fault.order.records), report)
    return results


def _spoiled(results: Iterator[str], spoil: Callable[[str], str], count: int) -> Iterator[str]:
    for number, text in enumerate(results):
        yield spoil(text) if number < count else text


def _with_errors(
    results: Iterator[str], errors: Iterator[ErrorRecord], report: Callable[[ErrorRecord], None]
) -> Iterator[str]:
    """One error before each object as long as there are any, and the rest of them behind the last object."""
    for text in results:
        if (record := next(errors, None)) is not None:
            report(record)
        yield text
    for record in errors:
        report(record)
