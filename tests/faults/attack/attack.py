"""One attack: what is done, by which defence it is held, and when it has succeeded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.attack.outcome import Outcome

if TYPE_CHECKING:
    from tests.faults.attack.company import Company


def does_harm(outcome: Outcome) -> bool:
    """The plain measure of success: something was wiped beyond the brakes, got out, or was lost."""
    return outcome.does_harm


@dataclass(frozen=True, kw_only=True)
class Attack:
    """`run` attacks a company; `succeeds` says of what came of it whether that was what the attacker wanted."""

    name: str
    title: str
    #: The name of the one defence that is taken out for the control.
    defence: str
    run: "Callable[[Company], Outcome]"
    succeeds: Callable[[Outcome], bool] = does_harm
    #: The problems that name this attack: harm that one of them tells of within a minute counts as defended.
    alarms: tuple[str, ...] = ()
    #: Settings of all services, where the attack is on a company that has others.
    settings: Mapping[str, str] = field(default_factory=dict)

    def got_through(self, outcome: Outcome) -> bool:
        """Whether it did harm, or what it was for, without an alarm that names it."""
        achieved = self.succeeds(outcome) or outcome.does_harm
        return achieved and not set(self.alarms) & set(outcome.named)
