"""Status messages as they are shown."""

from collections.abc import Sequence

from exconn.monitor.answers.filters import check_connector, severity_of
from exconn.monitor.answers.models import MessagesView, MessageView
from exconn.monitor.answers.source import Source
from exconn.monitor.queries.messages import MessageFilter, Place, messages_after, newest_messages
from exconn.monitor.queries.page import Row


def filter_of(source: Source, *, connector: str, job: str, severity: str) -> MessageFilter:
    """Which messages are wanted. Raises BadQuestionError, NotKnownError."""
    check_connector(source, connector)
    return MessageFilter(connector=connector, job=job, severity=severity_of(severity))


def messages(source: Source, wanted: MessageFilter, *, after: Place | None, limit: int) -> MessagesView:
    """Messages behind `after`, or the newest ones, in order either way."""
    with source.connect() as connection:
        if after is None:
            page = newest_messages(connection, wanted, limit=limit)
            rows, end = page.rows[::-1], _newest_of(page.rows)
        else:
            page = messages_after(connection, wanted, after, limit=limit)
            rows, end = page.rows, page.end or after
    return MessagesView(messages=[message_of(row) for row in rows], next=end.sequence, next_record=end.record)


def _newest_of(rows: Sequence[Row]) -> Place:
    """Behind all that was found, newest first."""
    return Place(rows[0]["sequence"] if rows else 0)


def message_of(row: Row) -> MessageView:
    """A row of the table of messages, as it is shown."""
    return MessageView.model_validate(row)
