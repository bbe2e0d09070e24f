"""Exchange over PSRP and WSMan, through pypsrp: the only module that knows it, private parts included.

pypsrp speaks WSMan, authenticates, opens the pool and writes commands. What a cmdlet answers is taken out of
its hands before it decodes anything (`_Sorter`) and read by our own reader. pypsrp is pinned to 0.9; a test
compares its decoding with ours.
"""

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import cast
from xml.etree.ElementTree import Element, ParseError, SubElement

from pypsrp.complex_objects import PSCredential, RunspacePoolState
from pypsrp.exceptions import (
    InvalidPSRPOperation,
    WinRMError,
    WinRMTransportError,
    WSManFaultError,
)
from pypsrp.messages import Message as PoolMessage
from pypsrp.powershell import Fragmenter, PowerShell, RunspacePool
from pypsrp.shell import SignalCode
from pypsrp.wsman import NAMESPACES, OptionSet, SelectorSet, WSMan

from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.clixml.timespans import parse_duration
from exconn.exchange.cmdlets.command import Command
from exconn.exchange.cmdlets.parameter_values import Credential
from exconn.exchange.endpoint import Endpoint
from exconn.exchange.error_mapping import (
    OPERATION_TIMED_OUT,
    NoAnswer,
    broken_pool,
    fault_error,
    http_error,
    opening_error,
    outcome_of,
    record_error,
)
from exconn.exchange.errors import (
    ExchangeError,
    Malformed,
    NotSoap,
    SessionGone,
    Unauthorized,
    Unreachable,
)
from exconn.exchange.opening_errors import TurnedAway
from exconn.exchange.psrp import messages
from exconn.exchange.psrp.batches import BatchReader
from exconn.exchange.psrp.command_limits import CommandLimits
from exconn.exchange.psrp.fragments import Assembly, Message
from exconn.exchange.psrp.messages import MessageType, PipelineState
from exconn.exchange.reported_errors import NotRun
from exconn.exchange.transport import Batch, SessionListener
from exconn.exchange.wsman.channel import Channel
from exconn.exchange.wsman.receive import what_was_said

CONFIGURATION = "Microsoft.Exchange"
RESOURCE_URI = f"http://schemas.microsoft.com/powershell/{CONFIGURATION}"
_SHELL = NAMESPACES["rsp"]
#: How long one Receive is parked on the server.
POLL_SECONDS = 20
#: How much later than the server's own time-out the client gives up: half of it again, between these.
LEAST_MARGIN, MOST_MARGIN = 4.0, 10.0
#: How long ending a shell or a command may take.
END_SECONDS = 5
#: Answers in a row that carry nothing: a sound server parks a Receive instead.
EMPTY_ANSWERS = 100

#: pypsrp's type for time-outs.
Timeout = int | float | tuple[int | float, int | float] | None


