"""Policies let through exactly the edges that the page on Kubernetes lists."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chart.chart import Chart, Object, Rendered, Values, changed, component_of
from tests.chart.edges import Edge, computed, documented, endpoints_of
from tests.chart.pods import pods_of
from tests.chart.reachability import Endpoint, UnknownRuleError, open_directions, reaches

#: Beside those of the page: what a careless policy would open.
OTHER_PORTS = {22, 80, 443, 3389, 8443}


def edges(policies: list[Object], rendered: Rendered, values: Values) -> set[Edge]:
    """Everything that the policies let through between anything and anything."""
    ports = OTHER_PORTS | {port for *_, port in documented(values)}
    found = computed(policies, endpoints_of(values, pods_of(rendered)), ports)
    # The page speaks of the database wherever it runs.
    return {(source, target.replace("postgresql", "database"), kind, port) for source, target, kind, port in found}


def test_the_edges_are_those_of_the_page(chart: Chart, values: Values, rendered: Rendered) -> None:
    merged = chart.merged(values)

    found = edges(rendered.of("NetworkPolicy"), rendered, merged)

    assert found == documented(merged)
    assert len(found) > 20


def test_every_pod_is_guarded_in_both_directions(rendered: Rendered) -> None:
    policies = rendered.of("NetworkPolicy")

    for pod in pods_of(rendered):
        assert open_directions(policies, Endpoint(pod.component, pod.labels, pod.namespace)) == []


def test_the_default_alone_lets_nothing_through(chart: Chart, values: Values, rendered: Rendered) -> None:
    default = [one for one in rendered.of("NetworkPolicy") if component_of(one["metadata"]) == "default-deny"]

    assert len(default) == 1
    assert edges(default, rendered, chart.merged(values)) == set()


def _without_default(policies: list[Object]) -> list[Object]:
    return [one for one in policies if component_of(one["metadata"]) != "default-deny"]


def _default_for_ingress_only(policies: list[Object]) -> list[Object]:
    kept = [dict(one, spec=dict(one["spec"])) for one in policies]
    for one in kept:
        if component_of(one["metadata"]) == "default-deny":
            one["spec"]["policyTypes"] = ["Ingress"]
    return kept


def _open_rule(side: str, rule: Object) -> Callable[[list[Object]], list[Object]]:
    def plant(policies: list[Object]) -> list[Object]:
        spec = {"podSelector": {}, "policyTypes": [side.capitalize()], side: [rule]}
        return [*policies, {"metadata": {"namespace": "phones", "labels": {}}, "spec": spec}]

    return plant


PLANTED = {
    "no default": _without_default,
    "default for ingress only": _default_for_ingress_only,
    "anywhere by https": _open_rule("egress", {"ports": [{"port": 443}]}),
    "everything out": _open_rule("egress", {}),
    "everything in": _open_rule("ingress", {}),
    "empty list of addresses": _open_rule("egress", {"to": [], "ports": [{"protocol": "TCP", "port": 22}]}),
    "a wider network": _open_rule("egress", {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}),
    "pods of the namespace": _open_rule("ingress", {"from": [{"podSelector": {}}]}),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_opening_is_found(chart: Chart, minimal: Values, planted: str) -> None:
    merged, rendered = chart.merged(minimal), chart.render(minimal)

    found = edges(PLANTED[planted](rendered.of("NetworkPolicy")), rendered, merged)

    assert found - documented(merged)


def test_without_policies_everything_is_open(chart: Chart, minimal: Values) -> None:
    rendered = chart.render(changed(minimal, networkPolicies__enabled=False))

    assert rendered.of("NetworkPolicy") == []


HERE = Endpoint("here", {"app": "a"}, "n")
BESIDE = Endpoint("beside", {"app": "b"}, "n")
ELSEWHERE = Endpoint("elsewhere", {"app": "b"}, "m")
OUTSIDE = Endpoint("outside", address="192.0.2.7")


def policy(selector: Object, **spec: Any) -> Object:
    """A policy in the namespace n."""
    return {"metadata": {"namespace": "n"}, "spec": {"podSelector": selector, **spec}}


def test_a_pod_that_no_policy_selects_is_open() -> None:
    other = policy({"matchLabels": {"app": "b"}}, policyTypes=["Egress"])

    assert reaches([other], HERE, OUTSIDE, protocol="TCP", port=1)
    assert not reaches([other], BESIDE, OUTSIDE, protocol="TCP", port=1)


def test_both_ends_must_agree() -> None:
    out = policy({"matchLabels": {"app": "a"}}, policyTypes=["Egress"], egress=[{"to": [{"podSelector": {}}]}])
    closed = policy({"matchLabels": {"app": "b"}}, policyTypes=["Ingress"])

    assert reaches([out], HERE, BESIDE, protocol="TCP", port=1)
    assert not reaches([out, closed], HERE, BESIDE, protocol="TCP", port=1)
    assert not reaches([out], HERE, ELSEWHERE, protocol="TCP", port=1)


def test_addresses_ports_and_protocols_are_compared() -> None:
    rule = {"to": [{"ipBlock": {"cidr": "192.0.2.0/29"}}], "ports": [{"protocol": "TCP", "port": 443}]}
    out = policy({}, policyTypes=["Egress"], egress=[rule])

    assert reaches([out], HERE, OUTSIDE, protocol="TCP", port=443)
    assert not reaches([out], HERE, OUTSIDE, protocol="UDP", port=443)
    assert not reaches([out], HERE, OUTSIDE, protocol="TCP", port=80)
    assert not reaches([out], HERE, Endpoint("far", address="192.0.2.8"), protocol="TCP", port=443)


def test_namespaces_are_compared_by_name() -> None:
    rule = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "m"}}}]}
    into = policy({}, policyTypes=["Ingress"], ingress=[rule])

    assert reaches([into], ELSEWHERE, HERE, protocol="TCP", port=1)
    assert not reaches([into], BESIDE, HERE, protocol="TCP", port=1)
    assert not reaches([into], OUTSIDE, HERE, protocol="TCP", port=1)


@pytest.mark.parametrize(
    "rule",
    [
        {"to": [{"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.7/32"]}}]},
        {"to": [{"podSelector": {"matchExpressions": []}}]},
        {"to": [{}]},
        {"ports": [{"port": 1, "endPort": 9}]},
        {"ports": [{"port": "http"}]},
    ],
)
def test_what_the_evaluator_does_not_know_it_refuses(rule: Object) -> None:
    out = policy({}, policyTypes=["Egress"], egress=[rule])

    with pytest.raises(UnknownRuleError):
        reaches([out], HERE, BESIDE if "podSelector" in str(rule) else OUTSIDE, protocol="TCP", port=1)
