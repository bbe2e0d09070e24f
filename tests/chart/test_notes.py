"""What is said after an installation: how to check it, and what is risky."""

from typing import Any

import pytest

from tests.chart.chart import Chart, Values, changed

COMMANDS = (
    "kubectl --namespace phones get pods --selector app.kubernetes.io/instance=x",
    "kubectl --namespace phones logs deployment/x-exconn-coordinator --tail 20",
    "kubectl --namespace phones port-forward service/x-exconn-monitor 8780:8780",
)
TLS = {"enabled": True, "existingSecret": "clients", "serverSecret": "server"}
#: Values that nothing is to be said against.
SAFE: dict[str, Any] = {
    "ledger__bundled": False,
    "ledger__cidrs": ["192.0.2.32/32"],
    "ledger__tls": {"enabled": True, "existingSecret": "clients"},
    "monitor__database": {"kind": "postgresql", "existingSecret": "database", "cidrs": ["192.0.2.80/32"]},
    "flower__existingSecret": "login",
    "broker__tls": TLS,
    "exchange__hosts": ["ex1.corp.example"],
    "exchange__signIns": ["kerberos"],
    "signing__existingSecret": "signing",
    "monitor__audit__anchorClaim": "checkpoints",
    "discovery__passwords": [{"existingSecret": "contoso", "key": "password", "file": "contoso"}],
}
EVERYBODY = [{"cidr": "0.0.0.0/0"}]
RISKY: dict[str, tuple[dict[str, Any], str]] = {
    "no policies": ({"networkPolicies__enabled": False}, "networkPolicies.enabled is false"),
    "Exchange anywhere": ({"exchange__cidrs": ["0.0.0.0/0"]}, "exchange.cidrs contains 0.0.0.0/0"),
    "bundled ledger": ({"ledger__bundled": True, "ledger__cidrs": [], "ledger__tls": TLS}, "ledger.bundled is true"),
    "broker in the clear": ({"broker__tls": {"enabled": False}}, "broker.tls.enabled is false"),
    "database in the clear": (
        {"postgresql": {"bundled": True, "existingSecret": "password"}, "monitor__database__cidrs": []},
        "postgresql.tlsSecret is empty",
    ),
    "shared user of the ledger": ({"ledger__urlKey": "url"}, "ledger.urlKey is url: all services share one user"),
    "shared user of the broker": ({"broker__urlKey": "url"}, "broker.urlKey is url: all services share one user"),
    "file": ({"monitor__database": {"kind": "sqlite"}}, "monitor.database.kind is sqlite"),
    "open Flower": ({"flower__existingSecret": ""}, "flower.existingSecret is empty"),
    "intake for everybody": ({"intake__allowFrom": EVERYBODY}, "intake.allowFrom contains 0.0.0.0/0"),
    "monitor for everybody": ({"monitor__allowFrom": EVERYBODY}, "monitor.allowFrom contains 0.0.0.0/0"),
    "Flower for everybody": ({"flower__allowFrom": EVERYBODY}, "flower.allowFrom contains 0.0.0.0/0"),
    "moving tag": ({"image__tag": "latest"}, "image.tag is latest"),
    "any host": ({"exchange__hosts": []}, "exchange.hosts is empty"),
    "any sign-in": ({"exchange__signIns": []}, "exchange.signIns is empty"),
    "unsigned": ({"signing__existingSecret": ""}, "signing.existingSecret is empty"),
    "no second place": ({"monitor__audit__anchorClaim": ""}, "monitor.audit names neither anchorClaim nor syslog"),
    "debug": ({"log__level": "debug"}, "log.level is debug"),
    "no accounts": ({"discovery__passwords": []}, "discovery.passwords is empty"),
}


@pytest.fixture
def safe(minimal: Values) -> Values:
    """Values without any risk."""
    return changed(minimal, **SAFE)


def test_three_commands_check_the_installation(chart: Chart, safe: Values) -> None:
    notes = chart.render(safe).notes

    assert [line for line in notes.splitlines() if line.strip().startswith("kubectl")] == [
        f"  {COMMANDS[0]}",
        f"  {COMMANDS[1]}",
        f"  {COMMANDS[2]}   # then open http://localhost:8780/",
    ]
    assert notes.startswith("exconn 0.1.0 is installed as x in phones.\nIt only reads until")


def test_the_commands_name_objects_that_exist(chart: Chart, safe: Values) -> None:
    rendered = chart.render(safe)
    names = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in rendered.objects}

    assert {"deployment/x-exconn-coordinator", "service/x-exconn-monitor"} <= names


def test_nothing_is_said_against_safe_values(chart: Chart, safe: Values) -> None:
    assert "WARNING" not in chart.render(safe).notes


@pytest.mark.parametrize("risk", RISKY)
def test_a_risk_is_named(chart: Chart, safe: Values, risk: str) -> None:
    changes, warning = RISKY[risk]

    warnings = [line for line in chart.render(changed(safe, **changes)).notes.splitlines() if "WARNING" in line]

    assert len(warnings) == 1
    assert warnings[0].startswith(f"WARNING: {warning}")


def test_addresses_of_bundled_servers_are_told(chart: Chart, minimal: Values) -> None:
    bundled = changed(
        minimal,
        postgresql={"bundled": True, "existingSecret": "password"},
        monitor__database={"kind": "postgresql", "existingSecret": "database"},
        ledger__tls={"enabled": False},
        broker__tls={"enabled": False},
    )

    notes = chart.render(bundled).notes

    assert "in the Secret exconn-ledger must name the ledger: redis://USER:PASSWORD@x-exconn-ledger:6379/0" in notes
    assert "in the Secret exconn-broker must name the broker: redis://USER:PASSWORD@x-exconn-broker:6379/0" in notes
    assert "postgresql+psycopg://exconn:PASSWORD@x-exconn-postgresql:5432/exconn\n" in notes


def test_addresses_of_bundled_servers_with_tls_name_the_files(chart: Chart, minimal: Values) -> None:
    bundled = changed(
        minimal,
        postgresql={"bundled": True, "existingSecret": "password", "tlsSecret": "certificate"},
        monitor__database={"kind": "postgresql", "existingSecret": "database"},
        trust__existingConfigMap="authorities",
        ledger__tls=TLS,
    )

    notes = chart.render(bundled).notes

    assert (
        "rediss://USER:PASSWORD@x-exconn-ledger:6379/0?ssl_ca_certs=/etc/exconn/servers/ledger/ca.crt"
        "&ssl_certfile=/etc/exconn/servers/ledger/tls.crt&ssl_keyfile=/etc/exconn/servers/ledger/tls.key\n"
    ) in notes
    assert ":5432/exconn?sslmode=verify-full&sslrootcert=/etc/exconn/trust/FILE\n" in notes