class _Http:
    """Our channel, as pypsrp calls its own transport."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint.url
        self._channel = Channel(endpoint)
        #: Seconds of silence that are borne, where a request does not say.
        self.longest_silence = endpoint.operation_timeout.total_seconds()

    def send(self, message: bytes, *, retries_on_read_timeout: int = 0, timeout: Timeout = None) -> str:
        """Once: a request that was answered by silence is never repeated, whatever it asked."""
        del retries_on_read_timeout
        operation = timeout if isinstance(timeout, (int, float)) else self.longest_silence
        margin = min(MOST_MARGIN, max(LEAST_MARGIN, operation / 2))
        status, text = self._channel.send(message, operation + margin)
        if status != 200:
            raise WinRMTransportError("http", status, text)
        if not text:
            raise NotSoap("an empty answer instead of SOAP")
        # Text keeps the parser to UTF-8.
        return text

    @property
    def answering_server(self) -> str:
        return self._channel.answering_server

    def close(self) -> None:
        self._channel.close()


class _Pool(RunspacePool):
    """A pool that opens, and gets its key, in bounded time, also when a server keeps answering nothing."""

    def __init__(self, connection: WSMan, longest_silence: float) -> None:
        super().__init__(connection, configuration_name=CONFIGURATION)
        self._longest_silence = longest_silence
        self._deadline = 0.0

    def open(self, application_arguments: dict[str, object] | None = None) -> None:
        self._deadline = time.monotonic() + self._longest_silence
        super().open(application_arguments)

    def exchange_keys(self) -> None:
        """Once for the pool. SessionGone when the server gives no key: nothing secret was sent, and no command."""
        self._deadline = time.monotonic() + self._longest_silence
        try:
            super().exchange_keys()
        except (NoAnswer, InvalidPSRPOperation, WSManFaultError) as exc:
            if isinstance(exc, WSManFaultError) and exc.code != OPERATION_TIMED_OUT:
                raise
            raise SessionGone("the server gave no key for secure strings, so the command was not sent") from exc

    def _receive(self, id: str | None = None, timeout: int | None = None) -> list[tuple[int, object]]:  # noqa: A002
        if time.monotonic() > self._deadline:
            raise NoAnswer("the runspace pool did not answer in time")
        received: list[tuple[int, object]] = super()._receive(id, timeout)
        return received


class _Sorter(Fragmenter):
    """Keeps what belongs to a pipeline for us, and gives pypsrp the messages of the pool."""

    def __init__(self, pool: RunspacePool) -> None:
        super().__init__(pool.connection.max_payload_size, pool._serializer)
        self._assembly = Assembly()
        self.arrived: list[Message] = []
        self.listener: SessionListener | None = None

    def defragment(self, data: bytes) -> list[PoolMessage]:
        pool_messages = []
        for message in self._assembly.feed(data):
            if message.kind in messages.PIPELINE_KINDS:
                self.arrived.append(message)
            else:
                pool_messages.append(PoolMessage.unpack(message.content, self.serializer))
        return pool_messages

    def take(self, pipeline_id: str) -> list[Message]:
        """What arrived for this pipeline; what an earlier one left behind is dropped."""
        wanted = uuid.UUID(pipeline_id).bytes_le
        taken = [message for message in self.arrived if message.pipeline == wanted]
        self.arrived.clear()
        if self.listener is not None:
            for message in taken:
                self.listener.heard(message)
        return taken


def _quiet_pypsrp() -> None:
    # Its lines contain whole messages: names, phone numbers, identities.
    logging.getLogger("pypsrp").setLevel(logging.CRITICAL + 1)


def _connection(endpoint: Endpoint) -> WSMan:
    _quiet_pypsrp()
    seconds = max(1, int(endpoint.operation_timeout.total_seconds()))
    # What it knows of the server here is never used: its own transport is replaced before anything is sent.
    wsman = WSMan(endpoint.server, auth="negotiate", operation_timeout=seconds)
    wsman.transport = _Http(endpoint)  # type: ignore[assignment]  # all that pypsrp asks of one
    return wsman


class PsrpTransport:
    """One WSMan connection with one runspace pool of one runspace."""

    def __init__(self, endpoint: Endpoint, listener: SessionListener | None = None) -> None:
        self._endpoint = endpoint
        self._wsman = _connection(endpoint)
        self._pool = _Pool(self._wsman, min(endpoint.operation_timeout, endpoint.opening_timeout).total_seconds())
        self._sorter = self._pool._fragmenter = _Sorter(self._pool)
        self._sorter.listener = listener
        self._decoder = Decoder()
        self._shell_id = str(self._pool.id)
        self._may_exist = False

    @property
    def server(self) -> str:
        return self._endpoint.server

    @property
    def answering_server(self) -> str:
        return cast("_Http", self._wsman.transport).answering_server

    @property
    def session_id(self) -> str:
        return self._shell_id

    @property
    def idle_limit(self) -> timedelta | None:
        try:
            return parse_duration(str(self._pool.shell.idle_time_out))
        except ValueError:
            return None

    def open(self) -> None:
        """Open the shell; a failed attempt deletes what it may have left on the server."""
        self._may_exist = True
        try:
            with _translated(self._endpoint), self._opening_timeout():
                self._pool.open()
        except (ExchangeError, NoAnswer) as exc:
            self._note_refusal(exc)
            self.close()
            raise opening_error(exc, self.server, self._endpoint.username) from exc.__cause__
        self._shell_id = str(self._pool.shell.id)

    def run(self, command: Command) -> Iterator[Batch]:
        """Send the command once and yield what it answers, one batch for each answer of the server."""
        pipeline = _Pipeline(self._pool, self._sorter, self._decoder, command, self._endpoint)
        if self._sorter.listener is not None:
            self._sorter.listener.began(command)
        try:
            with _translated(self._endpoint):
                pipeline.send()
        except (ExchangeError, NoAnswer) as exc:
            self._note_refusal(exc)
            raise outcome_of(exc, command, self.server, self._shell_id, sent=False) from exc.__cause__
        try:
            with _translated(self._endpoint):
                yield from pipeline.batches()
        except (ExchangeError, NoAnswer) as exc:
            self._note_refusal(exc)
            pipeline.lost = not pipeline.answered
            if pipeline.answered:
                raise
            raise outcome_of(exc, command, self.server, self._shell_id, sent=True) from exc.__cause__
        finally:
            pipeline.end()
        pipeline.raise_unless_completed(self.server, self._shell_id)

    @contextmanager
    def _opening_timeout(self) -> Iterator[None]:
        """While a session is opened a server is given up sooner than while it works."""
        transport = cast("_Http", self._wsman.transport)
        longest_silence = transport.longest_silence
        transport.longest_silence = min(longest_silence, self._endpoint.opening_timeout.total_seconds())
        try:
            yield
        finally:
            transport.longest_silence = longest_silence

    def _note_refusal(self, error: ExchangeError | NoAnswer) -> None:
        # A password that was refused is not shown again, not even to delete the shell.
        if isinstance(error, Unauthorized) and not isinstance(error, TurnedAway):
            self._may_exist = False

    def close(self) -> None:
        """Delete the shell, also one whose opening was never confirmed."""
        if self._may_exist:
            self._may_exist = False
            with suppress(ExchangeError, NoAnswer):
                _delete_shell(self._wsman, self._endpoint, self._shell_id)
        self._pool.state = RunspacePoolState.CLOSED
        self._wsman.close()


def _argument(value: object) -> object:
    """A parameter's value as the protocol library takes it."""
    if isinstance(value, Credential):
        return PSCredential(  # type: ignore[no-untyped-call]
            username=value.username, password=value.password.get_secret_value()
        )
    return value


