"""Who answered, as far as the headers of an answer tell: the product, the server in front, the one behind it.

They are not signed by anybody: they name a server in what people read, and choose among servers that Exchange has
named.
"""

import re
from dataclasses import dataclass
from email.message import Message

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})", re.ASCII)
_LONGEST_PRODUCT = 60
#: How IIS and Windows' own HTTP service name themselves.
_OF_WINDOWS = "microsoft-"


@dataclass(frozen=True, slots=True)
class Answering:
    """What the headers `Server`, `X-FEServer` and `X-CalculatedBETarget` say; empty where they say nothing."""

    product: str = ""
    front_end: str = ""
    back_end: str = ""

    @property
    def is_exchange(self) -> bool:
        """Whether Exchange itself has had the request in hand."""
        return bool(self.front_end or self.back_end)

    @property
    def is_foreign(self) -> bool:
        """Whether something else than Windows answers, and nothing tells of Exchange behind it."""
        return bool(self.product) and not self.product.lower().startswith(_OF_WINDOWS) and not self.is_exchange


#: Of an answer whose headers say nothing.
UNKNOWN = Answering()


def answering(headers: "Message[str, str]") -> Answering:
    """What the headers of one answer tell."""
    product = "".join(each for each in headers.get("Server", "") if each.isascii() and each.isprintable())
    return Answering(
        product[:_LONGEST_PRODUCT].strip(), _host(headers, "X-FEServer"), _host(headers, "X-CalculatedBETarget")
    )


def _host(headers: "Message[str, str]", name: str) -> str:
    value = headers.get(name, "").strip()
    return value if _HOST.fullmatch(value) else ""
