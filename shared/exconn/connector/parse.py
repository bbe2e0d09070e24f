"""From the text of `connector.toml` to a definition, or to the full list of what is wrong with it."""

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from exconn.connector.definition import LONGEST_PAUSE, ConnectorDefinition
from exconn.connector.errors import DefinitionError, DefinitionProblem
from exconn.connector.exchange_online import is_exchange_online
from exconn.connector.lines import line_of
from exconn.connector.settings.external_management import EXTERNAL_MANAGEMENT
from exconn.connector.settings.table import all_rows
from exconn.connector.values import format_duration, parse_duration
from exconn.keyspace.written import parsed

#: A definition is a page or two; anything longer is not one.
MAX_DEFINITION = 48 * 1024

_AT_LINE = re.compile(r"\(at line (\d+)")
#: How a check of the whole definition begins: `accounts.discovery: `.
_PLACE = re.compile(r"^([a-z_]+(?:\.[a-z_]+)+): ")
#: Keys that people write when they mean to put the secret itself into the file.
_SECRET_WORDS = ("password", "secret", "pass", "passwd")

Location = tuple[str | int, ...]


def parse_definition(text: str) -> ConnectorDefinition:
    """The definition in `text`. Raises DefinitionError with every problem found."""
    try:
        definition = ConnectorDefinition.model_validate(_tables(text))
    except ValidationError as exc:
        raise DefinitionError(_problems(exc, text)) from exc
    _refuse_exchange_online(definition, text)
    return definition


def _refuse_exchange_online(definition: ConnectorDefinition, text: str) -> None:
    """Not a rule of the model: a definition that was stored before must stay readable."""
    single = definition.exchange.url is not None
    problems = []
    for number, server in enumerate(definition.exchange.sites()):
        if is_exchange_online(server.url):
            location: Location = ("exchange", "url") if single else ("exchange", "servers", number, "url")
            problem = "this is Exchange Online, where remote PowerShell has ended"
            remedy = "name an Exchange that you or your provider run; for Exchange Online use Intune"
            problems.append(DefinitionProblem(_dotted(location), problem, remedy, line_of(text, location)))
    if problems:
        raise DefinitionError(tuple(problems))


def _tables(text: str) -> dict[str, Any]:
    if len(text) > MAX_DEFINITION:
        raise DefinitionError(
            (DefinitionProblem("connector.toml", f"longer than {MAX_DEFINITION} characters", "shorten it"),)
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        found = _AT_LINE.search(str(exc))
        problem = re.sub(r"\s*\(at .*\)$", "", str(exc))
        line = int(found[1]) if found else 0
        raise DefinitionError((DefinitionProblem("connector.toml", problem, "correct the TOML there", line),)) from exc


def _problems(exc: ValidationError, text: str) -> tuple[DefinitionProblem, ...]:
    found: dict[str, DefinitionProblem] = {}
    for error in exc.errors(include_url=False, include_input=False):
        location = _place_in(error["msg"]) or _written(error["loc"])
        name = _dotted(location)
        found.setdefault(name, _problem(name, location, error, line_of(text, location)))
    return tuple(sorted(found.values(), key=lambda problem: problem.line or 1_000_000))


def _place_in(message: str) -> Location:
    """Where a check of the whole definition says that the problem is."""
    found = _PLACE.match(message.removeprefix("Value error, "))
    return tuple(found[1].split(".")) if found else ()


def _problem(name: str, location: Location, error: ErrorDetails, line: int) -> DefinitionProblem:
    if error["type"] == "extra_forbidden":
        return DefinitionProblem(name, "unknown key", _near(location), line)
    field = _field(location)
    meaning = (field.description or "").rstrip(".") if field else ""
    if error["type"] == "missing":
        return DefinitionProblem(name, "missing", f"add it: {meaning}", line)
    if error["type"] == "value_error":
        problem, _, remedy = _PLACE.sub("", error["msg"].removeprefix("Value error, ")).partition("; ")
        return DefinitionProblem(name, problem, remedy, line)
    if field is not None and len(get_args(field.annotation)) > 1:
        return DefinitionProblem(name, "not a value it takes", f"write: {meaning}", line)
    return DefinitionProblem(name, error["msg"][:1].lower() + error["msg"][1:], f"write: {meaning}", line)


def _near(location: Location) -> str:
    model = _model(location[:-1])
    known = list(model.model_fields) if model else []
    wrong = str(location[-1])
    if wrong.casefold() in _SECRET_WORDS and "password_file" in known:
        return "never write the secret itself; write password_file, the path of a file that holds it"
    if location[0] == "policy" and (remedy := _other_setting(wrong)):
        return remedy
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known) or 'none'}"


