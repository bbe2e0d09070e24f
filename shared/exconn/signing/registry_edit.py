"""Changing one requester in the text of a registry, so that comments elsewhere stay, and its revision rises.

What comes out is read again: where a file is written in a way that this does not understand, nothing is changed.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from exconn.signing.errors import RegistryError
from exconn.signing.registry_keys import KeyEntry
from exconn.signing.requesters import RegistryContent, Requester, parse_content

_REVISION = re.compile(r"^(revision\s*=\s*)[0-9_]+", re.MULTILINE)
_HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]", re.MULTILINE)
_COMMENTS = re.compile(r"(?:^[ \t]*(?:#.*)?\n)+\Z", re.MULTILINE)
_BY_HAND = "change it by hand, with the next revision"


def requester_in(text: str, name: str, *, path: Path) -> Requester | None:
    """What the file itself gives to a requester. Raises RegistryError."""
    return parse_content(text, path).requesters.get(name)


def with_requester(text: str, name: str, requester: Requester | None, *, path: Path) -> str:
    """The text with that requester in place of the one of that name (None: without it), as the next revision.

    Raises RegistryError where the text cannot be used, or cannot be changed so.
    """
    before = parse_content(text, path)
    wanted = _wanted(before, name, requester)
    head, tail = _around(text, name)
    block = _block(name, requester) if requester is not None else ""
    parts = [part.strip("\n") for part in (head, block, tail) if part.strip("\n")]
    changed = _REVISION.sub(rf"\g<1>{wanted.revision}", "\n\n".join(parts) + "\n", count=1)
    if parse_content(changed, path) != wanted:
        raise RegistryError(path, (f"requesters.{name}: it is not written as a table of its own; {_BY_HAND}",))
    return changed


def _wanted(before: RegistryContent, name: str, requester: Requester | None) -> RegistryContent:
    requesters = {other: found for other, found in before.requesters.items() if other != name}
    if requester is not None:
        requesters[name] = requester
    return before.model_copy(update={"revision": before.revision + 1, "requesters": requesters})


def _around(text: str, name: str) -> tuple[str, str]:
    """What stands before the tables of a requester, and behind them."""
    headers = [(found.start(), found[1].replace('"', "").replace(" ", "")) for found in _HEADER.finditer(text)]
    mine = f"requesters.{name}"
    start = next((at for at, table in headers if table == mine), None)
    if start is None:
        return text, ""
    end = next((at for at, table in headers if at > start and not table.startswith(f"{mine}.")), len(text))
    tables = text[start:end]
    # Comments right before the next table are about that one.
    about_next = _COMMENTS.search(tables)
    return text[:start], (about_next[0] if about_next and end < len(text) else "") + text[end:]


def _block(name: str, requester: Requester) -> str:
    return "\n".join([f"[requesters.{name}]", *_lines(requester)])


def _lines(requester: Requester) -> Iterator[str]:
    yield f"keys = [{', '.join(_key(entry) for entry in requester.keys)}]"
    if requester.role is not None:
        yield f'role = "{requester.role}"'
    if requester.kinds:
        yield f"kinds = {json.dumps([kind.value for kind in requester.kinds])}"
    yield f"connectors = {json.dumps(list(requester.connectors))}"
    if requester.quota is not None:
        yield f"quota = {{ per_hour = {requester.quota.per_hour}, per_day = {requester.quota.per_day} }}"


def _key(entry: KeyEntry) -> str:
    public = json.dumps(entry.public)
    if entry.expires is None:
        return public
    return f"{{ public = {public}, expires = {entry.expires.isoformat()} }}"
