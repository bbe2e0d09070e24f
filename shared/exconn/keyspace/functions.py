"""Calling the functions of a library, and loading it where the server lets us.

A deployment loads every library before its services start (`python -m exconn.coordinator load-functions`), with a user
of its own. Where services may load functions themselves (a laptop, tests), the first call that finds none does it.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import redis

from exconn.keyspace.ended_stream import ended_stream
from exconn.keyspace.errors import FunctionsMissingError
from exconn.keyspace.library import Library, loaded_at

T = TypeVar("T")

_NOT_FOUND = "Function not found"
_THERE_ALREADY = "already exists"


class Functions:
    """The functions of one library, called over one client. Threads may share an instance."""

    def __init__(self, client: "redis.Redis", library: Library) -> None:
        self._client = client
        self._library = library

    def call(self, script: str, keys: Sequence[str] = (), args: Sequence[Any] = ()) -> Any:
        """Run a script. Raises FunctionsMissingError, and what the client raises."""
        return self.present(lambda: self._run(self._client, script, keys, args))

    def bound(self, script: str) -> Callable[..., Any]:
        """The script as a function of `keys` and `args`."""

        def run(keys: Sequence[str] = (), args: Sequence[Any] = ()) -> Any:
            return self.call(script, keys, args)

        return run

    def queue(self, pipe: "redis.client.Pipeline", script: str, args: Sequence[Any]) -> None:
        """Put a call into a pipeline, which is run inside of `present`."""
        self._run(pipe, script, (), args)

    def present(self, run: Callable[[], T]) -> T:
        """Run `run`; when the server turns out not to know the library, load it and run again.

        Raises FunctionsMissingError where we may not load it: once somebody else has, the same call works. Raises
        StreamEndedError where what it would record cannot be written.
        """
        try:
            return run()
        except redis.exceptions.ResponseError as exc:
            if ended := ended_stream(exc):
                raise ended from exc
            if _NOT_FOUND not in str(exc):
                raise
        try:
            load(self._client, self._library)
        except redis.exceptions.NoPermissionError as exc:
            raise FunctionsMissingError(self._library.name) from exc
        return run()

    def _run(
        self,
        client: "redis.Redis | redis.client.Pipeline",
        script: str,
        keys: Sequence[str],
        args: Sequence[Any],
    ) -> Any:
        return client.fcall(self._library.functions[script], len(keys), *keys, *args)


def load(client: "redis.Redis", library: Library, *, anew: bool = False) -> None:
    """Load a library, and drop its versions but this one and the newest of the others.

    With `anew` one that is there is loaded again, and so is the newest: after a step back to an earlier version the
    later one is the other. Raises redis.RedisError.
    """
    seconds, micros = client.time()
    try:
        client.function_load(library.text(seconds * 1000 + micros // 1000), replace=anew)
    except redis.exceptions.ResponseError as exc:
        if _THERE_ALREADY not in str(exc):
            raise
    for name in _superseded(client, library):
        _drop(client, name)


def _superseded(client: "redis.Redis", library: Library) -> list[str]:
    listed = client.function_list(library=f"{library.family}*", withcode=True)
    ages = {name: loaded_at(code) for name, code in map(_name_and_code, listed)}
    others = sorted((name for name in ages if name != library.name), key=lambda name: ages[name])
    return others[:-1]


def _name_and_code(row: Any) -> tuple[str, str]:
    pairs = row.items() if isinstance(row, dict) else zip(row[::2], row[1::2], strict=True)
    fields = {_text(name): value for name, value in pairs}
    return _text(fields["library_name"]), _text(fields["library_code"])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _drop(client: "redis.Redis", name: str) -> None:
    try:
        client.function_delete(name)
    except redis.exceptions.NoPermissionError:
        raise
    except redis.exceptions.ResponseError as exc:  # another process has dropped it
        if "not found" not in str(exc).lower():
            raise
