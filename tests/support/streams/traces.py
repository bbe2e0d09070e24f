"""Replays what the status stream says of each job: is it a way that a job may go?

What follows what is taken from the tables that ledger and handlers read: `TRANSITIONS`, the phases of a kind, the codes
of reasons. Some calls say nothing (a look without news, a doorbell rung), so after each message there are several
states in which the job may be; a message is legal if one of its calls leads there from one of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from exconn.contracts import BRAKES, KINDS, EndReason, HoldReason, Kind, Phase, RefuseReason, WaitReason
from exconn.ledger import TRANSITIONS, Outcome, State
from exconn.stream import Number, StatusMessage

_ANY = frozenset(State) - {State.SETTLED}
_HELD, _WAITING, _QUEUED = frozenset({State.HELD}), frozenset({State.WAITING}), frozenset({State.QUEUED})
_SETTLED = frozenset({State.SETTLED})

#: What moves a job beside the calls of the ledger's own table: a brake holds it as it is put in; a part gets its turn;
#: nobody waits for a job any more.
_MOVES: Mapping[str, Mapping[State, frozenset[State]]] = {
    **TRANSITIONS,
    "insert": {State.QUEUED: _HELD},
    "unpark": {State.WAITING: _QUEUED},
    "give up": dict.fromkeys(_ANY, _SETTLED),
    "carry_over": {State.HELD: _HELD},
}
#: The calls that may write a message of that number; of other numbers, what the state that it shows says.
_WRITERS: Mapping[int, frozenset[str]] = {
    Number.JOB_CLAIMED: frozenset({"claim", "renew"}),
    Number.WORKER_LOST: frozenset({"claim"}),
    Number.ISSUING: frozenset({"begin"}),
    Number.GRANT_NOT_SIGNED: frozenset({"begin"}),
    Number.JOB_PAUSED: frozenset({"begin", "claim"}),
    Number.JOB_RELEASED: frozenset({"release", "retry"}),
    Number.JOB_UNPARKED: frozenset({"unpark"}),
    Number.CANCEL_MARKED: frozenset({"cancel"}),
    Number.JOB_CANCELLED: frozenset({"cancel", "settle", "begin", "hold", "claim", "await_children", "give up"}),
    Number.JOB_EXPIRED: frozenset({"settle", "begin", "give up"}),
    Number.PARTITIONS_SEALED: frozenset({"await_children"}),
    Number.LIST_RESTARTED: frozenset({"restart_list"}),
}
_WRITERS_BY_STATE: Mapping[str, frozenset[str]] = {
    State.WAITING: frozenset({"defer", "hold", "claim"}),
    State.HELD: frozenset({"insert", "hold", "begin", "claim", "carry_over", "give up"}),
    State.SETTLED: frozenset({"settle", "hold", "begin", "claim"}),
}
#: Only who has the lease makes these calls.
_OF_THE_HOLDER = frozenset({"renew", "begin", "settle", "defer", "hold", "await_children", "restart_list"})
#: Calls that end what has not begun. What has begun ends by a look of its worker.
_BEFORE_BEGIN = frozenset({"cancel", "hold", "claim", "await_children", "give up"})
_OUTCOMES: Mapping[int, Outcome] = {
    Number.JOB_SUCCEEDED: Outcome.SUCCEEDED,
    Number.JOB_FAILED: Outcome.FAILED,
    Number.JOB_CANCELLED: Outcome.CANCELLED,
    Number.JOB_REFUSED: Outcome.REFUSED,
    Number.JOB_EXPIRED: Outcome.EXPIRED,
    Number.WIPE_ACKNOWLEDGED: Outcome.SUCCEEDED,
    Number.ACTION_VERIFIED: Outcome.SUCCEEDED,
    Number.WIPE_UNREPORTED: Outcome.UNREPORTED,
    Number.PARTNERSHIP_GONE: Outcome.GONE,
    Number.ACTION_GONE: Outcome.GONE,
}
#: Ends that say that nothing was done.
_NOT_DONE = frozenset({Outcome.REFUSED, Outcome.EXPIRED})
_REASONS = frozenset(str(code) for codes in (HoldReason, WaitReason, RefuseReason, EndReason) for code in codes)


def check_record(messages: Iterable[StatusMessage], *, from_the_start: bool = True) -> list[str]:
    """A sentence for each message that may not follow what came before; empty: every job went a legal way.

    `messages` are those of a whole status stream in its order. Those without a job are passed over, and those that name
    one and say nothing of its state: that a connector was installed. Where the stream was trimmed, `from_the_start` is
    false: a job may then begin in the middle.
    """
    found: list[str] = []
    ways: dict[str, _Way] = {}
    for message in messages:
        if not message.job or not message.state:
            continue
        way = ways.get(message.job)
        if way is None:
            way = ways[message.job] = _Way()
            found += _named(message, way.begin(message, from_the_start=from_the_start))
        else:
            found += _named(message, way.follow(message))
    return found


def _named(message: StatusMessage, problems: Iterable[str]) -> Iterator[str]:
    for problem in problems:
        yield f"illegal: {message.job}, record {message.sequence} ({message.number}, {message.text!r}): {problem}"


@dataclass
class _Way:
    """How far the record of one job is, and where the job may be by now."""

    states: frozenset[State] = frozenset()
    said: str = ""
    phase: str = ""
    epoch: int = 0
    issues: int = 0
    begun: int | None = 0
    cancelled: bool = False
    #: Whether a claim may come that says nothing: a look.
    looks: bool = False
    reason: str = ""
    last: int = field(default=0)

    def begin(self, message: StatusMessage, *, from_the_start: bool) -> Iterator[str]:
        if message.number != Number.JOB_QUEUED:
            if from_the_start:
                yield "it is the first one of its job, which nobody put in"
            self.begun = None
        elif message.state not in (State.QUEUED, State.WAITING, State.HELD):
            yield f"a job is not put in as {message.state}"
        yield from _own(message)
        self._learn(message)

    def follow(self, message: StatusMessage) -> Iterator[str]:
        if message.number == Number.JOB_QUEUED:
            yield "the job was put in before"
        elif self.said == State.SETTLED:
            yield "the job had ended"
        else:
            yield from self._moved(message)
        if message.sequence <= self.last:
            yield f"its number is not above {self.last}"
        yield from self._phases(message)
        yield from self._begun(message)
        yield from _own(message)
        self._learn(message)

    def _moved(self, message: StatusMessage) -> Iterator[str]:
        writers = _WRITERS.get(message.number) or _WRITERS_BY_STATE.get(message.state, frozenset())
        if self.begun and message.number == Number.JOB_CANCELLED:
            writers -= _BEFORE_BEGIN
        legal = {
            (call, before)
            for call in writers
            for before, afters in _MOVES[call].items()
            if before in self.states and message.state in afters
        }
        if not legal:
            yield f"a job that was said to be {self.said} does not become {message.state} by {_either(writers)}"
        elif not any(self._epoch_fits(message, call) for call, _ in legal):
            yield f"its epoch is {message.epoch} after {self.epoch}"

    def _epoch_fits(self, message: StatusMessage, call: str) -> bool:
        """Each claim raises the epoch by one; looks that say nothing raise it too."""
        if message.number == Number.JOB_CLAIMED:
            lowest = self.epoch + 1
        elif call in _OF_THE_HOLDER or message.number == Number.WORKER_LOST:
            lowest = self.epoch if self.said == State.CLAIMED else self.epoch + 1
        else:
            lowest = self.epoch
        return message.epoch == lowest or (self.looks and message.epoch > lowest)

    def _phases(self, message: StatusMessage) -> Iterator[str]:
        if message.kind in KINDS:
            life = KINDS[Kind(message.kind)].life
            if life.moves and not life.may_follow(self.phase, message.phase):
                yield f"phase {message.phase or 'none'} may not follow {self.phase or 'none'}"

    def _begun(self, message: StatusMessage) -> Iterator[str]:
        if message.number == Number.ISSUING:
            attempt = message.data.get("attempt")
            if self.begun is not None and attempt != self.begun + 1:
                yield f"it counts {attempt} beginnings; on record are {self.begun + 1}"
            if self.cancelled and message.data.get("purpose") == "issue":
                yield "it begins what was cancelled"
        outcome = message.data.get("outcome")
        if self.begun and outcome in _NOT_DONE:
            yield f"it had begun, and ends as {outcome}"

    def _learn(self, message: StatusMessage) -> None:
        self.said, self.phase, self.epoch = message.state, message.phase, message.epoch
        self.reason, self.last = str(message.data.get("reason", "")), message.sequence
        self.cancelled = self.cancelled or message.number == Number.CANCEL_MARKED
        if message.number == Number.ISSUING and self.begun is not None:
            self.begun += 1
        self.looks = self._may_look(message)
        self.states = self._unsaid(message)

    def _may_look(self, message: StatusMessage) -> bool:
        if message.number in (Number.JOB_QUEUED, Number.JOB_PAUSED):
            return False
        return message.state == State.WAITING or (message.state == State.HELD and self.reason not in BRAKES)

    def _unsaid(self, message: StatusMessage) -> frozenset[State]:
        """The states in which the job may be before its next message."""
        if message.state not in tuple(State):
            return frozenset()
        states = {State(message.state)}
        if message.state == State.WAITING or self.looks:
            states.add(State.QUEUED)
        if self.looks:
            states.add(State.CLAIMED)
        return frozenset(states)


def _own(message: StatusMessage) -> Iterator[str]:
    """What a message says wrong by itself."""
    if message.state not in tuple(State):
        yield f"there is no state {message.state!r}"
    reason, outcome = message.data.get("reason"), message.data.get("outcome")
    if reason is not None and str(reason) not in _REASONS:
        yield f"there is no reason {reason!r}"
    if message.state == State.HELD and str(reason) not in tuple(HoldReason):
        yield f"{reason!r} is no reason to hold a job"
    if (message.state == State.SETTLED) != (outcome is not None):
        yield f"state {message.state} does not go with outcome {outcome}"
    elif outcome is not None:
        yield from _of_the_end(message, str(outcome))


def _of_the_end(message: StatusMessage, outcome: str) -> Iterator[str]:
    if outcome not in tuple(Outcome):
        yield f"there is no outcome {outcome!r}"
    if outcome != _OUTCOMES.get(message.number, outcome):
        yield f"it says {_OUTCOMES[message.number]}, and the outcome is {outcome}"
    if message.phase == Phase.ACKNOWLEDGED and outcome != Outcome.SUCCEEDED:
        yield f"the device acknowledged, and the outcome is {outcome}"
    if (message.phase == Phase.UNREPORTED) != (outcome == Outcome.UNREPORTED):
        yield f"phase {message.phase} does not go with outcome {outcome}"
    ends: frozenset[Phase] = KINDS[Kind(message.kind)].life.ends if message.kind in KINDS else frozenset()
    is_action = Phase.CLOSED in ends
    if outcome == Outcome.SUCCEEDED and is_action and message.phase not in ends - {Phase.CLOSED, Phase.UNREPORTED}:
        yield f"it succeeded in phase {message.phase}"


def _either(calls: Iterable[str]) -> str:
    names: Sequence[str] = sorted(calls)
    return " or ".join(names) if names else "any call"
