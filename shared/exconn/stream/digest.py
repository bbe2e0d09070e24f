"""What makes a record of a stream that record, and no other with the same number or id."""

import hashlib
from collections.abc import Mapping


def digest_of(fields: Mapping[str, str]) -> str:
    """The digest of a record's fields in their order; the ledger's scripts make the same from what they read."""
    flat = "\0".join(part for pair in fields.items() for part in pair)
    return hashlib.sha1(flat.encode(), usedforsecurity=False).hexdigest()
