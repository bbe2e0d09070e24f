"""What an object that could not be read seems to be called: read out of its bytes, and believed for nothing."""

import re

from exconn.exchange.clixml.scalars import to_text
from exconn.exchange.psrp.messages import NAME_LENGTH

#: Properties that name an object, the best first.
_NAMES = (b"Identity", b"DistinguishedName", b"Name")


def seeming_name(body: bytes) -> str:
    """The text of the first property that names the object; empty where none is found."""
    for name in _NAMES:
        found = re.search(rb'<S N="%b">([^<]{1,%d})<' % (name, 4 * NAME_LENGTH), body)
        if found is not None:
            return to_text(found[1].decode("utf-8", "replace"))[:NAME_LENGTH]
    return ""
