"""The discovery worker's settings."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from exconn.inventory import HIGH_WATER, MOST_ELEMENTS
from exconn.settings import Settings


class DiscoverySettings(Settings):
    """How a sweep is cut into pieces, and when it waits for the reader of its facts."""

    model_config = SettingsConfigDict(env_prefix="EXCONN_DISCOVERY_")

    page: int = Field(
        default=MOST_ELEMENTS,
        ge=1,
        le=MOST_ELEMENTS,
        description="devices or owners that are folded at a time; more saves round trips",
    )
    partition: int = Field(
        default=50, ge=1, le=500, description="devices in a part of a sweep; less spreads a small fleet over more seats"
    )
    high_water: int = Field(
        default=HIGH_WATER,
        ge=1,
        le=1_000_000,
        description="records of facts that may wait for the monitor before sweeps wait for it",
    )
