"""TLS to the servers: who gets which certificate, and that a real server and its probe work with what is rendered."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from exconn.keyspace import TlsFailedError, connect, unreachable
from tests.chart.chart import Chart, Rendered, Values, changed
from tests.chart.pods import Pod, pods_of
from tests.support.machine.processes import wait_until
from tests.support.machine.skip_or_fail import require
from tests.support.machine.tls_valkey import url_of, users_of
from tests.support.machine.valkey import free_port
from tests.support.system.deploy_programs import program

STARTS_WITHIN = timedelta(seconds=20)


def pod_of(rendered: Rendered, component: str) -> Pod:
    return next(pod for pod in pods_of(rendered) if pod.component == component)


def files_of(pod: Pod) -> dict[str, tuple[str, str]]:
    """Where each key of a Secret is mounted: path -> Secret and key, of the volume of servers."""
    (volume,) = [one for one in pod.spec["volumes"] if one["name"] == "servers"]
    (mount,) = [one for one in pod.containers[0]["volumeMounts"] if one["name"] == "servers"]
    return {
        f"{mount['mountPath']}/{item['path']}": (source["secret"]["name"], item["key"])
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    }


@pytest.mark.parametrize("component", ["coordinator", "intake", "discovery", "policy", "actions", "monitor", "flower"])
def test_a_service_gets_its_own_certificate_where_its_url_names_it(
    rendered_of: Callable[[str], Rendered], component: str
) -> None:
    found = files_of(pod_of(rendered_of("minimal"), component))

    servers = {"monitor": ["ledger"], "flower": ["broker"]}.get(component, ["ledger", "broker"])
    expected: dict[str, tuple[str, str]] = {}
    for server in servers:
        folder = f"/etc/exconn/servers/{server}"
        expected |= {
            f"{folder}-url": (f"exconn-{server}", f"{component}-url"),
            f"{folder}/ca.crt": (f"exconn-{server}-tls", "ca.crt"),
            f"{folder}/tls.crt": (f"exconn-{server}-tls", f"{component}-tls.crt"),
            f"{folder}/tls.key": (f"exconn-{server}-tls", f"{component}-tls.key"),
        }
    assert found == expected


def test_services_may_share_a_certificate(rendered_of: Callable[[str], Rendered]) -> None:
    found = files_of(pod_of(rendered_of("full"), "discovery"))

    assert found["/etc/exconn/servers/ledger/tls.key"] == ("phones-ledger-tls", "tls.key")
    assert found["/etc/exconn/servers/broker/tls.key"] == ("phones-broker-tls", "discovery-tls.key")


def test_without_tls_no_certificate_is_asked_for(rendered_of: Callable[[str], Rendered]) -> None:
    keys = {key for pod in pods_of(rendered_of("in-the-clear")) for _, key in pod.secrets}

    assert not [key for key in keys if key.endswith((".crt", "tls.key"))]


@pytest.mark.parametrize("component", ["intake", "monitor"])
def test_who_listens_serves_tls_with_its_own_certificate_and_is_asked_so(
    rendered_of: Callable[[str], Rendered], component: str
) -> None:
    rendered = rendered_of("full")
    pod = pod_of(rendered, component)
    settings = rendered.one("ConfigMap", component)["data"]
    (mount,) = [one for one in pod.containers[0]["volumeMounts"] if one["name"] == "certificate"]

    for kind in ("cert", "key"):
        file = settings[f"EXCONN_{component.upper()}_TLS_{kind.upper()}_FILE"]
        assert file == f"{mount['mountPath']}/tls.{kind.replace('cert', 'crt')}"
    assert (f"phones-{component}-certificate", "tls.key") in pod.secrets
    assert pod.containers[0]["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"


def test_without_a_certificate_it_is_asked_in_the_clear(rendered_of: Callable[[str], Rendered]) -> None:
    intake = pod_of(rendered_of("minimal"), "intake")

    assert intake.containers[0]["readinessProbe"]["httpGet"]["scheme"] == "HTTP"
    assert "EXCONN_INTAKE_TLS_CERT_FILE" not in rendered_of("minimal").one("ConfigMap", "intake")["data"]


def test_the_bundled_database_gets_its_certificate(rendered_of: Callable[[str], Rendered]) -> None:
    database = pod_of(rendered_of("full"), "postgresql")

    folder = next(one["mountPath"] for one in database.containers[0]["volumeMounts"] if one["name"] == "tls")
    arguments = database.containers[0]["args"]
    assert arguments[:3] == ["postgres", "-c", "ssl=on"]
    assert {f"ssl_cert_file={folder}/tls.crt", f"ssl_key_file={folder}/tls.key"} <= set(arguments)


def test_a_changed_way_of_speaking_restarts_the_server(chart: Chart, minimal: Values) -> None:
    off = {"enabled": False, "existingSecret": "", "serverSecret": ""}
    before, after = (
        pod_of(chart.render(values), "ledger").annotations for values in (minimal, changed(minimal, ledger__tls=off))
    )

    assert before != after


@contextmanager
def running(folder: Path, rendered: Rendered, server: str, port: int) -> Iterator[Path]:
    """The rendered server as a process of this machine, its files below `folder`; its log."""
    found = next((found for found in map(shutil.which, ("valkey-server", "redis-server")) if found), None)
    require(found is not None, "server with TLS", "install the package redis-server or valkey-server")
    configuration = str(rendered.one("ConfigMap", server)["data"]["valkey.conf"])
    for rendered_at, here in (("tls-port 6379", f"tls-port {port}"), *_moved(folder)):
        assert rendered_at in configuration
        configuration = configuration.replace(rendered_at, here)
    (folder / "data").mkdir()
    (folder / "valkey.conf").write_text(configuration)
    log = folder / "log"
    with log.open("wb") as output:
        child = subprocess.Popen([str(found), str(folder / "valkey.conf")], stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: _listens(port) or child.poll() is not None, STARTS_WITHIN, "the server", logs=[log])
        assert child.poll() is None, log.read_text()
        yield log
    finally:
        child.terminate()
        child.wait(timeout=10)


def _moved(folder: Path) -> "list[tuple[str, str]]":
    return [("/etc/valkey/", f"{folder}/"), ("dir /data", f"dir {folder}/data")]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("server", ["ledger", "broker"])
def test_a_real_server_takes_the_rendered_configuration_and_passes_its_probe(
    rendered_of: Callable[[str], Rendered], tmp_path: Path, server: str
) -> None:
    rendered, port = rendered_of("minimal"), free_port()
    program("access").write_access(tmp_path / "access")
    program("certificates").write_certificates(tmp_path / "access", {server: [f"exconn-{server}"]}, ["intake"])
    (tmp_path / "users").mkdir()
    users_of(tmp_path / "users", tmp_path / "access" / server)
    shutil.copy(tmp_path / "access" / server / "health-password", tmp_path / "users/health-password")
    (tmp_path / "tls").symlink_to(tmp_path / "access" / server)

    with running(tmp_path, rendered, server, port):
        probe = pod_of(rendered, server).containers[0]["readinessProbe"]["exec"]["command"]
        assert _asks(probe, tmp_path, port)
        assert not _asks([word.replace("--user health", "--user nobody") for word in probe], tmp_path, port)
        password = (tmp_path / "access/intake" / f"{server}-password").read_text()
        own = url_of(port, tmp_path / "access/intake").replace("://", f"://intake:{password}@")
        with closing(connect(own)) as client:
            assert client.ping()
        with closing(connect(own.partition("&ssl_certfile")[0])) as client, pytest.raises(redis.ConnectionError) as no:
            client.ping()
        assert isinstance(unreachable(client, no.value), TlsFailedError)


def _asks(probe: Any, folder: Path, port: int) -> bool:
    """Whether the probe's command succeeds against the server on this machine."""
    cli = shutil.which("valkey-cli") or str(shutil.which("redis-cli"))
    command = [word.replace("/etc/valkey/", f"{folder}/").replace("valkey-cli", f"{cli} -p {port}") for word in probe]
    return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
