"""Client messages turned into plain values: the only user of psrpcore.

psrpcore decodes, and keeps the keys for secure strings. It never sends bulk output here: what it
queues by itself (the encrypted session key, answers about runspaces) is taken out and framed by us.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

from psrpcore import (
    CreatePipelineEvent,
    GetCommandMetadataEvent,
    PipelineHostResponseEvent,
    PSRPCoreError,
    PSRPEvent,
    PSRPPayload,
    ServerPipeline,
    ServerRunspacePool,
    StreamType,
)
from psrpcore.types import PipelineResultTypes, PSInvocationState, PSObject, PSSecureString, deserialize

from exconn.simulator.errors import MalformedPsrp
from exconn.simulator.protocol import messages
from exconn.simulator.protocol.fragments import Joiner, Message, read_message, single_fragment
from exconn.simulator.protocol.invocations import (
    Argument,
    Command,
    HostAnswer,
    Ignored,
    Inbound,
    InputEnd,
    Invocation,
    MetadataQuery,
    Opening,
    PipelineInput,
    PoolReply,
    Secret,
)

#: Sent by the pool on its own account and passed on to the client.
_PASSED_ON = {messages.ENCRYPTED_SESSION_KEY, messages.RUNSPACE_AVAILABILITY}
#: .NET finds properties without regard to case, psrpcore does not; one client writes `CI`.
_CALL_ID = re.compile(rb' N="(?i:ci)"')
_ABOUT_RUNSPACES = {
    messages.SET_MAX_RUNSPACES,
    messages.SET_MIN_RUNSPACES,
    messages.GET_AVAILABLE_RUNSPACES,
    messages.RESET_RUNSPACE_STATE,
}


@dataclass(slots=True)
class Decoder:
    """Decodes the messages of one pool. Not thread-safe: its shell holds a lock."""

    _pool: ServerRunspacePool = field(default_factory=ServerRunspacePool)
    _messages: int = 0

    def decode(self, data: bytes) -> list[Inbound]:
        """One defragmented message; MalformedPsrp when it can't be understood."""
        message = read_message(data)
        try:
            return self._events(message, data)
        except (PSRPCoreError, ElementTree.ParseError, UnicodeError) as exc:
            raise MalformedPsrp(str(exc)) from exc
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as exc:
            # psrpcore reads client properties unchecked; a missing one ends as one of these.
            raise MalformedPsrp(f"a property is missing or of another type: {exc}") from exc
        finally:
            self._forget_pipeline(message.pipeline)

    def _events(self, message: Message, data: bytes) -> list[Inbound]:
        if message.type == messages.PIPELINE_INPUT:
            return [PipelineInput(message.pipeline, self._object(message.body))]
        if message.type == messages.END_OF_PIPELINE_INPUT:
            return [InputEnd(message.pipeline)]
        if message.type in _ABOUT_RUNSPACES:
            data = _CALL_ID.sub(b' N="ci"', data)
        if message.type in (messages.CREATE_PIPELINE, messages.GET_COMMAND_METADATA):
            ServerPipeline(self._pool, message.pipeline)
        self._messages += 1
        self._pool.receive_data(PSRPPayload(single_fragment(self._messages, data), StreamType.default, None))
        found = []
        while (event := self._pool.next_event()) is not None:
            found.append(self._translate(event, message))
        return [*found, *self._replies()]

    def _translate(self, event: PSRPEvent[Any, Any], message: Message) -> Inbound:
        if isinstance(event, CreatePipelineEvent):
            # Decoded once already: asking the event would do it again.
            decoded: Any = self._pool.pipeline_table[message.pipeline].metadata
            expects_input = not decoded.no_input
            return Invocation(message.pipeline, tuple(_command(c) for c in decoded.commands), expects_input)
        if isinstance(event, GetCommandMetadataEvent):
            return MetadataQuery(message.pipeline, tuple(str(n) for n in event.pipeline.name or ["*"]))
        if isinstance(event, PipelineHostResponseEvent):
            return HostAnswer(message.pipeline, event.result if isinstance(event.result, int) else None)
        if message.type in _ABOUT_RUNSPACES:
            # One runspace per shell, as on Exchange; the change is accepted and changes nothing.
            counts = message.type == messages.GET_AVAILABLE_RUNSPACES
            self._pool.runspace_availability_response(event.ci, 1 if counts else True)  # type: ignore[attr-defined]
            return Ignored()
        return Opening(message.runspace_pool) if message.type == messages.INIT_RUNSPACE_POOL else Ignored()

    def _object(self, body: bytes) -> Any:
        """An object of the pipeline's input: a plain value, or its properties by name."""
        element = ElementTree.fromstring(body.decode("utf-8-sig"))  # noqa: S314 - as psrpcore reads all others
        value = deserialize(element, self._pool._cipher)
        if not isinstance(value, PSObject):
            return plain(value)
        properties = (*value.PSObject.adapted_properties, *value.PSObject.extended_properties)
        return {each.name: plain(each.get_value(value)) for each in properties} or plain(value)

    def _replies(self) -> list[PoolReply]:
        replies = []
        while (payload := self._pool.data_to_send()) is not None:
            for data in Joiner().add(payload.data):
                reply = read_message(data)
                if reply.type in _PASSED_ON:
                    replies.append(PoolReply(reply.type, reply.body.decode("utf-8")))
        return replies

    def _forget_pipeline(self, pipeline: UUID) -> None:
        if (known := self._pool.pipeline_table.get(pipeline)) is not None:
            known.state = PSInvocationState.Completed
            known.close()


def _command(command: Any) -> Command:
    arguments = tuple(Argument(None if name is None else str(name), plain(value)) for name, value in command.parameters)
    to_output = PipelineResultTypes.Output
    merged = {
        "error": command.merge_error == to_output
        or (command.merge_my == PipelineResultTypes.Error and command.merge_to == to_output),
        "warning": command.merge_warning == to_output,
    }
    return Command(
        str(command.command_text),
        bool(command.is_script),
        arguments,
        bool(command.end_of_statement),
        frozenset(name for name, wanted in merged.items() if wanted),
    )


def _secret(value: PSSecureString) -> Secret:
    """Decrypted and encrypted anew, which proves the session's key; PSRPCoreError when there is none."""
    content = str(value.decrypt())
    return Secret(value._cipher.encrypt(content) if value._cipher else "")


def plain(value: Any) -> Any:
    """A parameter value as str, int, bool, float, timedelta, list or dict; a richer object as its text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {str(plain(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(v) for v in value]
    if isinstance(value, PSSecureString):
        return _secret(value)
    if isinstance(value, timedelta):
        return timedelta(seconds=value.total_seconds())
    shown = value.PSObject.to_string if isinstance(value, PSObject) else None
    for kind in (int, float):
        if isinstance(value, kind) and shown in (None, str(kind(value))):
            return kind(value)
    if shown is not None:
        # An enum is an integer that shows its name, and the name is what a parameter takes.
        return str(shown)
    return str(value)
