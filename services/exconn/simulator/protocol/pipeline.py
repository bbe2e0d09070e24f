"""One command of a shell: its queue towards the client, its thread, and how it ends.

The thread starts with the Command request, not with the first Receive: what a client sent has been
run, whether or not anybody comes to ask for the answer.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any
from uuid import UUID

from exconn.simulator.errors import OPERATION_STOPPED, CmdletFailed, ErrorRecord, MalformedPsrp, PipelineStopped
from exconn.simulator.faults.faults import Fault
from exconn.simulator.protocol import messages
from exconn.simulator.protocol.fragments import Frame, fragment_texts, message_bytes
from exconn.simulator.protocol.outbound import Fragment, OutboundQueue
from exconn.simulator.protocol.prepared import Prepared

log = logging.getLogger(__name__)

STOPPED = ErrorRecord(
    message="The pipeline has been stopped.",
    types=(
        "System.Management.Automation.PipelineStoppedException",
        "System.Management.Automation.RuntimeException",
        "System.SystemException",
    ),
    error_id="PipelineStopped",
    category=OPERATION_STOPPED,
)

BROKEN = ErrorRecord(
    message="An unexpected error occurred in the simulator.",
    types=("System.InvalidOperationException", "System.SystemException"),
    error_id="SimulatorBroken",
)

#: Results that are at hand are put into the queue by so many.
_AT_ONCE = 32
#: Objects that may wait in the input of one pipeline.
_MOST_INPUT = 10_000
_NO_MORE = object()
#: How often a waiting pipeline looks whether it was stopped.
_LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Counter:
    """Numbers the messages of one pool."""

    _lock: Lock = field(default_factory=Lock)
    _last: int = 0

    def next(self) -> int:
        """One more than before."""
        with self._lock:
            self._last += 1
            return self._last


@dataclass(slots=True)
class Framing:
    """What every message of one pool shares."""

    pool: UUID
    fragment_size: int
    object_ids: Counter = field(default_factory=Counter)

    def fragments(self, kind: int, body: str, pipeline: UUID | None = None) -> list[str]:
        """A message as the texts of its Stream elements."""
        return fragment_texts(
            self.object_ids.next(), message_bytes(kind, self.pool, pipeline, body), self.fragment_size
        )


class Merging:
    """Puts the merged streams among the results."""

    def __init__(self, pipeline: "Pipeline", merged: frozenset[str]) -> None:
        self.error = pipeline.error_as_output if "error" in merged else pipeline.error
        self.warning = pipeline.warning_as_output if "warning" in merged else pipeline.warning


class Pipeline:
    """A running or finished command."""

    def __init__(self, command_id: str, psrp_id: UUID, framing: Framing) -> None:
        self.command_id = command_id
        self.psrp_id = psrp_id
        self.queue = OutboundQueue()
        self.delivered = False
        #: Error records so far, also those among the results.
        self.errors = 0
        #: Set by a fault: the finished answer is thrown away and the connection cut.
        self.cut_answer = False
        #: Set by a fault: the answer is sent broken.
        self.garble_answer = False
        #: Set by a fault: the command is done and its pipeline's state never comes.
        self.without_state = False
        #: Set by a fault: how the next answer is spoiled.
        self.hostile: Fault | None = None
        self.on_delivered: list[Callable[[], object]] = []
        self._framing = framing
        self._at_hand: list[Fragment] = []
        self._output = Frame(framing.pool, psrp_id, framing.fragment_size)
        self._stop = Event()
        self._input: SimpleQueue[Any] = SimpleQueue()
        self._host_answers: SimpleQueue[int | None] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self, work: Callable[["Pipeline"], None], name: str) -> None:
        """Run the work in a thread of its own."""
        self._thread = Thread(target=self._run, args=(work,), name=name, daemon=True)
        self._thread.start()

    def _run(self, work: Callable[["Pipeline"], None]) -> None:
        state, record = messages.STATE_COMPLETED, None
        try:
            work(self)
        except CmdletFailed as failure:
            state, record = messages.STATE_FAILED, failure.record
        except PipelineStopped:
            state, record = messages.STATE_STOPPED, STOPPED
        except Exception:
            # A client must not wait for ever because of a mistake of ours.
            log.exception("a cmdlet broke")
            state, record = messages.STATE_FAILED, BROKEN
        self._finish(state, record)

    def _finish(self, state: int, record: ErrorRecord | None) -> None:
        end = self._frame(messages.PIPELINE_STATE, messages.pipeline_state(state, record))
        self.queue.finish([] if self.without_state else end)

    def _frame(self, kind: int, body: str) -> list[str]:
        return self._framing.fragments(kind, body, self.psrp_id)

    def outputs(self, results: Iterable[str]) -> None:
        """All results, in order. PipelineStopped when the client stopped it."""
        try:
            for clixml in results:
                if not (isinstance(clixml, Prepared) and self._output.fits(clixml)):
                    self.output(clixml)
                    continue
                if self._stop.is_set():
                    raise PipelineStopped
                self._at_hand.append(
                    self._output.halves(self._framing.object_ids.next(), messages.PIPELINE_OUTPUT, clixml)
                )
                if len(self._at_hand) >= _AT_ONCE:
                    self._put(())
        finally:
            if not self._stop.is_set():
                self._put(())

    def _put(self, fragments: Iterable[Fragment], *, urgent: bool = False) -> None:
        """Behind what is at hand, so that everything comes in the order in which it was said."""
        at_hand, self._at_hand = self._at_hand, []
        self.queue.put((*at_hand, *fragments), urgent=urgent)

    def output(self, clixml: str) -> None:
        """One result object. PipelineStopped when the client stopped it."""
        if self._stop.is_set():
            raise PipelineStopped
        self._put(self._frame(messages.PIPELINE_OUTPUT, clixml))

    def error(self, record: ErrorRecord) -> None:
        """A non-terminating error."""
        self.errors += 1
        self._put(self._frame(messages.ERROR_RECORD, messages.error_record(record)))

    def warning(self, text: str) -> None:
        """A warning."""
        self._put(self._frame(messages.WARNING_RECORD, messages.warning_record(text)))

    def merging(self, merged: frozenset[str]) -> "Pipeline | Merging":
        """This pipeline for a command of which some streams go into the output."""
        return Merging(self, merged) if merged else self

    def error_as_output(self, record: ErrorRecord) -> None:
        """A non-terminating error that the client wants among the results."""
        self.errors += 1
        self._put(self._frame(messages.PIPELINE_OUTPUT, messages.error_record(record)))

    def warning_as_output(self, text: str) -> None:
        """A warning that the client wants among the results."""
        self._put(self._frame(messages.PIPELINE_OUTPUT, messages.warning_record(text)))

    def exit(self, code: int) -> None:
        """Tell the client's host the exit code of the line."""
        self._put(self._frame(messages.PIPELINE_HOST_CALL, messages.exit_code(code)))

    def ask(self, caption: str, message: str, choices: list[tuple[str, str]]) -> int | None:
        """Ask the client's host and wait for its choice, or until the pipeline is stopped."""
        body = messages.prompt_for_choice(1, caption, message, choices)
        self._put(self._frame(messages.PIPELINE_HOST_CALL, body), urgent=True)
        choice: int | None = self._waited_for(self._host_answers)
        return choice

    def input_arrived(self, value: Any) -> None:
        """An object for the first command; MalformedPsrp when nobody could want that many."""
        if self._input.qsize() >= _MOST_INPUT:
            raise MalformedPsrp(f"more than {_MOST_INPUT} objects wait in the pipeline's input")
        self._input.put(value)

    def input_ended(self) -> None:
        """The client has no further object."""
        self._input.put(_NO_MORE)

    def inputs(self) -> Iterator[Any]:
        """The objects that the client sends, until it says that there are no more. PipelineStopped when stopped."""
        while True:
            value = self._waited_for(self._input)
            if value is _NO_MORE:
                return
            yield value

    def _waited_for(self, queue: "SimpleQueue[Any]") -> Any:
        while not self._stop.is_set():
            try:
                return queue.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
        raise PipelineStopped

    def host_answered(self, choice: int | None) -> None:
        """The client's answer to `ask`."""
        self._host_answers.put(choice)

    def acquire(self, runspace: Lock) -> None:
        """Wait for the shell's runspace, unless stopped."""
        while not runspace.acquire(timeout=_LOOK_SECONDS):
            if self._stop.is_set():
                raise PipelineStopped

    def pause(self, seconds: float) -> None:
        """Take time, unless stopped."""
        if self._stop.wait(seconds):
            raise PipelineStopped

    def lose(self) -> None:
        """Cut the client off now; the work goes on behind its back."""
        self.cut_answer = True
        self.queue.finish()

    def stop(self) -> None:
        """Ask the work to end as Stopped; what it had to say is dropped, so that it cannot be stuck there."""
        self._stop.set()
        self.queue.discard()

    def free(self) -> None:
        """End it for good: nobody will read its queue again."""
        self._stop.set()
        self.queue.close()
