"""The one object that a command asked for, checked to be it.

Documented on the pages of `Get-MobileDevice`, `Get-CASMailbox` and others: a reading cmdlet answers an identity that is
not there, like one that is empty, with every object.
"""

import re
from collections.abc import Sequence

from exconn.exchange.errors import Malformed
from exconn.exchange.gaps import Gaps
from exconn.exchange.records import Record, text

#: Objects of an answer that are looked at; the rest of a list of everything is not waited for.
LOOKED_AT = 2

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def the_one(found: Sequence[Record], identity: str, gaps: Gaps | None = None) -> Record | None:
    """The object, or None where there is none with that identity. Raises Malformed for an answer that is neither.

    Where nothing but `gaps` came, what could not be read may have been the object.
    """
    if not found:
        if gaps is not None and gaps.total:
            raise Malformed("the object that was asked for cannot be read")
        return None
    if len(found) > 1:
        if identity and not any(_bears(record, identity) for record in found):
            return None
        raise Malformed("several objects where one was asked for")
    (record,) = found
    if _GUID.fullmatch(identity) and text(record, "Guid", "ObjectGuid") and not _bears(record, identity):
        raise Malformed("another object than the one asked for")
    return record


def _bears(record: Record, identity: str) -> bool:
    """Whether it is the object of that GUID, name or address."""
    names = ("Guid", "ObjectGuid", "ExchangeGuid", "DistinguishedName", "Identity", "Name", "PrimarySmtpAddress")
    return identity.casefold() in {str(record.get(name) or "").casefold() for name in names}
