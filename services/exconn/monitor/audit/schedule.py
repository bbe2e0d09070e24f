"""When the whole audit log is verified again: once a night, or more often."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Each `every`; from a day on only `at` this time of day (UTC), so that it falls into the night."""

    every: timedelta
    at: time

    def following(self, last: datetime | None, now: datetime) -> datetime:
        """When the next one begins, if the last began at `last`. What was never verified is so at once."""
        if last is None:
            return now
        if self.every < _DAY:
            return last + self.every
        earliest = last + self.every - _DAY
        today = earliest.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return today if today > earliest else today + _DAY
