"""What all parts of a definition have in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of all parts of a definition: frozen and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
