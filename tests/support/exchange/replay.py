"""Answers a session from a transcript: recorded messages come as fragments and go through the client's decoders."""

import struct
from collections.abc import Iterator

from exconn.exchange import Batch, Command, Session
from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.error_mapping import record_error
from exconn.exchange.psrp.fragments import Assembly
from exconn.exchange.psrp.messages import MessageType, PipelineState, error_detail, pipeline_state, warning_text
from exconn.exchange.transcript.recorder import Recorded, read_transcript

_PIPELINE = bytes(16)


class Replay:
    """A way to an Exchange that was recorded. A command is answered as the same cmdlet with the same parameters was."""

    idle_limit = None
    answering_server = ""
    server, session_id = "recorded.example", "0"

    def __init__(self, text: str) -> None:
        self._left = read_transcript(text)
        self._decoder = Decoder()

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""

    def run(self, command: Command) -> Iterator[Batch]:
        recorded = self._next(command)
        state, reason = PipelineState.RUNNING, None
        for message in Assembly().feed(b"".join(_fragments(recorded))):
            if message.kind == MessageType.OUTPUT:
                yield Batch([v if isinstance(v, dict) else {"Value": v} for v in self._decoder.read_all(message.body)])
            elif message.kind == MessageType.WARNING:
                yield Batch([], (warning_text(message.body),))
            elif message.kind == MessageType.ERROR:
                yield Batch([], errors=(error_detail(message.body),))
            else:
                state, reason = pipeline_state(message.body)
        if reason is not None:
            raise record_error(command, reason, self.server, self.session_id)
        assert state is PipelineState.COMPLETED

    def _next(self, command: Command) -> Recorded:
        wanted = (command.cmdlet, tuple(sorted(command.parameters)))
        found = [each for each in self._left if (each.cmdlet, each.parameters) == wanted]
        assert found, f"{wanted} was not recorded; there is {[(e.cmdlet, e.parameters) for e in self._left]}"
        self._left.remove(found[0])
        return found[0]


def _fragments(recorded: Recorded, *, size: int = 700) -> Iterator[bytes]:
    """The recorded messages as the wire has them, in small pieces."""
    for object_id, (kind, body) in enumerate(recorded.messages, 1):
        content = struct.pack("<II", 1, kind) + bytes(16) + _PIPELINE + b"\xef\xbb\xbf" + body
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        for number, piece in enumerate(pieces):
            flags = (number == 0) | ((number == len(pieces) - 1) << 1)
            yield struct.pack(">QQBI", object_id, number, flags, len(piece)) + piece


def replayed(text: str, *, hosted: bool = False) -> Session:
    """A session that answers from a transcript."""
    return Session(Replay(text), hosted=hosted)
