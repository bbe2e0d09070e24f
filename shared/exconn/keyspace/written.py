"""JSON that another service wrote on the ledger server: whoever has that service's user writes there what it likes."""

import json
import re
from typing import Any

#: What a value that is not as services write it can raise in whoever works with it.
MALFORMED = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)


class NestedTooDeepError(ValueError):
    """JSON that nests deeper than the parser follows; how deep that is differs by Python."""

    def __init__(self) -> None:
        super().__init__("nested too deep")


#: How JSON writes half of a pair that makes one letter. Alone it is none, and nobody can write it anywhere.
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def parsed(text: str | bytes) -> Any:
    """What the JSON says, with `?` for what is no letter. Raises ValueError, also of what nests too deep."""
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    try:
        found = json.loads(said)
        if _HALF.search(said):
            found = json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
        return found
    except RecursionError as exc:
        raise NestedTooDeepError from exc


def object_or_none(text: str | bytes) -> dict[str, Any] | None:
    """The object that the JSON is; None where it is none, or no JSON."""
    try:
        found = parsed(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
