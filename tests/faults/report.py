"""The figures of a campaign, in their published form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

#: With no failure in n trials, the true rate is below 3/n with 95 % confidence.
RULE_OF_THREE = 3
#: The control that every run has: Celery as it comes.
STOCK = "celery"


@dataclass(frozen=True, kw_only=True)
class ControlFigures:
    """What the same harness found with a Celery task: a harness that finds nothing with the stock one is blind."""

    trials: int
    lost: int
    doubled: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a campaign found."""

    name: str
    seed: int
    trials: int
    kills: int
    lost: int
    doubled: int
    unaudited: int
    stale: int
    #: What no table of phases and states allows, in the record of any job.
    illegal: int = 0
    #: What the harness did as a person would: jobs that it had to let go on.
    interventions: int = 0
    #: How often each kind of fault struck, and which ones never did: of those the run says nothing.
    faults: Mapping[str, int] = field(default_factory=dict)
    never_struck: Sequence[str] = ()
    bound: float = field(init=False)
    #: The stock one, again below: it alone says whether the harness sees anything.
    control: ControlFigures = field(init=False)
    #: Which Celery -> what was found with it.
    controls: Mapping[str, ControlFigures]

    def __post_init__(self) -> None:
        object.__setattr__(self, "control", self.controls[STOCK])
        object.__setattr__(self, "bound", round(RULE_OF_THREE / max(1, self.trials), 6))

    @property
    def passed(self) -> bool:
        """Whether nothing was found here, and both kinds of damage in the stock control."""
        found_here = self.lost + self.doubled + self.unaudited + self.stale + self.illegal
        return found_here == 0 and self.control.lost > 0 and self.control.doubled > 0

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    def table(self) -> str:
        """The same for people."""
        return "\n".join(
            (
                f"{self.name}: {self.trials} trials, {self.kills} kills, seed {self.seed}",
                f"  lost {self.lost}, doubled {self.doubled}, unaudited {self.unaudited}, stale {self.stale}",
                f"  records that no rule allows {self.illegal}, jobs let go on by hand {self.interventions}",
                f"  {', '.join(f'{name} {count}' for name, count in self.faults.items()) or 'no fault was counted'}",
                *(f"  never struck, so nothing is known of it: {name}" for name in self.never_struck),
                f"  true rates below {self.bound:g} with 95 % confidence",
                *(
                    f"  control, {name}, {control.trials} tasks: {control.lost} lost, {control.doubled} doubled"
                    for name, control in self.controls.items()
                ),
            )
        )


@dataclass(frozen=True, kw_only=True)
class WalkFigures:
    """What a random walk over the ledger's calls found; `plant` names the bug that was put in to be found."""

    name: str
    seed: int
    trials: int
    calls: int
    jobs: int
    kills: int
    snapshots: int
    violations: int
    plant: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return self.violations == 0

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    def table(self) -> str:
        """The same for people."""
        planted = f", with the planted bug {self.plant}" if self.plant else ""
        return "\n".join(
            (
                f"{self.name}: {self.calls} calls, {self.jobs} jobs, {self.kills} kills, seed {self.seed}{planted}",
                f"  {self.violations} violations in {self.snapshots} snapshots of all indexes and the whole record",
            )
        )
