"""The values are documented one by one, and the schema knows these and no others."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.chart import CHART, Chart, Values

#: What a user may name freely: labels and the like, and lists.
FREE = {
    *("scheduling.nodeSelector", "monitor.serviceMonitor.labels", "networkPolicies.dns.podLabels"),
}
#: Not ours: Helm sets it when another chart contains this one.
OF_PARENTS = "global"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """values.schema.json."""
    found: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    return found


def test_the_schema_covers_exactly_the_values(chart: Chart, schema: dict[str, Any]) -> None:
    known = set(_properties(schema, schema, ""))

    assert known == set(_paths(chart.about()["values"], ""))


def test_the_schema_is_closed_everywhere(schema: dict[str, Any]) -> None:
    open_ones = [path for path, one in _objects(schema, "") if one.get("additionalProperties") is not False]

    assert open_ones == [f"properties.{OF_PARENTS}", "$defs.labels"]
    assert schema["$defs"]["labels"]["additionalProperties"] == {"type": "string"}


def test_an_open_or_forgotten_value_would_be_noticed(chart: Chart, schema: dict[str, Any]) -> None:
    schema = json.loads(json.dumps(schema))
    del schema["properties"]["monitor"]["properties"]["lease"]
    del schema["properties"]["ledger"]["additionalProperties"]

    assert "monitor.lease" in set(_paths(chart.about()["values"], "")) - set(_properties(schema, schema, ""))
    assert "properties.ledger" in [
        path for path, one in _objects(schema, "") if one.get("additionalProperties") is not False
    ]


def test_a_comment_stands_above_every_value() -> None:
    lines = (CHART / "values.yaml").read_text(encoding="utf-8").splitlines()
    bare = [
        line.strip()
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r" *(?!requests:|limits:)\w+:", line) and not above.strip().startswith("#")
    ]

    assert bare == []


def test_the_full_values_set_every_value(chart: Chart, full: Values) -> None:
    every = set(_paths(chart.about()["values"], ""))

    assert every - set(_paths(full, "")) == set()


def _paths(values: Any, path: str) -> Iterator[str]:
    if path:
        yield path
    if isinstance(values, dict) and path not in FREE:
        for name, value in values.items():
            yield from _paths(value, f"{path}.{name}".lstrip("."))


def _properties(part: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    if path:
        yield path
    for name, one in part.get("properties", {}).items():
        if name != OF_PARENTS or path:
            yield from _properties(one, schema, f"{path}.{name}".lstrip("."))


def _objects(part: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(part, list):
        for number, one in enumerate(part):
            yield from _objects(one, f"{path}.{number}")
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield path, part
        for name, one in part.items():
            yield from _objects(one, f"{path}.{name}".lstrip("."))
