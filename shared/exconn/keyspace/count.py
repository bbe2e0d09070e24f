"""A count that another service has written: it may be any text, and what is no count counts as none.

None is the strict answer: limits are a share of how many devices there are, and of none that is nothing.
"""

import re

_COUNT = re.compile(r"[0-9]{1,9}")

#: The same for preludes of libraries. A server's answer about what is not there is none, too.
LUA = """\
local function count_in(text)
  return text and #text <= 9 and string.find(text, '^[0-9]+$') and tonumber(text) or 0
end
"""


def count_in(answer: str | bytes | None) -> int:
    """The count that the server answered, of at most nine digits; 0 for everything else."""
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer or ""
    return int(text) if _COUNT.fullmatch(text) else 0
