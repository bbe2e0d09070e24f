"""What is wrong with a registry file, each with its field and what to do."""

import difflib

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_TOP = ("revision", "deployment", "single_administrator", "bounds", "roles", "requesters")
_OF_REQUESTER = ("keys", "connectors", "role", "kinds", "quota")
_REMEDIES = {
    "revision": "write a whole number, higher with each change of the file; the first is 1",
    "deployment": 'write the name of this installation, such as deployment = "contoso"',
    "single_administrator": "write true or false",
    "role": "write view, help-desk, operator, approver or admin",
    "kinds": "write kinds of requests, such as wipe, or a role instead",
    "connectors": 'write the names of connectors, or ["*"] for all',
    "keys": "write one to ten public keys, as `exconn requesters keys` shows them",
    "expires": "write a date with time and zone, such as 2027-01-31T00:00:00Z",
    "quota": "write quota = { per_hour = 5, per_day = 20 }",
}


def problems_of(error: ValidationError) -> tuple[str, ...]:
    """Every problem in one line: the field, what is wrong, the remedy."""
    found = error.errors(include_url=False, include_input=False)
    return tuple(dict.fromkeys(_problem(one) for one in found))


def _problem(error: ErrorDetails) -> str:
    place = [str(part) for part in error["loc"] if str(part) != "[key]"]
    name = ".".join(place)
    if error["type"] == "extra_forbidden":
        return f"{name}: unknown key; {_near(place)}"
    if error["type"] == "value_error":
        return f"{name}: {error['ctx']['error']}"
    if error["type"] == "missing":
        return f"{name}: missing; {_remedy(place)}"
    return f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}; {_remedy(place)}"


def _remedy(place: list[str]) -> str:
    if place[0] == "roles" and len(place) == 2:
        return _REMEDIES["role"]
    named = [part for part in reversed(place) if part in _REMEDIES]
    return _REMEDIES[named[0]] if named else "see docs/requesters.md"


def _near(place: list[str]) -> str:
    known = _TOP if len(place) == 1 else _OF_REQUESTER
    near = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else "take it out"
