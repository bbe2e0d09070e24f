"""How many run, how they are scaled, probed, spread and ended, and what keeps data."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from exconn.contracts import Service
from tests.chart.chart import ROOT, Chart, Rendered, Values, changed, component_of
from tests.chart.pods import Pod, environment_of, pods_of

SERVICES = ("coordinator", "intake", "discovery", "policy", "actions", "monitor")
WORKERS = ("discovery", "policy", "actions")
#: What the monitor tells of jobs that could run and jobs that do.
METRICS = ["exconn_jobs_ready", "exconn_jobs_running"]


def scaled(values: Values, **keda: Any) -> Values:
    """With an autoscaler for discovery."""
    return changed(values, discovery__autoscaling__enabled=True, keda=keda)


def test_the_replica_count_is_left_to_the_autoscaler(chart: Chart, minimal: Values) -> None:
    assert chart.render(minimal).one("Deployment", "discovery")["spec"]["replicas"] == 2
    assert "replicas" not in chart.render(scaled(minimal)).one("Deployment", "discovery")["spec"]


def test_discovery_scales_by_its_ready_and_running_jobs(chart: Chart, minimal: Values) -> None:
    rendered = chart.render(scaled(minimal))

    autoscaler = rendered.one("HorizontalPodAutoscaler", "discovery")["spec"]
    metrics = [one["external"]["metric"] for one in autoscaler["metrics"]]
    assert autoscaler["scaleTargetRef"]["name"] == rendered.one("Deployment", "discovery")["metadata"]["name"]
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (1, 4)
    assert [metric["name"] for metric in metrics] == METRICS
    assert all(metric["selector"] == {"matchLabels": {"service": Service.DISCOVERY}} for metric in metrics)
    assert rendered.of("ScaledObject") == []


def test_the_monitor_has_the_metrics_that_scale_discovery() -> None:
    told = (ROOT / "services" / "exconn" / "monitor" / "metrics.py").read_text(encoding="utf-8")

    assert [name for name in METRICS if f'"{name}"' in told] == METRICS
    assert '("connector", "service")' in told


def test_keda_replaces_the_other_autoscaler_by_value_alone(chart: Chart, minimal: Values) -> None:
    rendered = chart.render(scaled(minimal, enabled=True, prometheusAddress="http://prometheus:9090"))

    spec = rendered.one("ScaledObject", "discovery")["spec"]
    assert spec["scaleTargetRef"]["name"] == rendered.one("Deployment", "discovery")["metadata"]["name"]
    assert spec["triggers"][0]["metadata"] == {
        "serverAddress": "http://prometheus:9090",
        "query": 'sum(max by (__name__, connector) ({__name__=~"exconn_jobs_(ready|running)",'
        'namespace="phones",service="discovery"}))',
        "threshold": "4",
    }
    assert rendered.of("HorizontalPodAutoscaler") == []
    assert "replicas" not in rendered.one("Deployment", "discovery")["spec"]


def test_one_device_action_worker_always_runs(rendered: Rendered) -> None:
    assert rendered.one("Deployment", "actions")["spec"]["replicas"] >= 1


@pytest.mark.parametrize("component", WORKERS)
def test_a_worker_may_hand_back_its_jobs_before_it_is_killed(rendered: Rendered, component: str) -> None:
    pod = next(pod for pod in pods_of(rendered) if pod.component == component)
    stop_within = environment_of(rendered, pod, pod.containers[0])["EXCONN_STOP_WITHIN"]

    grace = timedelta(seconds=pod.spec["terminationGracePeriodSeconds"])
    assert grace >= timedelta(seconds=int(stop_within.removesuffix("s"))) + timedelta(seconds=10)


def test_every_service_has_a_disruption_budget_that_lets_a_node_drain(rendered: Rendered) -> None:
    budgets = {
        component_of(one["metadata"]): one["spec"]["maxUnavailable"] for one in rendered.of("PodDisruptionBudget")
    }

    assert budgets == dict.fromkeys(SERVICES, 1)


def test_pods_of_a_service_are_spread(rendered: Rendered) -> None:
    for pod in pods_of(rendered):
        if pod.component in SERVICES:
            spread = pod.spec["topologySpreadConstraints"]
            assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
            assert all(one["labelSelector"]["matchLabels"].items() <= pod.labels.items() for one in spread)


def test_everything_that_stays_is_probed(rendered: Rendered) -> None:
    for pod in pods_of(rendered):
        if pod.component != "migration":
            staying = pod.spec["containers"]
            assert all({"startupProbe", "livenessProbe"} <= container.keys() for container in staying)
        if pod.component in ("intake", "monitor"):
            assert pod.containers[0]["readinessProbe"]["httpGet"]["path"] == "/health"


def test_a_ledger_that_is_away_restarts_no_listener_and_no_worker_at_once(rendered: Rendered) -> None:
    for pod in pods_of(rendered):
        if pod.component in SERVICES:
            probe = pod.containers[0]["livenessProbe"]
            timeout = timedelta(seconds=probe["periodSeconds"] * probe["failureThreshold"])
            assert "tcpSocket" in probe or timeout >= timedelta(minutes=5)


def test_the_bundled_ledger_has_a_volume_and_the_broker_none(rendered_of: Callable[[str], Rendered]) -> None:
    minimal = rendered_of("minimal")

    claims = minimal.one("StatefulSet", "ledger")["spec"]["volumeClaimTemplates"]
    assert [claim["spec"]["resources"]["requests"]["storage"] for claim in claims] == ["8Gi"]
    assert "volumeClaimTemplates" not in minimal.one("StatefulSet", "broker")["spec"]
    assert rendered_of("own-servers").of("StatefulSet") == []


def test_memory_of_bundled_servers_leaves_a_margin(rendered_of: Callable[[str], Rendered]) -> None:
    minimal = rendered_of("minimal")

    for server in ("ledger", "broker"):
        configured = minimal.one("ConfigMap", server)["data"]["valkey.conf"]
        most = next(line.split()[1] for line in configured.splitlines() if line.startswith("maxmemory "))
        limit = minimal.one("StatefulSet", server)["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
        assert int(most.removesuffix("mb")) <= 0.75 * {"1Gi": 1024, "256Mi": 256}[limit["memory"]]


def test_a_file_has_one_monitor_and_outlives_the_release(rendered_of: Callable[[str], Rendered]) -> None:
    minimal = rendered_of("minimal")

    monitor = minimal.one("Deployment", "monitor")["spec"]
    claim = minimal.one("PersistentVolumeClaim", "monitor")
    assert (monitor["replicas"], monitor["strategy"]) == (1, {"type": "Recreate"})
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert {"claimName": claim["metadata"]["name"]} in [
        volume.get("persistentVolumeClaim") for volume in monitor["template"]["spec"]["volumes"]
    ]


def test_a_database_of_ones_own_is_migrated_before_the_release_changes(rendered_of: Callable[[str], Rendered]) -> None:
    rendered = rendered_of("own-servers")

    (job,) = rendered.of("Job")
    (pod,) = [pod for pod in pods_of(rendered) if pod.component == "migration"]
    made_later = {one["metadata"]["name"] for one in rendered.objects if one["kind"] in ("ConfigMap", "ServiceAccount")}
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert pod.containers[0]["command"] == ["python", "-m", "exconn.monitor", "migrate"]
    assert pod.secrets == {("phones-database", "database-url")}
    assert not any(f"'{name}'" in str(pod.spec) for name in made_later)
    assert _migrates_itself(rendered) == "false"


def test_a_bundled_database_is_migrated_by_the_monitor(rendered_of: Callable[[str], Rendered]) -> None:
    assert rendered_of("full").of("Job") == []
    assert _migrates_itself(rendered_of("full")) == "true"


def _migrates_itself(rendered: Rendered) -> str:
    monitor = next(pod for pod in pods_of(rendered) if pod.component == "monitor")
    return environment_of(rendered, monitor, monitor.containers[0])["EXCONN_MONITOR_MIGRATE"]


def test_images_are_of_this_version_or_of_the_named_digest(rendered_of: Callable[[str], Rendered]) -> None:
    assert _images(pods_of(rendered_of("minimal"))) == {"exconn:0.1.0", "valkey/valkey:9.1"}
    assert all("@sha256:" in image for image in _images(pods_of(rendered_of("full"))))


def _images(pods: list[Pod]) -> set[str]:
    return {container["image"] for pod in pods for container in pod.containers}
