"""Processes accept what the chart gives them, and every documented setting can be given."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from exconn.coordinator.settings import CoordinatorSettings
from exconn.discovery.settings import DiscoverySettings
from exconn.doorbell import WorkerSettings
from exconn.intake.settings import IntakeSettings
from exconn.monitor.audit.settings import AuditSettings
from exconn.monitor.settings import MonitorSettings
from exconn.sessions import ExchangeSettings
from exconn.settings import RedisSettings, ServiceSettings, Settings, load
from exconn.signing.settings import RegistrySettings
from tests.chart.chart import ROOT, Chart, Rendered, Values, changed
from tests.chart.pods import Pod, environment_of, pods_of

#: What each process loads when it starts.
LOADED: dict[str, tuple[type[Settings], ...]] = {
    "coordinator": (RedisSettings, ServiceSettings, CoordinatorSettings),
    "intake": (RedisSettings, ServiceSettings, IntakeSettings, RegistrySettings),
    "discovery": (WorkerSettings, ExchangeSettings, DiscoverySettings),
    "policy": (WorkerSettings, ExchangeSettings),
    "actions": (WorkerSettings, ExchangeSettings, RegistrySettings),
    "monitor": (RedisSettings, ServiceSettings, MonitorSettings, AuditSettings),
}


def pod_of(rendered: Rendered, component: str) -> Pod:
    """The pod of a component."""
    return next(pod for pod in pods_of(rendered) if pod.component == component)


def variables_of(rendered: Rendered, component: str) -> dict[str, str]:
    """The plain variables of a component's own container."""
    pod = pod_of(rendered, component)
    return environment_of(rendered, pod, pod.containers[0])


