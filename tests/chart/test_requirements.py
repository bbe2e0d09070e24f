"""Values that cannot work together are refused with a sentence that names them."""

from typing import Any

import pytest

from tests.chart.chart import CHART, Chart, RefusedError, Values, changed

BUNDLED: dict[str, tuple[dict[str, Any], str]] = {
    "no registry": (
        {"requesters__existingSecret": ""},
        "requesters.existingSecret is empty: name the Secret with the registry of requesters, without which intake, "
        "the policy workers and the device-action workers do not start.",
    ),
    "no ledger": (
        {"ledger__existingSecret": ""},
        "ledger.existingSecret is empty: name the Secret with the URL of the ledger.",
    ),
    "no broker": (
        {"broker__existingSecret": ""},
        "broker.existingSecret is empty: name the Secret with the URL of the broker.",
    ),
    "one server for both": (
        {"broker__existingSecret": "exconn-ledger"},
        'ledger.existingSecret and broker.existingSecret are both "exconn-ledger", with urlKey "": ledger and broker '
        "must be two servers; name a Secret or a key for each.",
    ),
    "bundled and yours": (
        {"ledger__cidrs": ["192.0.2.1/32"]},
        "ledger.bundled is true and ledger.cidrs names 192.0.2.1/32: set ledger.bundled to false for a server of "
        "yours, or leave ledger.cidrs empty.",
    ),
    "port of a bundled server": (
        {"broker__port": 6380},
        "broker.bundled is true and broker.port is 6380: the bundled server listens on 6379; leave broker.port alone.",
    ),
    "TLS without certificates": (
        {"ledger__tls": {"enabled": True, "serverSecret": "server"}},
        "ledger.tls.enabled is true and ledger.tls.existingSecret is empty: name the Secret with the authority and the "
        "services' certificates.",
    ),
    "a server without certificate": (
        {"broker__tls": {"enabled": True, "existingSecret": "clients"}},
        "broker.bundled and broker.tls.enabled are true and broker.tls.serverSecret is empty: name the Secret with the "
        "server's own certificate.",
    ),
    "certificates that nobody uses": (
        {"ledger__tls": {"enabled": False, "existingSecret": "clients"}},
        'ledger.tls.enabled is false and ledger.tls names the Secret "clients": set ledger.tls.enabled to true, or '
        "leave the Secret out.",
    ),
    "a certificate for no server": (
        {"postgresql__tlsSecret": "server", "trust__existingConfigMap": "authorities"},
        'postgresql.bundled is false and postgresql.tlsSecret is "server": a server of yours has its certificate '
        "already; leave postgresql.tlsSecret empty.",
    ),
    "ledger out of reach": (
        {"ledger__bundled": False, "ledger__tls__serverSecret": ""},
        "networkPolicies.enabled is true, ledger.bundled is false and ledger.cidrs is empty: nothing could reach the "
        "ledger; name its addresses.",
    ),
    "replicas of a single server": (
        {"ledger__durability": "confirmed"},
        "ledger.bundled is true and ledger.durability is confirmed: the bundled ledger has no replicas, so nothing "
        "would ever be confirmed; leave ledger.durability empty.",
    ),
    "Exchange out of reach": (
        {"exchange__cidrs": []},
        "networkPolicies.enabled is true and exchange.cidrs is empty: no worker could reach Exchange; name the "
        "addresses of its servers.",
    ),
    "keytab without Kerberos": (
        {"actions__keytabSecret": "keytab"},
        'actions.keytabSecret is "keytab" and exchange.kerberos.enabled is false: set exchange.kerberos.enabled to '
        "true, or leave actions.keytabSecret empty.",
    ),
    "killed while stopping": (
        {"workers__stopWithinSeconds": 55},
        "workers.terminationGracePeriodSeconds is 60 and workers.stopWithinSeconds is 55: Kubernetes would kill "
        "workers that still hand back their jobs; leave at least 10 seconds between them.",
    ),
    "solo and many": (
        {"workers__pool": "solo"},
        "workers.pool is solo and workers.concurrency is 2: a solo worker runs one job at a time; set "
        "workers.concurrency to 1, or choose prefork.",
    ),
    "least above most": (
        {"discovery__autoscaling__minReplicas": 5},
        "discovery.autoscaling.minReplicas is 5 and discovery.autoscaling.maxReplicas is 4: the least must not be "
        "above the most.",
    ),
    "KEDA without scaling": (
        {"keda__enabled": True, "keda__prometheusAddress": "http://prometheus:9090"},
        "keda.enabled is true and discovery.autoscaling.enabled is false: KEDA would have nothing to scale; enable "
        "both, or neither.",
    ),
    "KEDA without Prometheus": (
        {"keda__enabled": True, "discovery__autoscaling__enabled": True},
        "keda.enabled is true and keda.prometheusAddress is empty: name the Prometheus server that scrapes the "
        "monitor.",
    ),
    "two monitors on a file": (
        {"monitor__replicas": 2},
        "monitor.database.kind is sqlite and monitor.replicas is 2: a file serves one monitor; set monitor.replicas to "
        "1, or use postgresql.",
    ),
    "a server that nobody uses": (
        {"postgresql__bundled": True, "postgresql__existingSecret": "password"},
        "monitor.database.kind is sqlite and postgresql.bundled is true: nothing would use the server; set "
        "monitor.database.kind to postgresql, or postgresql.bundled to false.",
    ),
    "a URL for a file": (
        {"monitor__database__existingSecret": "database"},
        'monitor.database.kind is sqlite and monitor.database.existingSecret is "database": a file needs no URL; set '
        "monitor.database.kind to postgresql, or leave the Secret out.",
    ),
    "metrics out of reach": (
        {"monitor__serviceMonitor__enabled": True},
        "networkPolicies.enabled and monitor.serviceMonitor.enabled are true and monitor.allowFrom is empty: "
        "Prometheus could not reach the monitor; name its namespace.",
    ),
}
FULL: dict[str, tuple[dict[str, Any], str]] = {
    "domain controllers out of reach": (
        {"exchange__kerberos__cidrs": []},
        "networkPolicies.enabled and exchange.kerberos.enabled are true and exchange.kerberos.cidrs is empty: no "
        "worker could get a ticket; name the addresses of the domain controllers.",
    ),
    "database without URL": (
        {"monitor__database__existingSecret": ""},
        "monitor.database.kind is postgresql and monitor.database.existingSecret is empty: name the Secret with the "
        "database URL.",
    ),
    "bundled database and yours": (
        {"monitor__database__cidrs": ["192.0.2.80/32"]},
        "postgresql.bundled is true and monitor.database.cidrs names 192.0.2.80/32: set postgresql.bundled to false "
        "for a server of yours, or leave the addresses out.",
    ),
    "port of the bundled database": (
        {"monitor__database__port": 5433},
        "postgresql.bundled is true and monitor.database.port is 5433: the bundled server listens on 5432; leave "
        "monitor.database.port alone.",
    ),
    "certificate of your ledger": (
        {"ledger__tls__serverSecret": "server"},
        'ledger.bundled is false and ledger.tls.serverSecret is "server": a server of yours has its certificate '
        "already; leave ledger.tls.serverSecret empty.",
    ),
    "database that cannot be verified": (
        {"trust__existingConfigMap": ""},
        'postgresql.tlsSecret is "phones-postgresql-tls" and trust.existingConfigMap is empty: the monitor could not '
        "verify the server; name the ConfigMap with its authority.",
    ),
    "database out of reach": (
        {"postgresql__bundled": False, "postgresql__tlsSecret": ""},
        "networkPolicies.enabled is true, postgresql.bundled is false and monitor.database.cidrs is empty: the monitor "
        "could not reach its database; name its addresses.",
    ),
    "bundled database without password": (
        {"postgresql__existingSecret": ""},
        "postgresql.bundled is true and postgresql.existingSecret is empty: name the Secret with the password of the "
        "user exconn.",
    ),
}


