"""Settings from `EXCONN_...` variables: one frozen class per resource, secrets masked and readable from files."""

from exconn.settings.base import Settings, load
from exconn.settings.duration import Duration, parse_duration, show_duration
from exconn.settings.errors import SettingProblem, SettingsError
from exconn.settings.resources import LedgerSettings, RedisSettings, ServiceSettings
from exconn.settings.secret import RedisUrl, without_password
from exconn.settings.shown import EffectiveSetting, effective, sample

__all__ = [
    "Duration",
    "EffectiveSetting",
    "LedgerSettings",
    "RedisSettings",
    "RedisUrl",
    "ServiceSettings",
    "SettingProblem",
    "Settings",
    "SettingsError",
    "effective",
    "load",
    "parse_duration",
    "sample",
    "show_duration",
    "without_password",
]
