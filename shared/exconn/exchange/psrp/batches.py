"""From the messages of a running command to what a caller gets at once: objects, warnings, errors."""

from collections.abc import Callable, Iterable

from exconn.exchange.clixml.decoder import Decoder
from exconn.exchange.errors import Malformed
from exconn.exchange.psrp import messages
from exconn.exchange.psrp.fragments import Message
from exconn.exchange.psrp.messages import ErrorDetail, MessageType
from exconn.exchange.psrp.naming import seeming_name
from exconn.exchange.transport import Batch, Record, UnreadableObject

WARNINGS_KEPT = 100


class BatchReader:
    """Of one command. An object or an error that cannot be read is part of the batch, and ends nothing."""

    def __init__(self, decoder: Decoder, other: Callable[[Message], None]) -> None:
        self._decoder = decoder
        #: Gets what is neither object nor error nor warning.
        self._other = other
        self._warnings = 0
        #: The last error of the command.
        self.last_error: ErrorDetail | None = None

    def read(self, arrived: Iterable[Message]) -> Batch:
        """Raises Malformed when a message cannot be read on which the end of the command depends."""
        records: list[Record] = []
        warnings: list[str] = []
        errors: list[ErrorDetail | Malformed] = []
        unreadable: list[UnreadableObject] = []
        for message in arrived:
            if message.kind == MessageType.OUTPUT:
                self._object(message, records, unreadable)
            elif message.kind == MessageType.ERROR:
                errors.append(self._error(message))
            elif message.kind == MessageType.WARNING and self._warnings < WARNINGS_KEPT:
                self._warnings += 1
                warnings.append(messages.warning_text(message.body))
            else:
                self._other(message)
        return Batch(records, tuple(warnings), tuple(errors), tuple(unreadable))

    def _object(self, message: Message, records: list[Record], unreadable: list[UnreadableObject]) -> None:
        try:
            values = self._decoder.read_all(message.body)
        except Malformed as exc:
            unreadable.append(UnreadableObject(exc, seeming_name(message.body)))
            return
        records.extend(value if isinstance(value, dict) else {"Value": value} for value in values)

    def _error(self, message: Message) -> ErrorDetail | Malformed:
        try:
            self.last_error = messages.error_detail(message.body)
        except Malformed as exc:
            return exc
        return self.last_error