def _other_setting(wrong: str) -> str:
    """Where a setting of the policy belongs, or what it is called now; empty for what is none."""
    if wrong in _EARLIER_SETTINGS:
        return f"it is called {_EARLIER_SETTINGS[wrong]} now"
    own = next((table for table, row in all_rows() if row.setting == wrong), None)
    if own is None:
        return ""
    return f"it belongs into [{'policy' if own is EXTERNAL_MANAGEMENT else f'policy.{own.name}'}]"


def _written(location: Location) -> Location:
    """The location without the branches of unions that pydantic adds behind the field's own name."""
    model: type[BaseModel] | None = ConnectorDefinition
    written: list[str | int] = []
    for part in location:
        if model is None and not isinstance(part, int):
            break
        written.append(part)
        if isinstance(part, str) and model is not None:
            info = model.model_fields.get(part)
            model = _submodel(info) if info else None
    return tuple(written)


def _field(location: Location) -> FieldInfo | None:
    names = [part for part in location if isinstance(part, str)]
    if not names:
        return None
    model = _model(tuple(names[:-1]))
    return model.model_fields.get(names[-1]) if model else None


def _model(location: Location) -> type[BaseModel] | None:
    model: type[BaseModel] | None = ConnectorDefinition
    for part in location:
        if isinstance(part, str) and model is not None:
            info = model.model_fields.get(part)
            model = _submodel(info) if info else None
    return model


def _submodel(info: FieldInfo) -> type[BaseModel] | None:
    for candidate in (info.annotation, *get_args(info.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _dotted(location: Location) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).lstrip(".") or "connector.toml"


def definition_of(stored: str | Mapping[str, Any]) -> ConnectorDefinition:
    """A definition that was kept as JSON by the store, also by a version with other names or bounds."""
    found = parsed(stored) if isinstance(stored, str) else stored
    return ConnectorDefinition.model_validate_json(json.dumps(_brought_up(found)))


def _brought_up(stored: Mapping[str, Any]) -> dict[str, Any]:
    lookups = dict(stored.get("lookups") or {})
    if "pace" in lookups:
        lookups["longest_pause"] = lookups.pop("pace")
    for name in {"first", "longest_pause"} & lookups.keys():
        lookups[name] = format_duration(min(parse_duration(lookups[name]), LONGEST_PAUSE))
    return {**stored, "lookups": lookups, "policy": _policy_brought_up(stored.get("policy") or {})}


#: Settings that earlier versions had under other names; and what "default" meant where Exchange's pages do not agree.
_EARLIER_SETTINGS = {
    "allow_non_provisionable_devices": "allow_non_provision",
    "refresh_interval_hours": "refresh_hours",
    "password_expiration_days": "password_expiration",
    "wipe_after_failed_attempts": "wipe_after_failed_attempt",
    "maximum_idle_time_minutes": "maximum_idle_time_mins",
    "minimum_complex_characters": "minimum_complex_char",
}
_EARLIER_DEFAULTS: Mapping[str, object] = {
    "refresh_hours": "unlimited",
    "password_expiration": "unlimited",
    "password_history": 0,
    "minimum_complex_char": 1,
}


def _policy_brought_up(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _group_brought_up(each) if isinstance(each, Mapping) else each for name, each in stored.items()}


def _group_brought_up(stored: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {_EARLIER_SETTINGS.get(name, name): value for name, value in stored.items()}
    return {
        name: _EARLIER_DEFAULTS[name] if value == "default" and name in _EARLIER_DEFAULTS else value
        for name, value in renamed.items()
    }
