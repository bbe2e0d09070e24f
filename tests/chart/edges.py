"""The documented edges between pods and the world, and those that rendered policies let through."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from itertools import product
from pathlib import Path

from tests.chart.chart import ROOT, Object, Values, at
from tests.chart.pods import Pod
from tests.chart.reachability import Endpoint, reaches

PAGE = ROOT / "docs" / "howto" / "kubernetes.md"
HEADING = "## Who reaches whom"
PEERS = ("intake", "monitor", "flower")

#: (from, to, protocol, port)
Edge = tuple[str, str, str, int]


def documented(values: Values, page: Path = PAGE) -> set[Edge]:
    """The edges that the page lists, as far as they hold with these values."""
    section = page.read_text(encoding="utf-8").partition(HEADING)[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    found = set()
    for sources, target, port, condition in rows[2:]:
        if all(at(values, path) for path in re.findall(r"`([\w.]+)`", condition)):
            protocol, _, number = port.partition(" ")
            resolved = at(values, number.strip("`")) if number.startswith("`") else int(number)
            found |= {(source, target, protocol, resolved) for source in sources.split(", ")}
    return found


def computed(policies: list[Object], endpoints: list[Endpoint], ports: set[int]) -> set[Edge]:
    """The edges with a pod of the release at one end that policies let through."""
    found = set()
    for source, target in product(endpoints, endpoints):
        if not (source.labels.get(RELEASED) or target.labels.get(RELEASED)) or source is target:
            continue
        for protocol, port in product(("TCP", "UDP"), ports):
            if reaches(policies, source, target, protocol=protocol, port=port):
                found.add((source.name, target.name, protocol, port))
    return found


#: The label that only pods of a release carry here.
RELEASED = "app.kubernetes.io/instance"


def endpoints_of(values: Values, pods: list[Pod]) -> list[Endpoint]:
    """Everything that might talk to anything: pods of the release, what is around them, and strangers."""
    released = [Endpoint(pod.component, pod.labels, pod.namespace) for pod in pods]
    return [*released, *_around(values, {pod.component for pod in pods}), *_strangers(pods[0].namespace)]


def _around(values: Values, components: set[str]) -> Iterator[Endpoint]:
    dns = values["networkPolicies"]["dns"]
    yield Endpoint("name servers", dns["podLabels"] or {"k8s-app": "kube-dns"}, dns["namespace"])
    outside = {
        "Exchange": values["exchange"]["cidrs"],
        "domain controllers": values["exchange"]["kerberos"]["cidrs"],
        "database": values["monitor"]["database"]["cidrs"],
        "syslog": values["monitor"]["audit"]["syslog"]["cidrs"],
    }
    outside |= {server: values[server]["cidrs"] for server in ("ledger", "broker") if server not in components}
    for name, cidrs in outside.items():
        yield from (Endpoint(name, address=_address_in(cidr)) for cidr in cidrs)
    for component, peer in ((name, peer) for name in PEERS for peer in values[name]["allowFrom"]):
        if "cidr" in peer:
            yield Endpoint(f"peers of {component}", address=_address_in(peer["cidr"]))
        else:
            yield Endpoint(f"peers of {component}", peer.get("podLabels", {}), peer["namespace"])


def _strangers(namespace: str) -> Iterator[Endpoint]:
    yield Endpoint("stranger beside", {"app": "stranger"}, namespace)
    yield Endpoint("stranger elsewhere", {"app": "stranger"}, "elsewhere")
    yield Endpoint("stranger among the name servers", {"app": "stranger"}, "kube-system")
    yield Endpoint("neighbour of Exchange", address="192.0.2.9")
    yield Endpoint("the world", address="198.51.100.7")
    yield Endpoint("the world by IPv6", address="2001:db8:1::7")
    yield Endpoint("metadata of the cloud", address="169.254.169.254")


def _address_in(cidr: str) -> str:
    network = ip_network(cidr)
    return str(network[-1])
