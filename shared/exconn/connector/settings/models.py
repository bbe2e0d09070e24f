"""The part `policy` of a definition, made of the table: a model for each group, a field for each row."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    Field,
    PlainValidator,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    create_model,
    model_serializer,
    model_validator,
)

from exconn.connector.part import Part
from exconn.connector.settings.contradictions import contradictions
from exconn.connector.settings.external_management import EXTERNAL_MANAGEMENT
from exconn.connector.settings.row import SettingRow, SettingsTable
from exconn.connector.settings.table import GROUPS, guarded_by
from exconn.connector.settings.values import DEFAULT, Written


class SetOnly(Part):
    """A part that is stored without what is not set: an earlier version reads it that knows no more than that."""

    @model_serializer(mode="wrap")
    def _without_unset(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in serialize(self).items() if value is not None}


def _set_in(part: Part, table: SettingsTable) -> dict[str, Written]:
    found = {row.setting: getattr(part, row.setting) for row in table.rows}
    return {name: value for name, value in found.items() if value is not None}


class SettingsGroup(SetOnly):
    """Base of the groups. A setting that is None is not set: Exchange keeps what it has."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError("no setting is set; set one, or leave the group out")
        return self


class PolicyPart(SetOnly):
    """Settings that the connector guards; a group that is absent stays Exchange's."""

    def groups(self) -> dict[str, dict[str, Written]]:
        """The settings that are set, by group; groups without any are absent."""
        found = {EXTERNAL_MANAGEMENT.name: _set_in(self, EXTERNAL_MANAGEMENT)}
        for name, table in GROUPS.items():
            group = getattr(self, name, None)
            if group is not None:
                found[name] = _set_in(group, table)
        return {name: found[name] for name in GROUPS if found.get(name)}

    def guarded(self) -> tuple[str, ...]:
        """The Exchange parameters that are put under guard, by their newer names."""
        return guarded_by(self.groups())

    @model_validator(mode="after")
    def _without_contradictions(self) -> Self:
        flat = {f"{group}.{name}": value for group, each in self.groups().items() for name, value in each.items()}
        for problem in contradictions(flat):
            raise ValueError(problem)
        return self


def _field(row: SettingRow) -> tuple[Any, Any]:
    schema = row.kind.schema()
    if row.default is not None:
        schema = {"anyOf": [*schema.get("anyOf", [schema]), {"const": DEFAULT}]}
    described = Field(default=... if row.required else None, description=f"{row.says}: {row.takes}.")
    return Annotated[Any, PlainValidator(row.check), WithJsonSchema(schema)], described


def _fields(table: SettingsTable) -> Mapping[str, Any]:
    return {row.setting: _field(row) for row in table.rows}


def _group(table: SettingsTable) -> type[SettingsGroup]:
    name = f"{table.name.title().replace('_', '')}Group"
    return create_model(name, __base__=SettingsGroup, __doc__=f"{table.says}.", **_fields(table))


GROUP_MODELS: Mapping[str, type[SettingsGroup]] = {
    name: _group(table) for name, table in GROUPS.items() if table is not EXTERNAL_MANAGEMENT
}

if TYPE_CHECKING:
    Policy = PolicyPart
else:
    Policy = create_model(
        "Policy",
        __base__=PolicyPart,
        __doc__=PolicyPart.__doc__,
        **_fields(EXTERNAL_MANAGEMENT),
        **{
            name: (model | None, Field(default=None, description=f"{GROUPS[name].says}."))
            for name, model in GROUP_MODELS.items()
        },
    )
