"""What `exconn doctor` says of Kerberos, with a real domain: names of services, and refusals in spite of a ticket."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.running import CommandLine
from tests.support.exchange.simulator import RunningSimulator, running_simulator
from tests.support.machine.kdc import REALM, Domain, require_kerberos, running_domain
from tests.support.machine.names import own_names, require_own_names

ACCOUNT = f"exconn-discovery@{REALM}"
SHIPPED = Path(__file__).parents[3] / "deploy" / "krb5.conf"
#: Reverse DNS gives the address of `right` another name; `alias` stands for `real`.
NAMES = {
    "127.0.0.1": ("wrong.localhost", "right.localhost", "localhost"),
    "127.0.0.2": ("real.localhost alias.localhost",),
}


@dataclass
class Place:
    """A worker's place in a domain, with an Exchange in it."""

    exconn: CommandLine
    domain: Domain
    simulator: RunningSimulator
    keytab: Path
    names: dict[str, str]

    def doctor(self, host: str, config: str, keytab: Path | None = None) -> list[dict[str, Any]]:
        """The findings from sign-in on, for Exchange under that name and with these files of configuration."""
        url = self.simulator.url.replace("localhost", host)
        file = self.exconn.folder / "connector.toml"
        file.write_text(
            f'name = "contoso"\n[exchange]\nurl = "{url}"\n[accounts.discovery]\n'
            f'username = "{ACCOUNT}"\nkeytab_file = "{keytab or self.keytab}"\n',
            "utf-8",
        )
        ran = self.exconn("doctor", "--file", str(file), "--json", env=self.names | {"KRB5_CONFIG": config})
        checks: list[dict[str, Any]] = json.loads(ran.out)["checks"]
        return [each for each in checks if each["check"].startswith("discovery: ")]

    def finding(self, check: str, host: str, config: str) -> dict[str, Any]:
        found = [each for each in self.doctor(host, config) if each["check"] == f"discovery: {check}"]
        assert len(found) == 1
        return found[0]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_kerberos()
    require_own_names()
    directory = tmp_path_factory.mktemp("kerberos")
    with running_domain(directory) as domain:
        password = domain.add_account(ACCOUNT)
        services = [f"HTTP/{name}.localhost" for name in ("right", "real")]
        for service in services:
            domain.add_service(service)
        users = directory / "users.json"
        entry = {"username": ACCOUNT, "password": password, "role": "discovery"}
        users.write_text(json.dumps({"discovery": entry}), "utf-8")
        settings: dict[str, Any] = {"auth": "kerberos", "keytab": domain.keytab(*services), "names": "localhost"}
        with running_simulator(directory, devices=3, tls=False, users=users, **settings) as simulator:
            exconn = CommandLine(directory)
            yield Place(exconn, domain, simulator, domain.keytab(ACCOUNT), own_names(directory, NAMES))


def trusting_dns(place: Place) -> str:
    """The settings with which MIT's library comes: names are those that DNS gives, in both directions."""
    return str(place.domain.client_config(dns_canonicalize_hostname="true", rdns="true"))


def test_a_wrong_reverse_name_is_one_line_with_cause_and_remedy(place: Place) -> None:
    found = place.doctor("right.localhost", trusting_dns(place))

    (failed,) = (each for each in found if each["state"] == "failed")
    assert failed["check"] == "discovery: service name"
    assert f"asks for HTTP/wrong.localhost@{REALM} instead of HTTP/right.localhost" in failed["said"]
    assert "reverse DNS gives 127.0.0.1 that name" in failed["said"]
    assert "no account holds it" in failed["said"]
    assert "rdns = false" in failed["next"]
    assert [each["state"] for each in found if each["check"] == "discovery: sign-in"] == ["not looked at"]


def test_with_the_settings_that_are_shipped_the_name_in_the_definition_is_asked_for(place: Place) -> None:
    config = f"{SHIPPED}:{trusting_dns(place)}"

    found = place.doctor("right.localhost", config)

    assert {each["check"]: each["state"] for each in found}["discovery: sign-in"] == "ok"
    (name,) = (each for each in found if each["check"] == "discovery: service name")
    assert (name["state"], name["said"]) == ("ok", f"Kerberos asks for HTTP/right.localhost@{REALM}")


def test_with_the_settings_that_are_shipped_an_alias_still_reaches_the_name_that_it_stands_for(place: Place) -> None:
    wanted = f"Kerberos asks for HTTP/real.localhost@{REALM}, for which alias.localhost is an alias"
    strict = place.domain.client_config(dns_canonicalize_hostname="false")

    lenient = place.finding("service name", "alias.localhost", f"{SHIPPED}:{trusting_dns(place)}")
    refused = place.finding("service name", "alias.localhost", str(strict))

    assert (lenient["state"], lenient["said"]) == ("ok", wanted)
    assert refused["state"] == "failed"
    assert refused["said"] == f"Kerberos asks for HTTP/alias.localhost@{REALM}; no account holds it"


def test_a_reverse_name_of_another_server_is_a_warning_though_there_is_a_ticket(place: Place) -> None:
    place.domain.add_service("HTTP/wrong.localhost")
    try:
        found = place.finding("service name", "right.localhost", trusting_dns(place))
    finally:
        place.domain.remove("HTTP/wrong.localhost")

    assert found["state"] == "warning"
    assert "HTTP/wrong.localhost" in found["said"]
    assert "correct the reverse record" in found["next"]


def test_who_is_refused_with_a_ticket_is_told_of_client_access_rules(place: Place) -> None:
    place.simulator.fault("client_access_rule")

    found = place.finding("sign-in", "right.localhost", f"{SHIPPED}:{trusting_dns(place)}")

    assert found["state"] == "failed"
    assert "Set-User" in found["next"]
    assert f"Test-ClientAccessRule -User '{ACCOUNT}' -RemoteAddress" in found["next"]


def test_who_gets_no_ticket_is_not_sent_to_exchange(place: Place) -> None:
    name = f"rotated@{REALM}"
    place.domain.add_account(name)

    found = place.doctor("right.localhost", str(SHIPPED) + ":" + trusting_dns(place), place.domain.keytab(name))

    assert [(each["check"], each["state"]) for each in found if each["state"] != "ok"] == [
        ("discovery: keytab", "failed"),
        ("discovery: sign-in", "not looked at"),
    ]
