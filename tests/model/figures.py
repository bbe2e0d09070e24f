"""What a search has to say, for programs and for people."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.model.real import Compared
from tests.model.search import Found, numbered


@dataclass(frozen=True)
class Planted:
    """What became of a planted fault."""

    name: str
    found: bool
    states: int
    violation: str
    dialogue: list[str]


@dataclass(frozen=True)
class Lost:
    """What the ledger may lose where nothing is confirmed. `known`: as it is written down."""

    name: str
    known: bool
    found: bool
    dialogue: list[str]


@dataclass
class Report:
    """All that was found."""

    worlds: list[Found] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    losses: list[Lost] = field(default_factory=list)
    real: list[Compared] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """No world is violated, all that was planted was found, and ledger and model do the same."""
        return (
            all(one.complete and not one.violations for one in self.worlds)
            and all(one.found for one in self.planted)
            and all(one.known and one.found for one in self.losses)
            and not any(one.differences or one.unreached for one in self.real)
        )

    def figures(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "worlds": [_figures(one) for one in self.worlds],
            "states": sum(one.states for one in self.worlds),
            "depth": max((one.depth for one in self.worlds), default=0),
            "complete": all(one.complete for one in self.worlds),
            "violations": sum(one.violations for one in self.worlds),
            "mutations": [vars(one) for one in self.planted],
            "losses": [vars(one) for one in self.losses],
            "real": [{**vars(one), "seconds": round(one.seconds, 1)} for one in self.real],
        }

    def lines(self) -> Iterable[str]:
        """As people read it."""
        for world in self.worlds:
            yield line_of(world)
            for sentence, way in world.told:
                yield from (f"violated: {sentence}", *numbered(way))
        for planted in self.planted:
            yield f"planted: {planted.name}: {'found' if planted.found else 'NOT FOUND'}"
        for lost in self.losses:
            known = "may happen" if lost.found else "NOT FOUND"
            yield f"without confirmation: {lost.name}: {known if lost.known else 'NOT KNOWN'}"
        for compared in self.real:
            yield compared_line(compared)
            yield from compared.told


def line_of(one: Found) -> str:
    """A world in a line."""
    complete = "complete" if one.complete else "NOT complete"
    return (
        f"{one.name}, {one.faults} faults: {one.states} states, depth {one.depth}, {complete}, "
        f"{one.violations} violations, {one.seconds:.1f} s, {one.megabytes} MB"
    )


def compared_line(one: Compared) -> str:
    """A comparison in a line."""
    return (
        f"{one.name}, model and ledger: {one.pairs} calls from {one.states} states, {one.differences} differences, "
        f"{one.unreached} out of reach, {one.seconds:.1f} s"
    )


def _figures(one: Found) -> dict[str, object]:
    told = [{"violation": sentence, "dialogue": way} for sentence, way in one.told]
    return {**vars(one), "seconds": round(one.seconds, 1), "told": told}
