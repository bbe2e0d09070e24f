"""Which server is asked for a site, and which one after it."""

from dataclasses import replace

import pytest

from exconn.exchange.records import Server
from exconn.exchange.topology import (
    MOST_CANDIDATES,
    CandidateSource,
    SiteAddress,
    build_of,
    candidates_for_site,
    may_be_shown,
    older_than_newest,
    server_of,
)

V2010, V2013 = "Version 14.3 (Build 123.4)", "Version 15.0 (Build 1497.2)"
V2016, V2019 = "Version 15.1 (Build 2507.6)", "Version 15.2 (Build 986.5)"
BERLIN = SiteAddress("Berlin", "https://mail.example.test/PowerShell/")
PARIS = SiteAddress("Paris", "https://mail-paris.example.test:8443/ps/")


def server(name: str, site: str = "Berlin", version: str = V2019, roles: str = "Mailbox") -> Server:
    named = tuple(roles.split(", "))
    return Server(
        name=name.upper(),
        fqdn=f"{name}.example.test",
        site=site,
        version=version,
        roles=named,
        client_access="ClientAccess" in named,
        mailbox="Mailbox" in named,
        edge="Edge" in named,
    )


def asked(site: str, configured: list[SiteAddress], servers: list[Server]) -> list[str]:
    return [candidate.server for candidate in candidates_for_site(site, configured, servers)]


def test_the_order_is_configured_then_client_access_then_mailbox_server() -> None:
    servers = [
        server("mbx", version=V2010, roles="Mailbox"),
        server("cas", version=V2010, roles="ClientAccess, HubTransport"),
    ]

    found = candidates_for_site("Berlin", [BERLIN], servers)

    assert [(c.host, c.step) for c in found] == [
        ("mail.example.test", CandidateSource.CONFIGURED),
        ("cas.example.test", CandidateSource.CLIENT_ACCESS),
        ("mbx.example.test", CandidateSource.MAILBOX),
    ]


def test_a_discovered_server_is_asked_with_the_query_of_the_configured_address() -> None:
    asked_for = SiteAddress("Berlin", "https://mail.example.test/PowerShell/?ExchClientVer=15.2.986.5")

    found = candidates_for_site("Berlin", [asked_for], [server("new")])

    assert [c.url for c in found][1] == "https://new.example.test/PowerShell/?ExchClientVer=15.2.986.5"


def test_from_2016_on_every_mailbox_server_counts_as_client_access_and_the_newest_comes_first() -> None:
    servers = [server("old", version=V2016), server("b-new"), server("a-new"), server("hub", roles="HubTransport")]

    assert asked("Berlin", [BERLIN], servers)[1:] == ["a-new.example.test", "b-new.example.test", "old.example.test"]


@pytest.mark.parametrize("site", ["Berlin", "Paris"])
def test_an_edge_server_is_never_asked(site: str) -> None:
    edge = server("edge", site=site, roles="Edge, ClientAccess")

    assert asked("Berlin", [BERLIN], [edge]) == ["mail.example.test"]


def test_a_server_without_a_name_to_dial_is_left_out() -> None:
    nameless = Server(name="X", fqdn="", site="Berlin", version=V2019, roles=("Mailbox",), mailbox=True)

    assert asked("Berlin", [BERLIN], [nameless]) == ["mail.example.test"]


def test_a_discovered_server_is_asked_as_the_configured_one_of_its_site_is() -> None:
    servers = [server("near"), server("far", site="Paris"), server("nowhere", site="Oslo")]

    urls = [candidate.url for candidate in candidates_for_site("Berlin", [BERLIN, PARIS], servers)]

    assert urls == [
        "https://mail.example.test/PowerShell/",
        "https://near.example.test/PowerShell/",
        "https://mail-paris.example.test:8443/ps/",
        "https://far.example.test:8443/ps/",
        "https://nowhere.example.test/PowerShell/",
    ]


@pytest.mark.parametrize("port", [81, 444])
def test_the_back_ends_port_is_never_taken_over(port: int) -> None:
    odd = SiteAddress("Berlin", f"https://mail.example.test:{port}/PowerShell/")

    (_, found) = candidates_for_site("Berlin", [odd], [server("ex1")])

    assert found.url == "https://ex1.example.test/PowerShell/"


def test_a_site_whose_only_server_is_down_is_reached_through_another_site() -> None:
    servers = [server("paris1", site="Paris"), server("paris-mbx", site="Paris", version=V2013)]

    assert asked("Berlin", [BERLIN, PARIS], servers) == [
        "mail.example.test",
        "mail-paris.example.test:8443",
        "paris1.example.test:8443",
        "paris-mbx.example.test:8443",
    ]


def test_a_site_that_nothing_serves_is_reached_through_the_others() -> None:
    assert asked("Oslo", [BERLIN], [server("ex1")]) == ["mail.example.test", "ex1.example.test"]


