"""Finding devices in the register of discovered devices, which lives on the ledger's server."""

from typing import TYPE_CHECKING

from exconn.intake.context import KnownDevice

if TYPE_CHECKING:
    from redis.client import Pipeline


class DevicesInRegister:
    """Looks devices up beside other questions to the server."""

    def ask(self, pipe: "Pipeline", connector: str, guid: str) -> None:
        """Put the question into a pipeline."""
        # Imported here: who only signs requests does without the register and all that it needs.
        from exconn.inventory import ask_for_device

        ask_for_device(pipe, connector, guid)

    def read(self, guid: str, reply: object) -> KnownDevice | None:
        """What the answer says."""
        from exconn.inventory import fingerprint_and_age

        found = fingerprint_and_age(guid, reply)
        return None if found is None else KnownDevice(*found)
