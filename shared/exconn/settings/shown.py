"""Settings for people: the effective values with secrets masked, and a sample environment file."""

import shlex
from collections.abc import Iterable
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from exconn.settings.base import Settings
from exconn.settings.duration import show_duration
from exconn.settings.secret import FILE_SUFFIX
from exconn.settings.variables import is_secret, variable_of


class EffectiveSetting(NamedTuple):
    """One line of `exconn env show`; `default` is None where a value is required."""

    variable: str
    value: str
    description: str
    default: str | None


def effective(settings: Settings) -> list[EffectiveSetting]:
    """Every setting of `settings` with its value in force; secrets are masked."""
    return [
        EffectiveSetting(
            variable=variable_of(type(settings), name),
            value=_shown(getattr(settings, name)),
            description=field.description or "",
            default=None if field.is_required() else _default(field),
        )
        for name, field in type(settings).model_fields.items()
    ]


def sample(classes: Iterable[type[Settings]]) -> str:
    """A sample environment file: what is required is left open, what has a default is commented out."""
    return "\n\n".join(_section(settings) for settings in classes) + "\n"


def _section(settings: type[Settings]) -> str:
    lines = [f"# {(settings.__doc__ or settings.__name__).splitlines()[0]}"]
    for name, field in settings.model_fields.items():
        variable = variable_of(settings, name)
        also = f" (or {variable}{FILE_SUFFIX}: the file to read it from)" if is_secret(field) else ""
        lines.append(f"# {field.description}{also}")
        lines.append(f"{variable}=" if field.is_required() else f"#{variable}={shlex.quote(_default(field))}")
    return "\n".join(lines)


def _default(field: FieldInfo) -> str:
    return _shown(field.get_default(call_default_factory=False))


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return show_duration(value)
    return str(value.value) if isinstance(value, Enum) else str(value)