def test_the_site_of_a_single_address_is_that_of_the_server_behind_it() -> None:
    single = SiteAddress("Default", "https://EX2.example.test/PowerShell/")
    servers = [server("ex1", site="Berlin"), server("ex2", site="Paris"), server("ex3", site="Paris")]

    assert asked("Default", [single], servers) == ["ex2.example.test", "ex3.example.test", "ex1.example.test"]


def test_sites_are_compared_without_case_and_an_address_appears_once() -> None:
    again = SiteAddress("BERLIN", "https://ex1.example.test:443/PowerShell/")

    assert asked("berlin", [again], [server("ex1")]) == ["ex1.example.test"]


def test_without_known_servers_only_the_configured_ones_are_asked() -> None:
    assert asked("Paris", [BERLIN, PARIS], []) == ["mail-paris.example.test:8443", "mail.example.test"]


def test_a_large_organization_gives_a_bounded_list() -> None:
    servers = [server(f"ex{number}", site=f"Site {number}") for number in range(500)]

    assert len(candidates_for_site("Berlin", [BERLIN], servers)) == MOST_CANDIDATES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (V2019, (15, 2, 986, 5)),
        ("15.1.2507.6", (15, 1, 2507, 6)),
        ("Version 14.3", (14, 3)),
        ("", ()),
        ("unknown", ()),
    ],
)
def test_versions_are_read_in_both_spellings(text: str, expected: tuple[int, ...]) -> None:
    assert build_of(text) == expected


def test_a_server_older_than_the_newest_is_told_which_that_is() -> None:
    servers = [server("ex10", version=V2010, roles="ClientAccess"), server("ex19"), server("edge", roles="Edge")]

    newest = older_than_newest("EX10.example.test", servers)

    assert newest is not None
    assert newest.name == "EX19"
    assert older_than_newest("ex19.example.test", servers) is None
    assert older_than_newest("array.example.test", servers) is None


def test_builds_of_one_version_count_as_equally_new() -> None:
    servers = [server("a", version="Version 15.2 (Build 986.5)"), server("b", version="Version 15.2 (Build 2562.17)")]

    assert older_than_newest("a.example.test", servers) is None


@pytest.mark.parametrize(
    ("host", "url", "domains", "expected"),
    [
        ("ex1.example.test", "https://mail.example.test/", (), True),
        ("EX1.sub.example.test", "https://mail.example.test/", (), True),
        ("ex1.evil.test", "https://mail.example.test/", (), False),
        ("notexample.test", "https://mail.example.test/", (), False),
        ("ex1.corp.test", "https://mail.example.test/", ("corp.test",), True),
        ("ex1.evilcorp.test", "https://mail.example.test/", ("corp.test",), False),
        ("ex1.corp.test", "https://ex1.corp.test/", (), True),
        ("other.test", "https://example.test/", (), False),
        ("127.0.0.2", "https://127.0.0.1/", (), False),
        ("127.0.0.2", "https://127.0.0.1/", ("127.0.0.2",), True),
    ],
)
def test_a_discovered_server_is_shown_a_password_only_in_the_domains_of_the_definition(
    host: str, url: str, domains: tuple[str, ...], expected: bool
) -> None:
    configured = [SiteAddress("Berlin", url)]

    assert may_be_shown(host, configured, domains) is expected


def test_servers_in_foreign_domains_are_not_asked() -> None:
    foreign = Server(name="E", fqdn="ex1.evil.test", site="Berlin", version=V2019, roles=("Mailbox",), mailbox=True)

    assert asked("Berlin", [BERLIN], [foreign]) == ["mail.example.test"]
    assert len(candidates_for_site("Berlin", [BERLIN], [foreign], domains=["evil.test"])) == 2


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://EX1.example.test/PowerShell/", "ex1.example.test"),
        ("https://ex1.example.test:443/PowerShell/", "ex1.example.test"),
        ("http://ex1.example.test:80/PowerShell/", "ex1.example.test"),
        ("http://ex1.example.test:8080/PowerShell/", "ex1.example.test:8080"),
    ],
)
def test_a_server_is_told_from_others_by_host_and_unusual_port(url: str, expected: str) -> None:
    assert server_of(url) == expected


@pytest.mark.parametrize("between", ["/", "?", "#", "/@", "\\", " ", "%2f", "\n"])
def test_what_is_no_host_name_is_never_asked_whatever_it_ends_with(between: str) -> None:
    poisoned = replace(server("ex2"), fqdn=f"elsewhere.test{between}.example.test")

    found = candidates_for_site("Berlin", [BERLIN], [poisoned, server("ex3")])

    assert [candidate.host for candidate in found] == ["mail.example.test", "ex3.example.test"]
