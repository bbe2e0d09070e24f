"""The one place that knows the Helm SDK and the validators: answers questions about a chart, a JSON object a line.

A process of its own, because the SDK starts threads that Python cannot see, and other tests fork; and because these
libraries are in `requirements/delivery.txt` only.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import kubernetes_validate
import yaml

Object = dict[str, Any]


def main() -> None:
    """Answer each line of the standard input, until it ends."""
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"answer": ANSWERS[question.pop("ask")](**question)}
        except helm_python.HelmError as exc:
            answer = {"refused": str(exc)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def lint(chart: str, values: Object) -> list[Object]:
    """What Helm finds, above mere information."""
    report = helm_python.lint(chart, values, strict=True)
    errors = [{"path": chart, "error": error} for error in report["errors"]]
    return errors + [found for found in report["messages"] if found["severity"] > 1]


def render(chart: str, values: Object, release: str, namespace: str) -> Object:
    """The notes, and every object."""
    with helm_python.Chart.load(chart) as loaded:
        texts = loaded.render(values, name=release, namespace=namespace)
    notes = next(text for path, text in texts.items() if path.endswith("/NOTES.txt"))
    documents = [yaml.safe_load_all(text) for path, text in texts.items() if path.endswith(".yaml")]
    return {"notes": notes, "objects": [one for each in documents for one in each if one]}


def about(chart: str) -> Object:
    """Metadata and default values."""
    with helm_python.Chart.load(chart) as loaded:
        return {"metadata": loaded.metadata, "values": loaded.values}


def merged(chart: str, values: Object) -> Object:
    """The values that templates see."""
    with helm_python.Chart.load(chart) as loaded:
        found: Object = loaded.merge_values(values)
        return found


def read(path: str) -> Object:
    """A YAML file."""
    found: Object = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return found


def unlike_kubernetes(manifest: Object, version: str) -> str:
    """What the API of that Kubernetes version would not take, unknown fields included; empty when it takes all."""
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError as exc:
        return f"{list(exc.absolute_path)}: {exc.message}"
    except kubernetes_validate.SchemaNotFoundError:
        return "no schema"
    return ""


def unlike_schema(manifest: Object, schema: str) -> str:
    """What a JSON schema of ours does not allow; empty when it allows all."""
    try:
        jsonschema.validate(manifest, json.loads(Path(schema).read_text(encoding="utf-8")))
    except jsonschema.ValidationError as exc:
        return f"{list(exc.absolute_path)}: {exc.message}"
    return ""


ANSWERS: dict[str, Callable[..., object]] = {
    "lint": lint,
    "render": render,
    "about": about,
    "merged": merged,
    "read": read,
    "unlike_kubernetes": unlike_kubernetes,
    "unlike_schema": unlike_schema,
}

if __name__ == "__main__":
    main()
