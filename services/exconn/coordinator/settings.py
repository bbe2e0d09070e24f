"""The coordinator's settings."""

from datetime import timedelta

from pydantic import Field

from exconn.settings import Duration, Settings


class CoordinatorSettings(Settings):
    """The pace of the coordinator's rounds."""

    coordinator_pace: Duration = Field(
        default=timedelta(seconds=1), description="time between two rounds of the coordinator, such as 1s"
    )
