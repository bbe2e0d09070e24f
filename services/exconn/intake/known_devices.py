"""Finding devices in the register of discovered devices, which lives on the ledger's server."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from exconn.intake.context import KnownDevice

if TYPE_CHECKING:
    import redis
    from redis.client import Pipeline

    from exconn.inventory import Make

#: How long it is remembered which client a make is of; a register that is made anew numbers its makes anew.
MAKES_KEPT = timedelta(minutes=1)


class DevicesInRegister:
    """Looks devices up beside other questions to the server."""

    def __init__(self, client: "redis.Redis", *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._makes: dict[tuple[str, int], Make | None] = {}
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

    def make_of(self, connector: str, known: KnownDevice) -> "Make | None":
        """What it says of itself: mostly without a question to the server, as makes are few."""
        from exconn.inventory import said_by_make

        if self._clock() - self._since > MAKES_KEPT.total_seconds():
            self._makes, self._since = {}, self._clock()
        named = (connector, known.make)
        if named not in self._makes:
            self._makes[named] = said_by_make(self._client, connector, known.make)
        return self._makes[named]
