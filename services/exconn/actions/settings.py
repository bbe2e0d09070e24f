"""The device-action worker's settings."""

from pathlib import Path

from pydantic import Field

from exconn.settings import Settings


class ActionsSettings(Settings):
    """What the worker checks signatures with."""

    requesters_file: Path = Field(
        description="the registry of requesters (TOML) with their public keys, the same that intake reads"
    )