class _Pipeline:
    """One command on its way: sent once, polled until its state says that it ended."""

    def __init__(
        self, pool: RunspacePool, sorter: _Sorter, decoder: Decoder, command: Command, endpoint: Endpoint
    ) -> None:
        self._pool = pool
        self._sorter = sorter
        self._reader = BatchReader(decoder, self._note)
        self._command = command
        self._longest_silence = endpoint.operation_timeout.total_seconds()
        self._poll = min(POLL_SECONDS, max(1, int(self._longest_silence)))
        self._powershell = PowerShell(pool)
        self._arguments = {name: _argument(value) for name, value in command.parameters.items()}
        self._powershell.add_cmdlet(command.cmdlet).add_parameters(self._arguments)
        self._allowance = CommandLimits()
        #: What ended it, where it says so.
        self._reason: messages.ErrorDetail | None = None
        self._state = PipelineState.NOT_STARTED
        self._done = False
        #: The way to the server is broken, or what it says makes no sense: do not talk to it again.
        self.lost = False

    @property
    def answered(self) -> bool:
        """Has the pipeline told how it ended?"""
        return self._state in messages.ENDED

    def send(self) -> None:
        if any(isinstance(value, PSCredential) for value in self._arguments.values()):
            # Passwords travel encrypted with a key of the pool, exchanged once.
            self._pool.exchange_keys()
        self._powershell.begin_invoke()
        self._state = PipelineState.RUNNING

    def batches(self) -> Iterator[Batch]:
        """Yield until the pipeline ends; silence, emptiness and a lost state are errors."""
        heard, empty = time.monotonic(), 0
        while not self.answered:
            arrived = self._receive()
            self._allowance.spend(len(arrived))
            if arrived:
                heard, empty = time.monotonic(), 0
                yield self._batch(arrived)
                continue
            empty += 1
            if self._done:
                raise Malformed("the command ended without its state")
            if time.monotonic() - heard > self._longest_silence or empty > EMPTY_ANSWERS:
                raise NoAnswer("the server stayed silent")

    def _receive(self) -> list[Message]:
        try:
            self._done, said = what_was_said(self._asked())
        except WSManFaultError as exc:
            if exc.code == OPERATION_TIMED_OUT:
                return []
            raise
        self._pool._parse_responses(said)
        return self._sorter.take(self._powershell.id)

    def _asked(self) -> Element:
        """The body of the answer to one Receive."""
        shell = self._pool.shell
        request = Element(f"{{{_SHELL}}}Receive")
        desired = SubElement(request, f"{{{_SHELL}}}DesiredStream", CommandId=self._powershell._command_id or "")
        desired.text = "stdout"
        options = OptionSet()
        options.add_option("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "True")
        return self._pool.connection.receive(
            RESOURCE_URI, request, option_set=options, selector_set=shell._selector_set, timeout=self._poll
        )

    def _batch(self, arrived: list[Message]) -> Batch:
        batch = self._reader.read(arrived)
        if self._done and not self.answered:
            raise Malformed("the command ended without its state")
        return batch

    def _note(self, message: Message) -> None:
        if message.kind == MessageType.STATE:
            self._state, self._reason = messages.pipeline_state(message.body)
        elif message.kind == MessageType.HOST_CALL and messages.is_prompt(message.body):
            self._refuse_prompt()

    def _refuse_prompt(self) -> None:
        """Nobody answers a prompt: stop the cmdlet, which waits for the answer before it does anything."""
        self._signal(SignalCode.PS_CTRL_C)
        self._state = PipelineState.STOPPED
        raise NotRun(self._command.cmdlet, "HostPrompt", "", "Exchange asked a question; it was not answered")

    def end(self) -> None:
        """Free the command on the server; a command that still runs is stopped first."""
        self._pool.pipelines.pop(self._powershell.id, None)
        if self.lost or self._pool.state == RunspacePoolState.CLOSED:
            return
        if self._state == PipelineState.RUNNING:
            self._signal(SignalCode.PS_CTRL_C)
        self._signal(SignalCode.TERMINATE)

    def _signal(self, code: str) -> None:
        command_id = self._powershell._command_id or self._powershell.id
        signal = Element(f"{{{_SHELL}}}Signal", CommandId=command_id)
        SubElement(signal, f"{{{_SHELL}}}Code").text = code
        # The outcome is known already; a failed signal does not change it.
        with suppress(WinRMError, NoAnswer, ExchangeError, ParseError):
            shell = self._pool.shell
            self._pool.connection.signal(RESOURCE_URI, signal, selector_set=shell._selector_set, timeout=END_SECONDS)

    def raise_unless_completed(self, server: str, session_id: str) -> None:
        """Raise what ended the cmdlet before its end: then whatever it answered before is cut off."""
        if self._state == PipelineState.COMPLETED:
            return
        reason = self._reason or self._reader.last_error
        if reason is not None:
            raise record_error(self._command, reason, server, session_id)
        silent = NoAnswer(f"the pipeline ended as {self._state.name.lower()} without a reason")
        raise outcome_of(silent, self._command, server, session_id, sent=True)


@contextmanager
def _translated(endpoint: Endpoint) -> Iterator[None]:
    """Errors of pypsrp, requests and the XML parser as ours, or as NoAnswer."""
    server, account = endpoint.server, endpoint.username
    try:
        yield
    except (ExchangeError, NoAnswer):
        raise
    except WSManFaultError as exc:
        text = f"{exc.reason or ''} {exc.provider_fault or ''}"
        code = exc.code if isinstance(exc.code, int) else None
        raise fault_error(code, text, server, account) from exc
    except WinRMTransportError as exc:
        raise http_error(exc.code, server, account, tls=endpoint.tls) from exc
    except InvalidPSRPOperation as exc:
        raise broken_pool(str(exc), server, account) from exc
    except WinRMError as exc:
        raise Malformed("an answer that belongs to another request, or does not say to which") from exc
    except (ParseError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise Malformed(f"an answer on which the protocol library failed ({type(exc).__name__})") from exc


def _delete_shell(wsman: WSMan, endpoint: Endpoint, session_id: str) -> None:
    selectors = SelectorSet()
    selectors.add_option("ShellId", session_id)
    with _translated(endpoint):
        wsman.delete(RESOURCE_URI, selector_set=selectors, timeout=END_SECONDS)


def end_session(endpoint: Endpoint, session_id: str) -> None:
    """Delete a shell that a session left behind, perhaps in a process that died; one that is gone is fine."""
    wsman = _connection(endpoint)
    try:
        _delete_shell(wsman, endpoint, session_id)
    except SessionGone:
        return
    except NoAnswer as exc:
        raise opening_error(exc, endpoint.server) from exc
    except TurnedAway as exc:
        # Not handled: what runs in the shell may still be running.
        raise Unreachable(endpoint.server, f"the shell was not ended: {exc.sentence()}") from exc
    finally:
        wsman.close()
