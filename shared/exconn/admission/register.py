"""Finding devices in the register of discovered devices."""

from exconn.admission.desk import KnownDevice, RegisterLookup
from exconn.inventory import Register


def lookup_in(register: Register) -> RegisterLookup:
    """A lookup that asks `register`."""

    def look(connector: str, guid: str) -> KnownDevice | None:
        entry = register.look(connector, guid)
        return None if entry is None else KnownDevice(entry.fingerprint, entry.seen_at)

    return look
