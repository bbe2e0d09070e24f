"""Status messages as they are shown."""

from exconn.monitor.answers.errors import BadQuestionError
from exconn.monitor.answers.models import MessagesView, MessageView
from exconn.monitor.answers.source import Source
from exconn.monitor.queries.messages import MessageFilter, messages_after, newest_messages
from exconn.monitor.queries.page import Row
from exconn.stream import Severity

_SEVERITIES = {
    word: severity.value for severity in Severity for word in (severity.value.lower(), severity.name.lower())
}


def messages(source: Source, wanted: MessageFilter, *, after: int | None, limit: int) -> MessagesView:
    """Messages behind `after`, or the newest ones, in order either way."""
    with source.connect() as connection:
        if after is None:
            rows = newest_messages(connection, wanted, limit=limit)[::-1]
        else:
            rows = messages_after(connection, wanted, after, limit=limit)
    last = rows[-1]["sequence"] if rows else after or 0
    return MessagesView(messages=[message_of(row) for row in rows], next=last)


def severity_of(word: str) -> str:
    """I, W or E for that letter or its word; empty for any. Raises BadQuestionError."""
    if not word:
        return ""
    try:
        return _SEVERITIES[word.lower()]
    except KeyError as exc:
        raise BadQuestionError("severity", "no such severity", remedy="use information, warning or error") from exc


def message_of(row: Row) -> MessageView:
    """A row of the table of messages, as it is shown."""
    return MessageView.model_validate(row)
