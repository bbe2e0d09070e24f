"""A server process whose wall clock a test sets, by libfaketime; its monotonic clock goes on as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.machine.skip_or_fail import require
from tests.support.machine.valkey import RestartableValkey

_LIBRARIES = ("/usr/lib", "/usr/local/lib")


def _library() -> Path | None:
    found = [path for folder in _LIBRARIES for path in Path(folder).glob("**/faketime/libfaketimeMT.so.1")]
    return found[0] if found else None


class FakeClock:
    """The wall clock of the processes that were started under it."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self.set_by(timedelta(0))
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set_by(self, offset: timedelta) -> None:
        """Set the clock to the real time and `offset`: in one step, as a process may read it at any moment."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset.total_seconds():+.3f}\n")
        new.replace(self._file)


@contextmanager
def valkey_with_clock(folder: Path) -> Iterator[tuple[RestartableValkey, FakeClock]]:
    """A started server and its clock; skips visibly where there is no libfaketime."""
    library = _library()
    require(library is not None, "libfaketime", "Debian: apt install faketime")
    if library is None:  # for the type checker; `require` has ended the test
        raise AssertionError
    folder.mkdir(parents=True)
    clock = FakeClock(folder / "clock", library)
    server = RestartableValkey(folder / "data", appendfsync="always")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in clock.environment.items():
            patch.setenv(name, value)
        server.start()
    try:
        yield server, clock
    finally:
        server.stop()
