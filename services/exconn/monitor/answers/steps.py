"""The steps of an action: the way that it goes when all is well, and where it went otherwise (pure)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from exconn.contracts.kinds import ACTION_KINDS, KINDS
from exconn.contracts.phases import Life
from exconn.ledger import State
from exconn.monitor.answers.models import StepView

#: The phases that an action of any kind can be in.
ACTION_PHASES = tuple(dict.fromkeys(phase.value for kind in ACTION_KINDS for phase in KINDS[kind].life.phases))


def steps_of(life: Life, phase: str, state: str, times: Mapping[str, datetime | None]) -> list[StepView]:
    """Each phase with when it was reached; none for a kind that has no first phase.

    A job that has settled shows only what it went through. A phase that Exchange or the device makes, and that no look
    saw though a later one was, has passed.
    """
    if not life.first:
        return []
    met = {name: at for name, at in times.items() if at}
    way = [step.value for step in life.way]
    last = max((place for place, name in enumerate(way) if name in met), default=-1)
    steps: list[StepView] = []
    for place, name in enumerate(way):
        passed = name not in met and place < last and name in life.in_exchange
        if name in met or passed or state != State.SETTLED:
            present = name == phase and state != State.SETTLED
            steps.append(StepView(phase=name, at=met.get(name), present=present, passed=passed))
    return steps + [
        StepView(phase=name, at=at, present=name == phase and state != State.SETTLED, passed=False)
        for name, at in met.items()
        if name not in way
    ]


def in_order(phases: Iterable[str]) -> list[str]:
    """The ways of all kinds of action, then those other phases that were met."""
    ways = dict.fromkeys(step.value for kind in ACTION_KINDS for step in KINDS[kind].life.way)
    return list(ways | dict.fromkeys(phases))
