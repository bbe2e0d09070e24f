"""Who reaches whom by network policies: a pure evaluator of the parts of NetworkPolicy that the chart uses.

As in Kubernetes: a pod that no policy selects for a direction is open in it; policies only add; a missing or empty
list of peers or ports means all of them. What it does not know it refuses, rather than guess.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Policy = dict[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """A pod (with labels and namespace), or an address outside the cluster."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    namespace: str = ""
    address: str = ""


class UnknownRuleError(ValueError):
    """A part of a policy that this evaluator does not know."""


def reaches(policies: list[Policy], source: Endpoint, target: Endpoint, *, protocol: str, port: int) -> bool:
    """Whether a connection is let out at its source and in at its target."""
    leaves = _let_through(policies, source, target, "Egress", protocol, port)
    return leaves and _let_through(policies, target, source, "Ingress", protocol, port)


def open_directions(policies: list[Policy], pod: Endpoint) -> list[str]:
    """The directions in which no policy guards the pod."""
    return [way for way in ("Ingress", "Egress") if not any(True for _ in _guards(policies, pod, way))]


def _let_through(policies: list[Policy], own: Endpoint, other: Endpoint, way: str, protocol: str, port: int) -> bool:
    if own.address:
        return True
    guards = list(_guards(policies, own, way))
    if not guards:
        return True
    side, peers = ("ingress", "from") if way == "Ingress" else ("egress", "to")
    rules = [rule for policy in guards for rule in policy["spec"].get(side) or []]
    return any(
        _names_port(rule.get("ports"), protocol, port) and _names_peer(rule.get(peers), other, own.namespace)
        for rule in rules
    )


def _guards(policies: list[Policy], pod: Endpoint, way: str) -> Iterator[Policy]:
    for policy in policies:
        same = policy["metadata"]["namespace"] == pod.namespace
        if same and way in policy["spec"]["policyTypes"] and _selects(policy["spec"]["podSelector"], pod.labels):
            yield policy


def _names_port(ports: list[dict[str, Any]] | None, protocol: str, port: int) -> bool:
    for one in ports or []:
        if one.keys() - {"protocol", "port"} or not isinstance(one.get("port", 0), int):
            raise UnknownRuleError(f"ports: {one}")
    return not ports or any(one.get("protocol", "TCP") == protocol and one.get("port", port) == port for one in ports)


def _names_peer(peers: list[dict[str, Any]] | None, other: Endpoint, own_namespace: str) -> bool:
    return not peers or any(_is_peer(peer, other, own_namespace) for peer in peers)


def _is_peer(peer: dict[str, Any], other: Endpoint, own_namespace: str) -> bool:
    if peer.keys() - {"ipBlock", "namespaceSelector", "podSelector"} or not peer:
        raise UnknownRuleError(f"peer: {peer}")
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        if block.keys() - {"cidr"}:
            raise UnknownRuleError(f"ipBlock: {block}")
        return bool(other.address) and ip_address(other.address) in ip_network(block["cidr"])
    if other.address:
        return False
    if "namespaceSelector" in peer:
        if not _selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace}):
            return False
    elif other.namespace != own_namespace:
        return False
    return _selects(peer.get("podSelector", {}), other.labels)


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if selector.keys() - {"matchLabels"}:
        raise UnknownRuleError(f"selector: {selector}")
    return (selector.get("matchLabels") or {}).items() <= labels.items()
