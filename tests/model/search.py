"""Searches a world breadth first, to its end: each state once, the shortest way to each violation.

A state is a tuple of parts that repeat in many states, so each part is kept once and a state is the few bytes that name
them. How a state was reached is its predecessor alone; the steps are found again where a way is told.
"""

import resource
import time
from array import array
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import NamedTuple, Protocol

State = tuple[Hashable, ...]

#: What happens by itself or by workers; what persons may do, or leave; what should not happen.
WORK, PERSON, FAULT = "", "person", "fault"
#: Violations that are told in full.
MOST_TOLD = 6


class Step(NamedTuple):
    """One thing that may happen next; `text` says it in words."""

    text: str
    after: State
    kind: str = WORK


class World(Protocol):
    """What is searched."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def faults(self) -> int:
        """How many faults may happen in it."""

    def first(self) -> State:
        """Where it begins."""

    def steps(self, state: State) -> Iterator[Step]:
        """All that may happen next."""

    def broken(self, state: State) -> Iterator[str]:
        """The invariants that this state breaks, in words."""

    def rests(self, state: State) -> bool:
        """Whether each job has ended or stands before a person."""


@dataclass
class Found:
    """What a search found. `complete`: every state was seen; `megabytes`: the most that this process used till then."""

    name: str
    faults: int
    states: int = 0
    depth: int = 0
    complete: bool = False
    violations: int = 0
    seconds: float = 0.0
    megabytes: int = 0
    told: list[tuple[str, list[str]]] = field(default_factory=list)


class Search:
    """One search; its tables are as large as the world."""

    def __init__(self, world: World, *, most_states: int = 5_000_000, until_violated: bool = False) -> None:
        self._world = world
        self._most = most_states
        self._until_violated = until_violated
        self._parts: dict[Hashable, int] = {}
        self._numbers: dict[bytes, int] = {}
        self._before = array("i", [-1])
        self._edges = array("i")
        self._ends = array("q")
        self._resting = bytearray()
        self._pack = Struct(f"<{len(world.first())}I").pack
        self._found = Found(world.name, world.faults)

    def run(self) -> Found:
        """Search; the way to a violation is told as the steps that lead there."""
        started = time.monotonic()
        found = self._found
        first = self._world.first()
        self._numbers[self._name(first)] = 0
        level = [first]
        while level and len(self._numbers) <= self._most and not (self._until_violated and found.violations):
            level = self._next(level)
            found.depth += bool(level)
        found.complete = not level
        found.states = len(self._numbers)
        if found.complete:
            self._look_for_the_stranded()
        found.seconds = time.monotonic() - started
        found.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return found

    def _name(self, state: State) -> bytes:
        parts = self._parts
        return self._pack(*[parts.setdefault(part, len(parts)) for part in state])

    def _next(self, level: list[State]) -> list[State]:
        """All new states one step further. States are numbered in the order of their level, so numbers go along."""
        found: list[State] = []
        numbers, before, edges = self._numbers, self._before, self._edges
        for state in level:
            place = len(self._resting)
            self._resting.append(self._world.rests(state))
            for sentence in self._world.broken(state):
                self._violated(sentence, place)
            for step in self._world.steps(state):
                name = self._name(step.after)
                number = numbers.get(name)
                if number is None:
                    number = numbers[name] = len(numbers)
                    before.append(place)
                    found.append(step.after)
                if not step.kind:
                    edges.append(number)
            self._ends.append(len(edges))
        return found

    def _violated(self, sentence: str, place: int) -> None:
        self._found.violations += 1
        if len(self._found.told) < MOST_TOLD and sentence not in {told for told, _ in self._found.told}:
            self._found.told.append((sentence, self.way_to(place)))

    def _look_for_the_stranded(self) -> None:
        """States from which nothing that happens by itself ends each job or brings it before a person."""
        safe, edges, ends = self._resting, self._edges, self._ends
        changed = True
        while changed:
            changed = False
            for place in range(len(safe) - 1, -1, -1):
                if not safe[place]:
                    first = ends[place - 1] if place else 0
                    if any(safe[after] for after in edges[first : ends[place]]):
                        safe[place] = changed = True
        stranded = (place for place, is_safe in enumerate(safe) if not is_safe)
        for place in stranded:
            self._violated("a job stands still: nothing that happens by itself ends it or brings it to a person", place)

    def way_to(self, place: int) -> list[str]:
        """The steps to the state of that number, in words."""
        places = [place]
        while self._before[places[-1]] >= 0:
            places.append(self._before[places[-1]])
        state, told = self._world.first(), []
        for wanted in reversed(places[:-1]):
            step = self._step_to(state, wanted)
            told.append(step.text)
            state = step.after
        return told

    def _step_to(self, state: State, wanted: int) -> Step:
        return next(step for step in self._world.steps(state) if self._numbers.get(self._name(step.after)) == wanted)


def numbered(lines: Iterable[str]) -> list[str]:
    """A dialogue as people read it."""
    return [f"{number:>3}. {line}" for number, line in enumerate(lines, start=1)]
