"""The coordinator's settings."""

from datetime import timedelta

from pydantic import Field

from exconn.settings import Duration, Settings


class CoordinatorSettings(Settings):
    """How often the coordinator goes its round."""

    coordinator_interval: Duration = Field(
        default=timedelta(seconds=1), description="time between two rounds of the coordinator, such as 1s"
    )