@pytest.mark.parametrize("component", LOADED)
def test_a_process_accepts_its_settings(
    rendered: Rendered, component: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = tmp_path / "url"
    url.write_text("redis://user:password@server:6379/0\n")
    for name, value in variables_of(rendered, component).items():
        monkeypatch.setenv(name, str(url) if name.endswith("_URL_FILE") else value)

    for settings in LOADED[component]:
        load(settings)


def test_processes_listen_where_services_lead(rendered: Rendered) -> None:
    for component, variables in {"intake": "EXCONN_INTAKE", "monitor": "EXCONN_MONITOR", "flower": "FLOWER"}.items():
        given = variables_of(rendered, component)
        listening = pod_of(rendered, component).containers[0]["ports"][0]["containerPort"]

        assert int(given[f"{variables}_PORT"]) == listening
        assert given.get(f"{variables}_HOST", given.get(f"{variables}_ADDRESS")) == "0.0.0.0"


def test_every_variable_is_documented_and_every_documented_one_is_given(
    rendered_of: Callable[[str], Rendered],
) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(EXCONN_\w+)` \|", page, re.MULTILINE))
    given: set[str] = set()
    for case in ("minimal", "full"):
        rendered = rendered_of(case)
        for pod in pods_of(rendered):
            for container in pod.containers:
                named = {*environment_of(rendered, pod, container), *(one["name"] for one in container.get("env", []))}
                # A file that holds a secret is given in place of the secret; other files are settings of their own.
                given |= {
                    name if name in known else name.removesuffix("_FILE")
                    for name in named
                    if name.startswith("EXCONN_")
                }

    assert given - known == set(), "the chart gives what docs/operations.md does not know"
    assert known - given == set(), "a documented setting has no place in the chart"


def test_values_reach_the_processes(rendered_of: Callable[[str], Rendered]) -> None:
    full = rendered_of("full")

    assert (
        variables_of(full, "discovery").items()
        >= {
            "EXCONN_LOG_LEVEL": "warning",
            "EXCONN_LOG_FORMAT": "text",
            "EXCONN_WORKER_POOL": "threads",
            "EXCONN_WORKER_CONCURRENCY": "4",
            "EXCONN_LEASE": "20s",
            "EXCONN_STOP_WITHIN": "45s",
            "EXCONN_DISCOVERY_PAGE": "50",
            "EXCONN_DISCOVERY_PARTITION": "25",
            "EXCONN_DISCOVERY_HIGH_WATER": "2000",
        }.items()
    )
    assert (
        variables_of(full, "intake").items()
        >= {
            "EXCONN_INTAKE_DOOR": "false",
            "EXCONN_LEDGER_DURABILITY": "confirmed",
            "EXCONN_LEDGER_REPLICAS": "1",
            "EXCONN_LEDGER_CONFIRM_WITHIN": "2s",
        }.items()
    )
    assert variables_of(full, "coordinator")["EXCONN_COORDINATOR_INTERVAL"] == "2s"
    assert variables_of(full, "monitor")["EXCONN_MONITOR_LEASE"] == "30s"


def test_the_monitor_answers_to_its_own_names_only(rendered_of: Callable[[str], Rendered]) -> None:
    names = variables_of(rendered_of("full"), "monitor")["EXCONN_MONITOR_NAMES"].split(",")

    assert names == [
        *("$(POD_IP)", "phones-monitor", "phones-monitor.phones", "phones-monitor.phones.svc"),
        *("localhost", "127.0.0.1", "phones.example.org"),
    ]


def test_the_monitor_is_given_no_way_to_the_broker(rendered: Rendered) -> None:
    given = variables_of(rendered, "monitor")

    assert given["EXCONN_BROKER_URL"] == "redis://unused.invalid:6379/0"
    assert "EXCONN_BROKER_URL_FILE" not in given


def test_flower_is_read_only_and_gets_its_secrets_from_files(rendered: Rendered, case: str) -> None:
    command = pod_of(rendered, "flower").containers[0]["command"]

    assert variables_of(rendered, "flower")["FLOWER_READ_ONLY"] == "True"
    assert command[:2] == ["sh", "-c"]
    assert command[2].startswith('export CELERY_BROKER_URL="$(cat /etc/exconn/servers/broker-url)"; ')
    assert ('FLOWER_BASIC_AUTH="$(cat /etc/exconn/login/login)"' in command[2]) == (case in ("full", "own-servers"))
    assert command[2].endswith("exec python -m celery flower")


def test_every_command_is_a_module_that_exists(rendered: Rendered) -> None:
    commands = [one["command"] for pod in pods_of(rendered) for one in pod.containers if "command" in one]
    commands += [
        container[probe]["exec"]["command"]
        for pod in pods_of(rendered)
        for container in pod.containers
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        if "exec" in container.get(probe, {})
    ]
    modules = {module for command in commands for module in re.findall(r"python -m ([\w.]+)", " ".join(command))}

    assert {f"exconn.{component}" for component in LOADED} | {"exconn.health", "celery"} == modules
    assert [module for module in modules if find_spec(f"{module}.__main__") is None] == []


@pytest.mark.parametrize(
    ("component", "change"),
    [
        ("all workers", {"workers__concurrency": 8}),
        ("discovery", {"discovery__page": 50}),
        ("coordinator", {"coordinator__interval": "3s"}),
        ("intake", {"intake__door": False}),
        ("monitor", {"monitor__lease": "20s"}),
        ("ledger", {"ledger__server": {"maxmemory": "512mb"}}),
    ],
)
def test_a_changed_setting_restarts_those_who_read_it_alone(
    chart: Chart, minimal: Values, component: str, change: dict[str, object]
) -> None:
    before = {pod.component: pod.annotations for pod in pods_of(chart.render(minimal))}
    after = {pod.component: pod.annotations for pod in pods_of(chart.render(changed(minimal, **change)))}

    restarted = {name for name, annotations in after.items() if annotations != before[name]}

    assert restarted == ({"discovery", "policy", "actions"} if component == "all workers" else {component})
    assert all(re.fullmatch(r"[0-9a-f]{64}", one["checksum/settings"]) for one in after.values())
