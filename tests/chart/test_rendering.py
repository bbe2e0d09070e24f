"""The chart renders what a cluster takes, and nothing else."""

import re
import tomllib
from typing import Any

import pytest

from tests.chart.chart import ROOT, Chart, RefusedError, Rendered, Values, changed, component_of
from tests.chart.pods import pods_of

VERSIONS = ("1.29", "1.37")


def test_helm_finds_nothing_to_complain_about(chart: Chart, values: Values) -> None:
    assert chart.lint(values) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cluster_takes_every_object(chart: Chart, rendered: Rendered, version: str) -> None:
    problems = {one["metadata"]["name"]: chart.problem_with(one, version) for one in rendered.objects}

    assert {name: problem for name, problem in problems.items() if problem} == {}
    assert len(rendered.objects) > 20


@pytest.mark.parametrize("kind", ["Deployment", "NetworkPolicy", "ScaledObject", "ServiceMonitor"])
def test_an_unknown_field_is_found_in_an_object(chart: Chart, full: Values, kind: str) -> None:
    manifest = chart.render(full).of(kind)[0]
    manifest["spec"]["colour"] = "blue"

    assert "colour" in chart.problem_with(manifest, VERSIONS[0])


def test_chart_and_application_have_the_version_of_the_distribution(chart: Chart) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    metadata = chart.about()["metadata"]

    assert metadata["version"] == project["version"]
    assert metadata["appVersion"] == project["version"]
    assert metadata["name"] == project["name"]


@pytest.mark.parametrize(
    "path", ["colour", "ledger__colour", "ledger__server__colour", "discovery__autoscaling__colour"]
)
def test_an_unknown_value_is_refused(chart: Chart, minimal: Values, path: str) -> None:
    with pytest.raises(RefusedError, match="colour"):
        chart.render(changed(minimal, **{path: "blue"}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actions__replicas", 0),  # a wipe must not wait for a start
        ("discovery__autoscaling__minReplicas", 0),
        ("passwordFolder", "/etc"),
        ("ledger__cidrs", ["mail.example.org"]),
        ("discovery__passwords", [{"existingSecret": "a", "key": "b", "file": "../discovery"}]),
        ("discovery__passwords", [{"existingSecret": "a", "key": "b", "file": "c", "password": "hunter2"}]),
        ("intake__allowFrom", [{}]),
        ("log__level", "loud"),
        ("image__digest", "sha256:short"),
    ],
)
def test_an_unfit_value_is_refused(chart: Chart, minimal: Values, path: str, value: object) -> None:
    with pytest.raises(RefusedError, match="schema"):
        chart.render(changed(minimal, **{path: value}))


def test_every_name_is_of_the_release_and_short_enough(chart: Chart, minimal: Values) -> None:
    release = "a-release-whose-name-is-as-long-as-helm-lets-it-be-53"
    rendered = chart.render(minimal, release=release)

    names = [one["metadata"]["name"] for one in rendered.objects]

    assert all(re.fullmatch(r"a-release-whose[a-z0-9-]{0,43}[a-z0-9]", name) for name in names), names
    assert all(len(label) <= 63 for pod in pods_of(rendered) for label in pod.labels.values())


def test_two_objects_of_a_kind_never_share_a_name(rendered: Rendered) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in rendered.objects]

    assert len(names) == len(set(names))


def test_selectors_find_the_pods_of_their_own_component_only(rendered: Rendered) -> None:
    pods = pods_of(rendered)
    selecting: list[tuple[str, dict[str, Any]]] = []
    for kind in ("Deployment", "StatefulSet", "PodDisruptionBudget", "ServiceMonitor"):
        selecting += [
            (component_of(one["metadata"]), one["spec"]["selector"]["matchLabels"]) for one in rendered.of(kind)
        ]
    selecting += [(component_of(one["metadata"]), one["spec"]["selector"]) for one in rendered.of("Service")]

    for component, labels in selecting:
        assert [pod.component for pod in pods if labels.items() <= pod.labels.items()] == [component]


def test_services_lead_to_ports_that_containers_name(rendered: Rendered) -> None:
    pods = {pod.component: pod for pod in pods_of(rendered)}

    for service in rendered.of("Service"):
        named = {
            port["name"] for one in pods[component_of(service["metadata"])].containers for port in one.get("ports", [])
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named
