"""The dates of a wipe as Exchange shows them, for the record of what became of it.

They are Exchange's, by the clocks of its servers; those of messages are the ledger's.
"""

from datetime import UTC

from exconn.exchange import WipeTimes
from exconn.signing.action_record import EXCHANGE_TIMES


def exchange_times(shown: WipeTimes) -> dict[str, str]:
    """The dates that belong to the wipe that was asked for last; what is older is of one before."""
    dates = zip(EXCHANGE_TIMES, (shown.requested, shown.sent, shown.acknowledged), strict=True)
    return {
        name: date.astimezone(UTC).isoformat()
        for name, date in dates
        if date is not None and (shown.requested is None or date >= shown.requested)
    }
