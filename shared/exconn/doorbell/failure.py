"""Failures of Exchange that have a message with the words of Configuration Manager's connector, known to operators."""

from collections.abc import Mapping
from dataclasses import dataclass

from exconn.exchange import errors as exchange
from exconn.stream import Number


@dataclass(frozen=True)
class Failure:
    """The status message of a cmdlet or of a runspace that failed, with the fields that its text names."""

    number: Number
    data: Mapping[str, object]


def failure_of(error: BaseException) -> Failure | None:
    """The cmdlet that failed, or the site whose runspace did; None where Exchange only throttles."""
    if not isinstance(error, exchange.ExchangeError) or isinstance(error, (exchange.Throttled, exchange.NoSeat)):
        return None
    if error.failed_cmdlet:
        return Failure(Number.CMDLET_FAILED, {"cmdlet": error.failed_cmdlet})
    if error.failed_site:
        return Failure(Number.RUNSPACE_FAILED, {"site_name": error.failed_site})
    return None
