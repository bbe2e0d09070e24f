"""Which environment variable belongs to which field, and which fields are secrets."""

import typing

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings


def variable_of(settings: type[BaseSettings], field: str) -> str:
    """The environment variable of a field."""
    return f"{settings.model_config.get('env_prefix', '')}{field}".upper()


def is_secret(field: FieldInfo) -> bool:
    """Whether the field's type is a secret, also when it may be None."""
    kinds = (field.annotation, *typing.get_args(field.annotation))
    return any(isinstance(kind, type) and issubclass(kind, SecretStr) for kind in kinds)
