"""Trouble that nobody has ordered: in a hostile estate one cmdlet in ten meets a transient error."""

import random
from enum import StrEnum
from threading import Lock

_ONE_IN = 10


class Trouble(StrEnum):
    """What becomes of a cmdlet."""

    NONE = "none"
    #: A transient error, and nothing was done.
    NOT_DONE = "not_done"
    #: It took effect, and a transient error is reported.
    DONE = "done"


class StandingTrouble:
    """Who is struck, by the dice of the seed."""

    def __init__(self, seed: int, *, is_hostile: bool) -> None:
        self._is_hostile = is_hostile
        self._lock = Lock()
        self._dice = random.Random(seed)
        #: How many were struck so far.
        self.struck = 0

    def next(self, *, changes: bool) -> Trouble:
        """What becomes of the next cmdlet."""
        if not self._is_hostile:
            return Trouble.NONE
        with self._lock:
            struck, coin = self._dice.random() * _ONE_IN < 1, self._dice.random() < 0.5
            self.struck += struck
        if not struck:
            return Trouble.NONE
        return Trouble.DONE if changes and coin else Trouble.NOT_DONE
