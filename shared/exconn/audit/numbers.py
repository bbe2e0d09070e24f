"""The numbers of the audit sequence, as the log has them: none is missing, none comes twice."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from exconn.contracts.findings import FindingCode

Range = tuple[int, int]


class Numbers:
    """Follows the numbers in the order of the log. A person may have acknowledged what was found at the time."""

    def __init__(self) -> None:
        #: Runs of numbers that came, in order; of a sound log there is one.
        self._runs: list[list[int]] = []
        #: Numbers up to here may come again: the ledger was set back.
        self._free = 0
        self._aside: set[int] = set()
        self._repeated: list[int] = []
        self._acknowledged: dict[str, list[Range]] = {}

    @property
    def first(self) -> int:
        """The smallest number; 0 before any came."""
        return self._runs[0][0] if self._runs else 0

    @property
    def last(self) -> int:
        """The largest number; 0 before any came."""
        return self._runs[-1][1] if self._runs else 0

    def follow(self, number: int, *, once: bool = True) -> None:
        """The next message has this number; unless it must come `once`, it may have come before."""
        runs = self._runs
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        elif not self._add(number) and once and number > self._free and number not in self._aside:
            self._repeated.append(number)
        self._aside.discard(number)

    def put_aside(self, number: int) -> None:
        """A record with this number was put aside: its message may come later."""
        self.follow(number)
        self._aside.add(number)

    def set_back(self) -> None:
        """The ledger was set back here."""
        self._free = max(self._free, self.last)

    def acknowledge(self, data: Mapping[str, Any]) -> None:
        """A person has acknowledged the finding that a message's data name."""
        parts = str(data.get("finding", "")).split("-")
        if len(parts) >= 2 and all(part.isdecimal() for part in parts):
            self._acknowledged.setdefault(str(data.get("problem", "")), []).append((int(parts[0]), int(parts[1])))

    def missing(self) -> Iterator[Range]:
        """Numbers that never came, and that nobody has acknowledged: from the first to the last of each gap."""
        for (_, before), (after, _) in zip(self._runs, self._runs[1:], strict=False):
            if self._is_open(before + 1, after - 1, FindingCode.RECORDS_MISSING):
                yield before + 1, after - 1

    def repeated(self) -> Iterator[int]:
        """Numbers that came twice, and that nobody has acknowledged."""
        return (number for number in self._repeated if self._is_open(number, number, FindingCode.LEDGER_SET_BACK))

    def _is_open(self, low: int, high: int, code: FindingCode) -> bool:
        return not any(first <= low and high <= last for first, last in self._acknowledged.get(code, []))

    def _add(self, number: int) -> bool:
        """Put a number among the runs; False where it was there."""
        runs = self._runs
        at = bisect_right(runs, number, key=lambda run: run[0])
        before = runs[at - 1] if at else None
        if before and number <= before[1]:
            return False
        follows = before is not None and before[1] + 1 == number
        precedes = at < len(runs) and runs[at][0] == number + 1
        if follows and precedes:
            runs[at - 1][1] = runs.pop(at)[1]
        elif follows:
            runs[at - 1][1] = number
        elif precedes:
            runs[at][0] = number
        else:
            runs.insert(at, [number, number])
        return True