@pytest.mark.parametrize("combination", BUNDLED)
def test_an_impossible_combination_is_refused(chart: Chart, minimal: Values, combination: str) -> None:
    changes, sentence = BUNDLED[combination]

    assert _refused(chart, changed(minimal, **changes)) == [sentence]


@pytest.mark.parametrize("combination", FULL)
def test_an_impossible_combination_of_many_values_is_refused(chart: Chart, full: Values, combination: str) -> None:
    changes, sentence = FULL[combination]

    assert _refused(chart, changed(full, **changes)) == [sentence]


def test_all_problems_are_told_at_once(chart: Chart, minimal: Values) -> None:
    told = _refused(chart, changed(minimal, requesters__existingSecret="", exchange__cidrs=[], monitor__replicas=2))

    assert [sentence.partition(" ")[0] for sentence in told] == [
        "requesters.existingSecret",
        "networkPolicies.enabled",
        "monitor.database.kind",
    ]


def test_every_sentence_of_the_template_is_tried() -> None:
    template = (CHART / "templates" / "requirements.yaml").read_text(encoding="utf-8")

    assert template.count("append $problems") == len(BUNDLED) + len(FULL) - 1  # ledger and broker share one


@pytest.mark.parametrize(
    "changes",
    [
        {"ledger__bundled": False, "ledger__tls__serverSecret": "", "networkPolicies__enabled": False},
        {"ledger__tls": {"enabled": False}},
        {"broker__existingSecret": "exconn-ledger", "broker__urlKey": "broker-url"},
        {"workers__stopWithinSeconds": 50},
        {"workers__pool": "solo", "workers__concurrency": 1},
        {"broker__tls": {"enabled": True, "existingSecret": "clients", "serverSecret": "server", "shared": True}},
        {"discovery__autoscaling": {"enabled": True, "minReplicas": 4, "maxReplicas": 4}},
    ],
)
def test_what_just_works_is_not_refused(chart: Chart, minimal: Values, changes: dict[str, Any]) -> None:
    assert chart.render(changed(minimal, **changes)).objects


def _refused(chart: Chart, values: Values) -> list[str]:
    with pytest.raises(RefusedError) as refused:
        chart.render(values)
    text = str(refused.value)
    assert "these values cannot work together:" in text
    return [line.strip().removeprefix("- ") for line in text.splitlines() if line.strip().startswith("- ")]
