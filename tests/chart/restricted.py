"""The pod security standard `restricted`, and what this project asks beyond it, as a pure check of one pod."""

from collections.abc import Iterator
from typing import Any

from tests.chart.pods import Pod

USER = 10001
VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}


def violations(pod: Pod) -> list[str]:
    """What is wrong with the pod; empty when nothing is."""
    found = list(_of_pod(pod.spec))
    for container in pod.containers:
        found += [f"{container['name']}: {problem}" for problem in _of_container(container)]
    return found


def _of_pod(spec: dict[str, Any]) -> Iterator[str]:
    for switch in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(switch):
            yield f"{switch} is on"
    if spec.get("automountServiceAccountToken") is not False:
        yield "a service-account token is mounted"
    security = spec.get("securityContext", {})
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "seccomp profile is not RuntimeDefault"
    if security.get("runAsUser") != USER or security.get("runAsNonRoot") is not True:
        yield f"does not run as user {USER}"
    for volume in spec.get("volumes", []):
        if not (volume.keys() - {"name"}) <= VOLUMES:
            yield f"volume {volume['name']} is of a kind that is not allowed"


def _of_container(container: dict[str, Any]) -> Iterator[str]:
    security = container.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or security.get("runAsUser", USER) != USER:
        yield f"does not run as user {USER}"
    if security.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if security.get("privileged"):
        yield "is privileged"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "root is writable"
    capabilities = security.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
        yield "keeps capabilities"
    if security.get("seccompProfile", {"type": "RuntimeDefault"}).get("type") != "RuntimeDefault":
        yield "seccomp profile is not RuntimeDefault"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "opens a port of the host"
    for bound in ("requests", "limits"):
        if not {"cpu", "memory"} <= container.get("resources", {}).get(bound, {}).keys():
            yield f"has no {bound} of cpu and memory"
