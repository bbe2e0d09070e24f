"""Shells: one runspace pool each, with its commands, and the table of all of them."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock, RLock
from uuid import UUID

from exconn.simulator.errors import MalformedPsrp, WsmanFault
from exconn.simulator.organization.accounts import SimulatedAccount
from exconn.simulator.protocol import messages
from exconn.simulator.protocol.envelope import command_not_found, internal_error, shell_not_found
from exconn.simulator.protocol.fragments import LARGEST_FRAGMENT, Joiner
from exconn.simulator.protocol.inbound import Decoder
from exconn.simulator.protocol.invocations import (
    HostAnswer,
    Inbound,
    InputEnd,
    Invocation,
    MetadataQuery,
    Opening,
    PipelineInput,
    PoolReply,
)
from exconn.simulator.protocol.outbound import OutboundQueue
from exconn.simulator.protocol.pipeline import Framing, Pipeline

#: Room that an envelope needs round its streams.
ENVELOPE_OVERHEAD = 2048


def fragment_size_for(max_envelope: int) -> int:
    """The largest fragment whose base64 text fits the client's envelope."""
    return min(LARGEST_FRAGMENT, (max_envelope - ENVELOPE_OVERHEAD) * 3 // 4 - 96)


class Shell:
    """One open session: the state that Exchange keeps between requests."""

    def __init__(
        self,
        shell_id: str,
        account: SimulatedAccount,
        *,
        max_envelope: int,
        idle_seconds: float,
        resource: str = "",
        server: str = "",
    ) -> None:
        self.id = shell_id
        self.server = server
        self.idle_seconds = idle_seconds
        self.account = account
        #: The configuration that it was opened for.
        self.resource = resource
        self.opened_at = time.monotonic()
        self.used_at = self.opened_at
        #: Set-ADServerSettings lives as long as the session.
        self.view_entire_forest = False
        self.pool_queue = OutboundQueue(gather_seconds=0)
        #: One runspace: commands of one shell run one after the other.
        self.runspace = Lock()
        self._lock = RLock()
        self._joiner = Joiner()
        self._decoder = Decoder()
        #: The pool's id is not known before the client's first message.
        self.framing = Framing(UUID(int=0), fragment_size_for(max_envelope))
        self._commands: dict[str, Pipeline] = {}
        self._by_psrp_id: dict[UUID, Pipeline] = {}

    def receive_stream(self, data: bytes) -> list[Invocation | MetadataQuery]:
        """Take stream content of any request; answers of the pool are queued, pipelines returned."""
        started: list[Invocation | MetadataQuery] = []
        with self._lock:
            self.used_at = time.monotonic()
            for whole in self._joiner.add(data):
                for item in self._decoder.decode(whole):
                    if isinstance(item, Invocation | MetadataQuery):
                        started.append(item)
                    else:
                        self._react(item)
        return started

    def _react(self, item: Inbound) -> None:
        if isinstance(item, Opening):
            self.framing.pool = item.pool
            self._greet()
        elif isinstance(item, PoolReply):
            self._put(item.type, item.body)
        elif isinstance(item, HostAnswer) and (pipeline := self._by_psrp_id.get(item.pipeline)):
            pipeline.host_answered(item.choice)
        elif isinstance(item, PipelineInput) and (pipeline := self._by_psrp_id.get(item.pipeline)):
            pipeline.input_arrived(item.value)
        elif isinstance(item, InputEnd) and (pipeline := self._by_psrp_id.get(item.pipeline)):
            pipeline.input_ended()

    def _greet(self) -> None:
        capability = Framing(UUID(int=0), self.framing.fragment_size, self.framing.object_ids)
        self.pool_queue.offer(capability.fragments(messages.SESSION_CAPABILITY, messages.session_capability()))
        self._put(messages.APPLICATION_PRIVATE_DATA, messages.application_private_data())
        self.pool_queue.end_batch()
        self._put(messages.RUNSPACE_POOL_STATE, messages.runspace_pool_state(messages.POOL_OPENED))

    def _put(self, kind: int, body: str) -> None:
        # Never waits: the request that brought us here holds the shell.
        if not self.pool_queue.offer(self.framing.fragments(kind, body)):
            raise MalformedPsrp("the client asks more than it reads")

    def expect_command(self, command_id: str, psrp_id: UUID) -> Pipeline:
        """Register a command under both of its ids."""
        with self._lock:
            if command_id.upper() in self._commands:
                raise MalformedPsrp(f"command {command_id} exists already")
            pipeline = Pipeline(command_id, psrp_id, self.framing)
            self._commands[command_id.upper()] = pipeline
            self._by_psrp_id[psrp_id] = pipeline
            return pipeline

    def command(self, command_id: str) -> Pipeline:
        """The command with that id; fault 2150858843 when there is none."""
        with self._lock:
            if (pipeline := self._commands.get(command_id.upper())) is None:
                raise command_not_found(command_id)
            return pipeline

    def command_by_psrp_id(self, psrp_id: UUID) -> Pipeline | None:
        """The command whose pipeline has that id, whatever command id the client gave it."""
        with self._lock:
            return self._by_psrp_id.get(psrp_id)

    def signalled(self, command_id: str) -> Pipeline:
        """The command that a signal means: one client names it by its pipeline's id."""
        with self._lock:
            for pipeline in self._commands.values():
                if str(pipeline.psrp_id) == command_id.lower():
                    return pipeline
            return self.command(command_id)

    def free_command(self, command_id: str) -> None:
        """Terminate: stop it and forget it."""
        self.forget_command(self.signalled(command_id).command_id)

    def forget_command(self, command_id: str) -> None:
        """The same, and fine when it is gone already."""
        with self._lock:
            pipeline = self._commands.pop(command_id.upper(), None)
            if pipeline is not None:
                self._by_psrp_id.pop(pipeline.psrp_id, None)
        if pipeline is not None:
            pipeline.free()

    def close(self) -> None:
        """End all commands and release all waiting requests."""
        with self._lock:
            pipelines = list(self._commands.values())
            self._commands.clear()
        for pipeline in pipelines:
            pipeline.free()
        self.pool_queue.close()

    @property
    def is_idle(self) -> bool:
        """Whether nobody used it for longer than it may be idle."""
        return time.monotonic() - self.used_at > self.idle_seconds

    @property
    def open_commands(self) -> int:
        """Commands that no Terminate has freed."""
        return len(self._commands)

    @property
    def run_time(self) -> str:
        """How long it is open, as WSMan writes durations."""
        return f"P0DT0H0M{int(time.monotonic() - self.opened_at)}S"

    def touch(self) -> None:
        """Note that the client is alive."""
        self.used_at = time.monotonic()


class ShellTable:
    """All open shells, limited per account as PowerShellMaxConcurrency limits them."""

    def __init__(self, limit: int, idle: timedelta, refuse: Callable[[int], WsmanFault]) -> None:
        self._limit = limit
        self._idle_seconds = idle.total_seconds()
        self._refuse = refuse
        self._lock = RLock()
        self._shells: dict[str, Shell] = {}

    def limit_to(self, shells: int, idle_seconds: float) -> None:
        """Other limits; the idle limit holds for shells that are opened from now on."""
        with self._lock:
            self._limit, self._idle_seconds = shells, idle_seconds

    def open(
        self, shell_id: str, account: SimulatedAccount, max_envelope: int, resource: str = "", server: str = ""
    ) -> Shell:
        """A new shell; a fault when the account has too many, on whatever servers."""
        with self._lock:
            if sum(s.account.username == account.username for s in self._shells.values()) >= self._limit:
                raise self._refuse(self._limit)
            if shell_id.upper() in self._shells:
                raise internal_error(f"A shell with ShellId {shell_id} exists already.")
            shell = Shell(
                shell_id,
                account,
                max_envelope=max_envelope,
                idle_seconds=self._idle_seconds,
                resource=resource,
                server=server,
            )
            self._shells[shell_id.upper()] = shell
            return shell

    def get(self, shell_id: str, account: SimulatedAccount, server: str = "") -> Shell:
        """The account's shell; fault 2150858843 when it is gone, too old, on another server or somebody else's."""
        with self._lock:
            shell = self._shells.get(shell_id.upper())
        if shell is None or shell.account.username != account.username or shell.server != server:
            raise shell_not_found(shell_id)
        if shell.is_idle:
            self.close(shell_id)
            raise shell_not_found(shell_id)
        shell.touch()
        return shell

    def close(self, shell_id: str) -> None:
        """Forget a shell; one that is gone already is fine."""
        with self._lock:
            shell = self._shells.pop(shell_id.upper(), None)
        if shell is not None:
            shell.close()

    def close_idle(self) -> None:
        """Forget the shells that nobody used for long."""
        for shell in self.all():
            if shell.is_idle:
                self.close(shell.id)

    def close_of(self, server: str) -> None:
        """Forget the shells of one server, as when it ends."""
        for shell in self.all():
            if shell.server == server:
                self.close(shell.id)

    def all(self) -> list[Shell]:
        """The open shells."""
        with self._lock:
            return list(self._shells.values())

    def close_all(self) -> None:
        """Close every shell."""
        for shell in self.all():
            self.close(shell.id)
