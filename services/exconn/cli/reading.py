"""What a sweep could not read, for people."""

from collections.abc import Iterator
from typing import Any

#: Things that are named here; the rest with --json.
MOST_SHOWN = 10
_NAME = 46
_COUNTS = {
    "unread_parts": ("part not read", "parts not read"),
    "unread_mailboxes": ("mailbox not read", "mailboxes not read"),
    "list_errors": ("error in the lists", "errors in the lists"),
    "without_guid": ("object without Guid", "objects without Guid"),
    "unreadable": ("unreadable object", "unreadable objects"),
}
_PLACES = {
    "unread_mailbox": "mailbox",
    "list_error": "list",
    "without_guid": "without Guid",
    "unreadable": "unreadable",
}


def in_short(reading: dict[str, Any]) -> str:
    """Whether all was read, in a few words."""
    if reading["complete"] is None:
        return "not known yet"
    if reading["complete"]:
        return "complete"
    counts = [f"{reading[name]} {words[reading[name] != 1]}" for name, words in _COUNTS.items() if reading[name]]
    return f"not complete: {', '.join(counts) or 'what is missing was not noted'}"


def in_lines(reading: dict[str, Any], connector: str) -> Iterator[str]:
    """What is missing and what to do, in lines of at most 80 characters; nothing where all was read."""
    if reading["complete"] is not False:
        return
    yield ""
    yield "What was not read is shown as it was before; nothing was removed."
    if reading["kinds"]:
        yield "kinds of errors:"
    for kind, count in sorted(reading["kinds"].items(), key=lambda one: (-one[1], one[0])):
        yield f"  {_cut(kind, 60)}  {count}"
    shown = reading["missing"][:MOST_SHOWN]
    if shown:
        yield "not read:"
    for one in shown:
        yield f"  {_PLACES.get(one['place'], one['place']):<12}  {_cut(one['name'] or '-', _NAME)}"
    if len(reading["missing"]) > len(shown):
        yield f"  and {len(reading['missing']) - len(shown)} more: exconn sweeps show {reading['job']} --json"
    yield "Mend what Exchange reports there, and then:"
    yield f"  exconn sweeps start full {connector}"


def _cut(text: str, width: int) -> str:
    """The end of a long name says more than its beginning."""
    return text if len(text) <= width else "…" + text[1 - width :]
