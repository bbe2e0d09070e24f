"""The base of all settings classes, and how a process reads one from its environment.

A class stands for one resource (a server, an account, a listener); a service loads those that it needs.
"""

from typing import Any, TypeVar

import pydantic_settings
from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from exconn.settings.errors import SettingProblem, SettingsError
from exconn.settings.secret import FILE_SUFFIX, SecretFiles
from exconn.settings.variables import is_secret, variable_of


class Settings(BaseSettings):
    """Frozen values from `EXCONN_...` variables; an empty variable counts as absent, secrets may come from files.

    A subclass names its variables by `env_prefix` and describes each field in one line.
    """

    model_config = SettingsConfigDict(
        env_prefix="EXCONN_",
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (named by the base class)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then variables, then the files that variables name; nothing else."""
        return init_settings, env_settings, SecretFiles(settings_cls)


S = TypeVar("S", bound=Settings)


def load(settings: type[S]) -> S:
    """The settings of this process. Raises SettingsError with every problem at once."""
    try:
        return settings()
    except ValidationError as exc:
        problems = [_problem(settings, dict(error)) for error in exc.errors(include_url=False, include_input=False)]
    except pydantic_settings.SettingsError as exc:
        problems = [SettingProblem(settings.__name__, str(exc), "write it as JSON")]
    # Outside of the handler on purpose: the original error may repeat the value of a secret.
    raise SettingsError(*problems)


def _problem(settings: type[Settings], error: dict[str, Any]) -> SettingProblem:
    name = str(error["loc"][0]) if error["loc"] else ""
    field = settings.model_fields.get(name)
    if field is None:
        return SettingProblem(settings.__name__, str(error["msg"]), "see `exconn env sample`")
    variable = variable_of(settings, name)
    about = field.description or name
    if error["type"] == "missing":
        also = f" (or {variable}{FILE_SUFFIX})" if is_secret(field) else ""
        return SettingProblem(variable, "not set", f"set it{also} to {about}", is_missing=True)
    told_by_validator = error["type"] in ("value_error", "assertion_error")
    problem = "not acceptable" if is_secret(field) and told_by_validator else str(error["msg"])
    return SettingProblem(variable, problem, f"correct it: {about}")
