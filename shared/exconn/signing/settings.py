"""Where the registry of requesters is: one file, for intake, which admits, and for workers, which verify again."""

from pathlib import Path

from pydantic import Field

from exconn.settings import Settings


class RegistrySettings(Settings):
    """The registry of requesters."""

    requesters_file: Path = Field(description="the registry of requesters, a TOML file that is only read")
