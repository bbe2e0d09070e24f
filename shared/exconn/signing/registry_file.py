"""The file of the registry: read when it has changed, and never believed to be what it was yesterday."""

import threading
from pathlib import Path

from exconn.signing.errors import RegistryError
from exconn.signing.requesters import Registry, parse_registry

#: More requesters than any organization has; a larger file is another file.
MAX_REGISTRY = 1024 * 1024
_MISSING = "write one with exconn init"


def load_registry(path: Path) -> Registry:
    """The registry in the file at `path`. Raises RegistryError."""
    return parse_registry(read_registry_text(path), path=path)


def read_registry_text(path: Path) -> str:
    """What the file says. Raises RegistryError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_REGISTRY + 1)
        text = raw.decode()
    except OSError as exc:
        raise RegistryError(path, (f"{exc.strerror}; {_MISSING}",)) from exc
    except UnicodeDecodeError as exc:
        raise RegistryError(path, (f"not UTF-8 text; {_MISSING}",)) from exc
    if len(raw) > MAX_REGISTRY:
        raise RegistryError(path, (f"longer than {MAX_REGISTRY} bytes; take out requesters that are gone",))
    return text


class RegistryFile:
    """The registry as the file has it now: a changed file counts from the next request on, without a restart.

    A file that has become unusable admits nobody (RegistryError), rather than those of yesterday.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._registry: Registry | None = None

    def current(self) -> Registry:
        """The registry now. Raises RegistryError."""
        with self._lock:
            try:
                found = self._path.stat()
            except OSError as exc:
                raise RegistryError(self._path, (f"{exc.strerror}; {_MISSING}",)) from exc
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if self._registry is None or stamp != self._stamp:
                self._registry = None
                self._registry, self._stamp = load_registry(self._path), stamp
            return self._registry
