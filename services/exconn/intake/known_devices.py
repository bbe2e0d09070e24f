"""Finding devices in the register of discovered devices, which lives on the ledger's server."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.contracts import ClientClass
from exconn.intake.context import KnownDevice

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

#: How long it is remembered which client a make is of; a register that is made anew numbers its makes anew.
MAKES_KEPT = timedelta(minutes=1)


class DevicesInRegister:
    """Looks devices up beside other questions to the server."""

    def __init__(self, client: "redis.Redis", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._classes: dict[tuple[str, int], ClientClass] = {}
        self._since = clock()

    def ask(self, pipe: "Pipeline", connector: str, guid: str) -> None:
        """Put the question into a pipeline."""
        # Imported here: who only signs requests does without the register and all that it needs.
        from exconn.inventory import ask_for_device

        ask_for_device(pipe, connector, guid)

    def read(self, guid: str, reply: object) -> KnownDevice | None:
        """What the answer says."""
        from exconn.inventory import fingerprint_in, make_of

        found = fingerprint_in(guid, reply)
        return None if found is None else KnownDevice(found, make_of(reply))

    def class_of(self, connector: str, known: KnownDevice) -> ClientClass:
        """Which client it is: mostly without a question to the server, as makes are few."""
        from exconn.inventory import class_of_make

        if self._clock() - self._since > MAKES_KEPT.total_seconds():
            self._classes, self._since = {}, self._clock()
        found = self._classes.get((connector, known.make))
        if found is None:
            found = class_of_make(self._client, connector, known.make)
            self._classes[connector, known.make] = found
        return found
