"""A real worker that signs in by the keytab of its definition, against a real KDC: installed, and a full sweep."""

import json
from pathlib import Path
from typing import Any

from exconn.connector import parse_definition
from tests.integration.discovery.scene import CONNECTOR, Scene
from tests.support.exchange.simulator import running_simulator
from tests.support.machine.kdc import REALM, require_kerberos, running_domain
from tests.support.machine.processes import ChildProcesses
from tests.support.machine.valkey import RestartableValkey

ACCOUNT = f"exconn-discovery@{REALM}"
DEVICES = 120


def test_a_worker_sweeps_over_http_with_a_keytab_and_no_password(tmp_path: Path, processes: ChildProcesses) -> None:
    require_kerberos()
    with running_domain(tmp_path) as domain, RestartableValkey(tmp_path / "valkey") as server:
        users = tmp_path / "users.json"
        entry = {"username": ACCOUNT, "password": domain.add_account(ACCOUNT), "role": "discovery"}
        users.write_text(json.dumps({"discovery": entry}), "utf-8")
        domain.add_service("HTTP/localhost")
        settings: dict[str, Any] = {
            "tls": False,
            "auth": "kerberos",
            "keytab": domain.keytab("HTTP/localhost"),
            "users": users,
        }
        with running_simulator(tmp_path, devices=DEVICES, names="localhost", **settings) as simulator:
            scene = Scene(server, simulator, processes)
            definition = f"""
name = "{CONNECTOR}"
[exchange]
url = "{simulator.url}"
[accounts.discovery]
username = "{ACCOUNT}"
keytab_file = "{domain.keytab(ACCOUNT)}"
"""
            scene.store.apply(parse_definition(definition), by="test")
            environment: dict[str, Any] = {**domain.environment}
            scene.worker(**environment)

            scene.installed_and_swept()

            assert scene.registered() == DEVICES
            assert simulator.url.startswith("http://localhost:")
            scene.close()
