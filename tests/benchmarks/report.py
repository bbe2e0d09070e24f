"""The figures of a benchmark, in their published form."""

import json
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One ratio, ours to the reference: operations a second, medians over the rounds, unless it says otherwise."""

    what: str
    ours: float
    reference: float
    ratio: float
    goal: float
    met: bool


def compare(what: str, ours: list[float], reference: list[float], *, goal: float) -> Figure:
    """The figure of interleaved rounds: the median of the ratios round by round."""
    ratio = round(median(a / b for a, b in zip(ours, reference, strict=True)), 2)
    return Figure(
        what=what,
        ours=round(median(ours), 1),
        reference=round(median(reference), 1),
        ratio=ratio,
        goal=goal,
        met=ratio >= goal,
    )


def compare_size(what: str, ours: float, reference: float, *, goal: float) -> Figure:
    """The figure of a size, of which less is better: met when the ratio is at most the goal."""
    ratio = round(ours / reference, 2)
    return Figure(
        what=what, ours=round(ours, 2), reference=round(reference, 2), ratio=ratio, goal=goal, met=ratio <= goal
    )


@dataclass(frozen=True, kw_only=True)
class Report:
    """All figures of a benchmark."""

    name: str
    seed: int
    n: int
    figures: tuple[Figure, ...]

    @property
    def met(self) -> bool:
        """Whether every goal was met."""
        return all(figure.met for figure in self.figures)

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    def as_table(self) -> str:
        """For people."""
        lines = [f"{self.name}: n = {self.n}"]
        for figure in self.figures:
            verdict = "met" if figure.met else "missed"
            lines.append(
                f"  {figure.what}: {figure.ours:g} to {figure.reference:g} = {figure.ratio:g} "
                f"(goal {figure.goal:g}, {verdict})"
            )
        return "\n".join(lines)
