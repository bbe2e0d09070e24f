"""Edits of multi-valued properties: null clears, a list replaces, a hashtable adds and removes."""

from typing import Any


def edited(present: list[str], change: Any) -> list[str]:
    """The list after the change; comparisons ignore case, order is kept."""
    if change is None:
        return []
    if isinstance(change, list):
        return _without_doubles(change)
    removed = {text.lower() for text in change.get("remove", [])}
    kept = [text for text in present if text.lower() not in removed]
    return _without_doubles([*kept, *change.get("add", [])])


def _without_doubles(texts: list[str]) -> list[str]:
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(text.lower(), text)
    return list(first.values())
