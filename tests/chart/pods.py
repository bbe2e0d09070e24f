"""The pods of rendered objects, whatever makes them, and what their containers are given."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.chart.chart import NAMESPACE, Rendered

MAKERS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


@dataclass(frozen=True)
class Pod:
    """A pod as its maker describes it."""

    component: str
    labels: dict[str, str]
    annotations: dict[str, str]
    spec: dict[str, Any]
    namespace: str = NAMESPACE

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All of them, also those that only start others."""
        return [*self.spec["containers"], *self.spec.get("initContainers", [])]

    @property
    def secrets(self) -> set[tuple[str, str]]:
        """Each (Secret, key) that reaches the pod; a whole Secret counts as the key `*`."""
        return {*self._mounted(), *self._in_environment()}

    def _mounted(self) -> Iterator[tuple[str, str]]:
        for volume in self.spec.get("volumes", []):
            sources = [
                source["secret"] for source in volume.get("projected", {}).get("sources", []) if "secret" in source
            ]
            for secret in [*sources, *([volume["secret"]] if "secret" in volume else [])]:
                name = secret.get("name") or secret["secretName"]
                for item in secret.get("items", [{"key": "*"}]):
                    yield name, item["key"]

    def _in_environment(self) -> Iterator[tuple[str, str]]:
        for container in self.containers:
            for variable in container.get("env", []):
                found = variable.get("valueFrom", {}).get("secretKeyRef")
                if found:
                    yield found["name"], found["key"]
            for source in container.get("envFrom", []):
                if "secretRef" in source:
                    yield source["secretRef"]["name"], "*"


def pods_of(rendered: Rendered) -> list[Pod]:
    """Every pod that the objects would make, once each."""
    return [_pod(maker["spec"]["template"]) for kind in MAKERS for maker in rendered.of(kind)]


def _pod(template: dict[str, Any]) -> Pod:
    metadata = template["metadata"]
    return Pod(
        component=metadata["labels"]["app.kubernetes.io/component"],
        labels=metadata["labels"],
        annotations=metadata.get("annotations", {}),
        spec=template["spec"],
    )


def environment_of(rendered: Rendered, pod: Pod, container: dict[str, Any]) -> dict[str, str]:
    """Variables with plain values, from ConfigMaps and written out; those from Secrets are left out."""
    settings = {one["metadata"]["name"]: one["data"] for one in rendered.of("ConfigMap")}
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= settings[source["configMapRef"]["name"]]
    return found | {one["name"]: one["value"] for one in container.get("env", []) if "value" in one}
