"""Every container of every pod keeps the restricted standard; secrets reach only those who need them."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from exconn.settings.secret import FILE_SUFFIX
from tests.chart.chart import Chart, Rendered, Values, changed
from tests.chart.conftest import CASES
from tests.chart.pods import Pod, environment_of, pods_of
from tests.chart.restricted import violations

WORKERS = {"discovery", "policy", "actions"}


def test_every_container_is_confined(rendered: Rendered) -> None:
    found = {pod.component: violations(pod) for pod in pods_of(rendered)}

    assert {component: problems for component, problems in found.items() if problems} == {}
    assert len(found) >= 7


def test_the_check_sees_every_pod_that_the_chart_has(rendered_of: Callable[[str], Rendered]) -> None:
    components = {pod.component for case in CASES for pod in pods_of(rendered_of(case))}

    assert components == {
        *("coordinator", "intake", "discovery", "policy", "actions", "monitor", "flower"),
        *("ledger", "broker", "postgresql", "migration"),
    }


def _container(**security: Any) -> Callable[[Pod], None]:
    def plant(pod: Pod) -> None:
        pod.containers[-1].setdefault("securityContext", {}).update(security)

    return plant


def _spec(**parts: Any) -> Callable[[Pod], None]:
    return lambda pod: pod.spec.update(parts)


PLANTED: dict[str, Callable[[Pod], None]] = {
    "does not run as user": _container(runAsUser=0),
    "may gain privileges": _container(allowPrivilegeEscalation=True),
    "is privileged": _container(privileged=True),
    "root is writable": _container(readOnlyRootFilesystem=False),
    "keeps capabilities": _container(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}),
    "seccomp profile": _container(seccompProfile={"type": "Unconfined"}),
    "service-account token": _spec(automountServiceAccountToken=True),
    "hostNetwork": _spec(hostNetwork=True),
    "volume socket": _spec(volumes=[{"name": "socket", "hostPath": {"path": "/var/run"}}]),
    "as user 10001": _spec(securityContext={"seccompProfile": {"type": "RuntimeDefault"}}),
    "port of the host": lambda pod: pod.containers[0].update(ports=[{"hostPort": 80}]),
    "no limits": lambda pod: pod.containers[0]["resources"].pop("limits"),
}


@pytest.mark.parametrize("problem", PLANTED)
def test_a_planted_violation_is_found(chart: Chart, minimal: Values, problem: str) -> None:
    pods = {pod.component: pod for pod in pods_of(chart.render(minimal))}
    monitor = replace(pods["monitor"])

    PLANTED[problem](monitor)

    assert any(problem in found for found in violations(monitor)), violations(monitor)


def test_the_account_of_the_pods_has_no_token_and_no_rights(rendered: Rendered) -> None:
    (account,) = rendered.of("ServiceAccount")

    assert account["automountServiceAccountToken"] is False
    assert {one["kind"] for one in rendered.objects}.isdisjoint({"Role", "ClusterRole", "RoleBinding"})


def test_no_secret_is_rendered(rendered: Rendered) -> None:
    assert rendered.of("Secret") == []


def test_no_plain_variable_holds_a_login(rendered: Rendered) -> None:
    for pod in pods_of(rendered):
        for container in pod.containers:
            for name, value in environment_of(rendered, pod, container).items():
                assert not re.search(r"://[^/]*@", value), name
                assert not re.search(r"PASSWORD|SECRET|TOKEN|AUTH", name) or name.endswith((FILE_SUFFIX, "_DIR")), name
    for settings in rendered.of("ConfigMap"):
        assert not re.search(r"://[^/\s]*@|requirepass|masterauth|^user ", "\n".join(settings["data"].values()), re.M)


def test_files_from_secrets_are_read_only_and_not_for_everybody(rendered: Rendered) -> None:
    for pod in pods_of(rendered):
        secret = {
            volume["name"]: volume.get("secret") or volume["projected"]
            for volume in pod.spec["volumes"]
            if {"secret", "projected"} & volume.keys()
        }
        assert {source["defaultMode"] for source in secret.values()} <= {0o440}
        mounts = [mount for one in pod.containers for mount in one["volumeMounts"] if mount["name"] in secret]
        assert {mount["name"] for mount in mounts} == secret.keys()
        assert all(mount["readOnly"] and "subPath" not in mount for mount in mounts)


def test_each_secret_reaches_only_those_who_need_it(rendered_of: Callable[[str], Rendered]) -> None:
    holders: dict[str, set[str]] = {}
    for case in ("full", "own-servers", "minimal"):
        for pod in pods_of(rendered_of(case)):
            for name, _ in pod.secrets:
                holders.setdefault(name, set()).add(pod.component)

    assert holders == {
        "phones-ledger": {"coordinator", "intake", "monitor", *WORKERS},
        "phones-broker": {"coordinator", "intake", "flower", *WORKERS},
        "phones-requesters": {"intake", "policy", "actions"},
        "phones-database": {"monitor", "migration"},
        "phones-postgresql": {"postgresql"},
        "phones-postgresql-tls": {"postgresql"},
        "phones-signing": {"intake", "actions", "monitor"},
        "phones-intake-certificate": {"intake"},
        "phones-monitor-certificate": {"monitor"},
        "phones-ledger-tls": {"coordinator", "intake", "monitor", *WORKERS},
        "phones-broker-tls": {"coordinator", "intake", "flower", *WORKERS},
        "exconn-ledger": {"ledger", "coordinator", "intake", "monitor", *WORKERS},
        "exconn-ledger-tls": {"coordinator", "intake", "monitor", *WORKERS},
        "exconn-ledger-certificate": {"ledger"},
        "exconn-broker": {"broker", "coordinator", "intake", "flower", *WORKERS},
        "exconn-broker-tls": {"coordinator", "intake", "flower", *WORKERS},
        "exconn-broker-certificate": {"broker"},
        "exconn-requesters": {"intake", "policy", "actions"},
        "phones-flower": {"flower"},
        "contoso-discovery": {"discovery"},
        "fabrikam-discovery": {"discovery"},
        "contoso-policy": {"policy"},
        "contoso-actions": {"actions"},
        "discovery-keytab": {"discovery"},
        "policy-keytab": {"policy"},
        "actions-keytab": {"actions"},
    }


def test_each_service_has_urls_with_a_user_of_its_own(rendered_of: Callable[[str], Rendered]) -> None:
    for pod in pods_of(rendered_of("minimal")):
        urls = {key for name, key in pod.secrets if name in ("exconn-ledger", "exconn-broker")}

        expected = (
            {"users.acl", "health-password"} if pod.component in ("ledger", "broker") else {f"{pod.component}-url"}
        )
        # Before a coordinator starts, a container of its own loads the ledger's functions, with the one user who may.
        assert urls == expected | ({"deploy-url"} if pod.component == "coordinator" else set())


def test_only_what_loads_functions_sees_the_address_with_the_user_who_may(
    rendered_of: Callable[[str], Rendered],
) -> None:
    (pod,) = (pod for pod in pods_of(rendered_of("minimal")) if pod.component == "coordinator")
    (loading,) = pod.spec["initContainers"]
    (coordinator,) = pod.spec["containers"]

    assert "deploy" in {mount["name"] for mount in loading["volumeMounts"]}
    assert "servers" not in {mount["name"] for mount in loading["volumeMounts"]}
    assert "deploy" not in {mount["name"] for mount in coordinator["volumeMounts"]}


def test_one_key_for_all_services_is_possible(chart: Chart, minimal: Values) -> None:
    pods = pods_of(chart.render(changed(minimal, ledger__urlKey="shared")))

    assert {key for pod in pods for name, key in pod.secrets if name == "exconn-ledger"} == {
        *("shared", "users.acl", "health-password")
    }


def test_password_files_lie_where_definitions_name_them(rendered_of: Callable[[str], Rendered]) -> None:
    pods = {pod.component: pod for pod in pods_of(rendered_of("full"))}

    volumes = {volume["name"]: volume for volume in pods["discovery"].spec["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in pods["discovery"].containers[0]["volumeMounts"]}
    files = [
        item["path"] for source in volumes["passwords"]["projected"]["sources"] for item in source["secret"]["items"]
    ]

    assert mounts["passwords"] == "/etc/exconn/passwords"
    assert files == ["contoso/discovery", "fabrikam/discovery", "keytab"]
