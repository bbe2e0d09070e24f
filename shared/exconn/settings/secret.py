"""Secrets in settings: never shown, and read from files where a variable `<NAME>_FILE` names one."""

import os
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import PydanticBaseSettingsSource

from exconn.settings.errors import SettingProblem, SettingsError
from exconn.settings.variables import is_secret, variable_of

FILE_SUFFIX = "_FILE"
#: Far above any password or URL; a larger file is the wrong file.
MAX_SECRET_BYTES = 64 * 1024
REDIS_SCHEMES = ("redis", "rediss", "unix")
#: What a URL may say of TLS: files, and two words that may only say what holds anyway.
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
TLS_WORDS = {"ssl_cert_reqs": ("required", "CERT_REQUIRED"), "ssl_check_hostname": ("true", "True", "1")}


class RedisUrl(SecretStr):
    """The URL of a Redis or Valkey server; shown without its password."""

    def _display(self) -> str:
        return without_password(self.get_secret_value())


def without_password(url: str) -> str:
    """`url` with the password masked, and without its query, which may hold one as well."""
    parts = urlsplit(url)
    login, at, address = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    masked = f"{user}{colon}{'***' if colon else ''}{at}"
    return f"{parts.scheme}://{masked}{address}{parts.path}"


def check_redis_url(url: RedisUrl) -> RedisUrl:
    """Refuse what is no URL of a Redis server, without repeating it."""
    try:
        parts = urlsplit(url.get_secret_value())
        named = bool(parts.path if parts.scheme == "unix" else parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.scheme not in REDIS_SCHEMES:
        raise PydanticCustomError("redis_url", "not a URL like redis://host:6379/0, rediss://... or unix:///path")
    problem = _problem_of_tls(parts.scheme, dict(parse_qsl(parts.query, keep_blank_values=True)))
    if problem:
        raise PydanticCustomError("redis_url", problem)
    return url


def _problem_of_tls(scheme: str, query: dict[str, str]) -> LiteralString:
    """What is wrong with what the URL says of TLS; empty when nothing is."""
    said = {name: value for name, value in query.items() if name.startswith("ssl_")}
    if said and scheme != "rediss":
        return "names certificates, but does not ask for TLS: write rediss:// instead"
    if not said.keys() <= {*TLS_FILES, *TLS_WORDS}:
        return "says something of TLS but ssl_ca_certs=FILE, ssl_certfile=FILE and ssl_keyfile=FILE"
    if any(said.get(name, words[0]) not in words for name, words in TLS_WORDS.items()):
        return "would trust any server: leave ssl_cert_reqs and ssl_check_hostname out, and name the authority instead"
    if "ssl_keyfile" in said and "ssl_certfile" not in said:
        return "names the key of a client certificate without the certificate: add ssl_certfile=FILE"
    return ""


class SecretFiles(PydanticBaseSettingsSource):
    """The source that reads a secret field from the file that `<VARIABLE>_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content of the named file, or None when there is no such variable."""
        if not is_secret(field):
            return None, field_name, False
        variable = variable_of(self.settings_cls, field_name)
        named = self.environment.get(variable + FILE_SUFFIX)
        if not named:
            return None, field_name, False
        if self.environment.get(variable):
            remedy = f"keep either it or {variable}{FILE_SUFFIX}"
            raise SettingsError(SettingProblem(variable, "set as a value and as a file", remedy))
        return _read_secret(variable + FILE_SUFFIX, Path(named)), field_name, False

    @property
    def environment(self) -> dict[str, str]:
        """The variables of this process."""
        return dict(os.environ)

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in found.items() if value is not None}


def _read_secret(variable: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SECRET_BYTES + 1)
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as exc:
        detail = exc.strerror if isinstance(exc, OSError) else "not UTF-8 text"
        raise SettingsError(SettingProblem(variable, f"cannot read {path} ({detail})", "name a readable file")) from exc
    if len(raw) > MAX_SECRET_BYTES:
        raise SettingsError(
            SettingProblem(variable, f"{path} is larger than any secret", "name the file of the secret")
        )
    return text.rstrip("\r\n")
