"""JSON that another service wrote on the ledger server: whoever has that service's user writes there what it likes."""

import json
from typing import Any

#: What a value that is not as services write it can raise in whoever works with it.
MALFORMED = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)


class NestedTooDeepError(ValueError):
    """JSON that nests deeper than the parser follows; how deep that is differs by Python."""

    def __init__(self) -> None:
        super().__init__("nested too deep")


def parsed(text: str | bytes) -> Any:
    """What the JSON says. Raises ValueError, also of what nests too deep."""
    try:
        return json.loads(text)
    except RecursionError as exc:
        raise NestedTooDeepError from exc


def object_or_none(text: str | bytes) -> dict[str, Any] | None:
    """The object that the JSON is; None where it is none, or no JSON."""
    try:
        found = parsed(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
