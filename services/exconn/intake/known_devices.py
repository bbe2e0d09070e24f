"""Finding devices in the register of discovered devices."""

from typing import TYPE_CHECKING

from exconn.intake.context import KnownDevice, RegisterLookup
from exconn.ledger import LedgerOutOfReachError

if TYPE_CHECKING:
    from exconn.inventory import Register


def lookup_in(register: "Register") -> RegisterLookup:
    """A lookup that asks `register`, which lives on the ledger server: out of reach is the same for both."""
    # Imported here: who only signs requests does without the register and all that it needs.
    from exconn.inventory import RegisterOutOfReachError

    def look(connector: str, guid: str) -> KnownDevice | None:
        try:
            entry = register.look(connector, guid)
        except RegisterOutOfReachError as exc:
            raise LedgerOutOfReachError("look", str(exc)) from exc
        return None if entry is None else KnownDevice(entry.fingerprint, entry.seen_at)

    return look
