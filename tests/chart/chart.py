"""The chart as the tests ask about it: lint, render, merge, validate."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "exconn"
SCHEMAS = Path(__file__).with_name("schemas")
RELEASE, NAMESPACE = "x", "phones"
#: Kinds that a cluster learns from somebody else, with a small schema of ours for the parts that the chart uses.
FOREIGN_KINDS = {"ScaledObject": "scaled-object.json", "ServiceMonitor": "service-monitor.json"}

Object = dict[str, Any]
Values = dict[str, Any]


class RefusedError(Exception):
    """Helm refuses the values; the text says why."""


@dataclass(frozen=True)
class Rendered:
    """What an installation would send, and what it would say."""

    objects: list[Object]
    notes: str

    def of(self, kind: str) -> list[Object]:
        """The objects of a kind."""
        return [one for one in self.objects if one["kind"] == kind]

    def one(self, kind: str, component: str) -> Object:
        """The object of a kind that belongs to a component."""
        found = [one for one in self.of(kind) if component_of(one["metadata"]) == component]
        if len(found) != 1:
            raise LookupError(f"{len(found)} objects {kind} of {component}")
        return found[0]


class Chart:
    """Asks the process that has Helm and the validators."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self._child = child

    def lint(self, values: Values) -> list[Object]:
        """Findings that are more than information."""
        found: list[Object] = self._ask("lint", chart=str(CHART), values=values)
        return found

    def render(self, values: Values, release: str = RELEASE) -> Rendered:
        """Everything for one release. Raises RefusedError."""
        return Rendered(**self._ask("render", chart=str(CHART), values=values, release=release, namespace=NAMESPACE))

    def merged(self, values: Values) -> Values:
        """`values` over the chart's own."""
        found: Values = self._ask("merged", chart=str(CHART), values=values)
        return found

    def about(self) -> Object:
        """Metadata and default values."""
        found: Object = self._ask("about", chart=str(CHART))
        return found

    def values_file(self, name: str) -> Values:
        """One of the chart's own values files: minimal or full."""
        found: Values = self._ask("read", path=str(CHART / "ci" / f"{name}-values.yaml"))
        return found

    def problem_with(self, manifest: Object, version: str) -> str:
        """What a cluster of that version would not take; empty when it takes all."""
        schema = FOREIGN_KINDS.get(manifest["kind"])
        if schema:
            return str(self._ask("unlike_schema", manifest=manifest, schema=str(SCHEMAS / schema)))
        return str(self._ask("unlike_kubernetes", manifest=manifest, version=version))

    def _ask(self, ask: str, **question: Any) -> Any:
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError("the process was started without pipes")
        self._child.stdin.write(json.dumps({"ask": ask, **question}) + "\n")
        self._child.stdin.flush()
        answer = json.loads(self._child.stdout.readline())
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        return answer["answer"]


@contextmanager
def started_chart() -> Iterator[Chart]:
    """The chart and the process behind it."""
    command = [sys.executable, str(Path(__file__).with_name("child.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        yield Chart(child)
        if child.stdin is not None:
            child.stdin.close()
        child.wait(timeout=10)


def changed(values: Values, **paths: Any) -> Values:
    """A copy of `values` with some set; `monitor__replicas=2` sets monitor.replicas."""
    copy: Values = json.loads(json.dumps(values))
    for path, value in paths.items():
        *parents, last = path.split("__")
        part = copy
        for parent in parents:
            part = part.setdefault(parent, {})
        part[last] = value
    return copy


def at(values: Values, path: str) -> Any:
    """The value at a path with dots."""
    for part in path.split("."):
        values = values[part]
    return values


def component_of(metadata: Object) -> str:
    """The component that an object or a pod says it belongs to."""
    return str(metadata["labels"]["app.kubernetes.io/component"])
