"""What the attacks came to, in their published form."""

import json
from dataclasses import asdict, dataclass

from tests.faults.attack.attack import Attack
from tests.faults.attack.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """One attack on a company with all of its defences, and on one without the defence that is to hold it."""

    attack: Attack
    defended: Outcome
    control: Outcome
    seconds: float

    @property
    def held(self) -> bool:
        """Whether the attack came to nothing, or was named."""
        return not self.attack.got_through(self.defended)

    @property
    def control_succeeded(self) -> bool:
        """Whether the same attack succeeds where the defence is missing: else nothing is known of the defence."""
        return self.attack.succeeds(self.control) and self.attack.got_through(self.control)

    @property
    def passed(self) -> bool:
        """Both."""
        return self.held and self.control_succeeded

    def table(self) -> str:
        """For people."""
        verdict = "held" if self.held else "GOT THROUGH"
        control = "succeeds" if self.control_succeeded else "DID NOT SUCCEED, so nothing is known of the defence"
        lines = (
            f"{self.attack.name}: {verdict} ({self.seconds:.0f} s)",
            f"  with all defences: {_figures(self.defended)}",
            f"  without {self.attack.defence}: {control}; {_figures(self.control)}",
        )
        return "\n".join(lines)


@dataclass(frozen=True)
class AttackFigures:
    """What the campaign found."""

    results: tuple[AttackResult, ...]

    @property
    def passed(self) -> bool:
        """Whether every attack was held, and every control succeeded."""
        return all(result.passed for result in self.results)

    def as_json(self) -> str:
        """One line."""
        attacks = [
            {
                "name": result.attack.name,
                "title": result.attack.title,
                "defence": result.attack.defence,
                "defended": asdict(result.defended),
                "control": asdict(result.control),
                "held": result.held,
                "control_succeeded": result.control_succeeded,
                "seconds": round(result.seconds, 1),
            }
            for result in self.results
        ]
        return json.dumps({"name": "attack", "passed": self.passed, "attacks": attacks})

    def table(self) -> str:
        """The same for people."""
        return "\n".join(result.table() for result in self.results)


def _figures(outcome: Outcome) -> str:
    counted = f"{outcome.wiped_beyond} wiped beyond, {outcome.secrets_out} secrets out, {outcome.lost} lost"
    return f"{counted}; named: {', '.join(outcome.named) or 'nothing'}"
