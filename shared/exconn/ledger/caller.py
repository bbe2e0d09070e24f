"""Running the ledger's scripts: one call each, errors of the server made ours."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import redis

from exconn.keyspace import Functions
from exconn.ledger import lua
from exconn.ledger.confirm import Confirm
from exconn.ledger.errors import LedgerFullError, LedgerOutOfReachError, UnconfirmedError
from exconn.ledger.parameters import flat
from exconn.stream.cause import present_cause

if TYPE_CHECKING:
    from redis.client import Pipeline

T = TypeVar("T")

#: How a server says that for now it takes no writes at all: replicas are missing, it is one itself, its disk failed.
_TAKES_NO_WRITES = ("NOREPLICAS", "READONLY", "MISCONF")


class Caller:
    """Calls scripts by name with named parameters; answers have names too.

    A call whose reply was lost raises LedgerOutOfReachError; calling again is safe, because each script compares
    before it sets. What a signed request brings about is called with it, so that messages carry it.
    """

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._functions = Functions(client, lua.library())

    def call(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run script `name`."""
        arguments = flat(parameters | present_cause())
        return _named(self.reach(name, lambda: self._functions.call(name, args=arguments)))

    def call_confirmed(self, name: str, parameters: dict[str, Any], confirm: Confirm) -> dict[str, Any]:
        """Run script `name`, and have the write confirmed on the same connection. Raises UnconfirmedError."""
        if not confirm.wanted:
            return self.call(name, parameters)

        def run() -> list[Any]:
            with self._client.pipeline(transaction=False) as pipe:
                self._functions.queue(pipe, name, flat(parameters | present_cause()))
                confirm.follow(pipe)
                return list(pipe.execute())

        reply, confirmed = self.reach(name, lambda: self._functions.present(run))
        found = _named(reply)
        if "error" not in found and not confirm.satisfied_by(confirmed):
            raise UnconfirmedError(name, str(found.get("job") or parameters.get("job", "")))
        return found

    def call_beside(self, name: str, queue: Callable[["Pipeline"], None]) -> tuple[dict[str, Any], list[Any]]:
        """Run script `name`, which takes no parameters, in one round trip with the commands that `queue` puts in.

        What those answered is for `answered`: it may be an error.
        """

        def run() -> list[Any]:
            with self._client.pipeline(transaction=False) as pipe:
                self._functions.queue(pipe, name, flat({}))
                queue(pipe)
                replies: list[Any] = pipe.execute(raise_on_error=False)
            if isinstance(replies[0], Exception):
                raise replies[0]
            return replies

        reply, *others = self.reach(name, lambda: self._functions.present(run))
        return _named(reply), others

    def answered(self, name: str, reply: Any) -> Any:
        """A reply, unless it is an error of the server, which is raised."""

        def give() -> Any:
            if isinstance(reply, Exception):
                raise reply
            return reply

        return self.reach(name, give)

    def reach(self, name: str, ask: Callable[[], T]) -> T:
        """Run `ask`, translating what the server or the network says."""
        try:
            return ask()
        except redis.exceptions.OutOfMemoryError as exc:
            raise LedgerFullError from exc
        except redis.exceptions.ResponseError as exc:
            if "OOM" in str(exc):
                raise LedgerFullError from exc
            if isinstance(exc, redis.exceptions.ReadOnlyError) or str(exc).startswith(_TAKES_NO_WRITES):
                raise LedgerOutOfReachError(name, str(exc)) from exc
            raise
        except (redis.ConnectionError, redis.TimeoutError, OSError) as exc:
            raise LedgerOutOfReachError(name, str(exc) or type(exc).__name__) from exc


def _named(reply: Any) -> dict[str, Any]:
    """What a script answered: names and values in turn, or JSON where a value is a table."""
    if isinstance(reply, list):
        return dict(zip(reply[::2], reply[1::2], strict=True))
    found: dict[str, Any] = json.loads(reply)
    return found
