"""What a definition says counts only within what the worker's own settings permit."""

from pathlib import Path

import pytest

from exconn.connector import NotPermittedError, parse_definition
from exconn.exchange import Candidate, CandidateSource
from exconn.sessions import ExchangeSettings, Permitted, endpoint_of
from exconn.settings import SettingsError, load


def permitted(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Permitted:
    """What these settings permit."""
    for name, value in variables.items():
        monkeypatch.setenv(f"EXCONN_{name.upper()}", value)
    return load(ExchangeSettings).permitted


@pytest.mark.parametrize(
    ("hosts", "host", "may"),
    [
        ("ex1.corp.example", "ex1.corp.example", True),
        ("ex1.corp.example", "EX1.Corp.Example.", True),
        ("EX1.corp.example., mail.example", "ex1.corp.example", True),
        ("*.corp.example", "ex1.corp.example", True),
        ("*.corp.example", "ex1.south.corp.example", True),
        ("*.corp.example", "corp.example", False),
        ("*.corp.example", "evilcorp.example", False),
        ("*.corp.example", "ex1.corp.example.evil.example", False),
        ("*.corp.example", "evil.example\\.corp.example", False),
        ("*.corp.example", "", False),
        ("ex1.corp.example", "ex2.corp.example", False),
        ("10.0.0.5", "10.0.0.5", True),
        ("10.0.0.5", "10.0.0.50", False),
        ("", "anything.example", True),
    ],
)
def test_hosts_are_those_that_are_named_and_all_of_a_named_domain(
    hosts: str, host: str, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert permitted(monkeypatch, exchange_hosts=hosts).permits_host(host) is may


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exchange_hosts", "*"),
        ("exchange_hosts", "*corp.example"),
        ("exchange_hosts", "https://ex1.corp.example/"),
        ("exchange_hosts", "ex*.corp.example"),
        ("exchange_sign_ins", "kerberos,password"),
    ],
)
def test_settings_that_would_permit_something_else_than_they_look_like_are_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        permitted(monkeypatch, **{name: value})


def definition(folder: Path, **changes: str) -> str:
    said = {
        "url": "https://ex1.corp.example/PowerShell/",
        "auth": "ntlm",
        "file": str(folder / "discovery"),
        "proxy": "",
    } | changes
    return f"""
name = "north"
[exchange]
url = "{said["url"]}"
auth = "{said["auth"]}"
{said["proxy"]}
[accounts.discovery]
username = "reader@corp.example"
password_file = "{said["file"]}"
"""


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "discovery").write_text("s3cret\n")
    (tmp_path / "ledger-url").write_text("rediss://actions:password@ledger\n")
    return folder


def bounds(secrets: Path) -> Permitted:
    return Permitted(hosts=("*.corp.example",), sign_ins=("kerberos", "ntlm"), secrets=secrets)


def test_definition_within_what_is_permitted_becomes_an_endpoint(secrets: Path) -> None:
    endpoint = endpoint_of(parse_definition(definition(secrets)), "discovery", permitted=bounds(secrets))

    assert endpoint.password.get_secret_value() == "s3cret"


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("host", {"url": "https://attacker.example/PowerShell/"}),
        ("host", {"url": "https://ex1.corp.example.attacker.example/PowerShell/"}),
        ("host", {"url": "https://corp.example/PowerShell/"}),
        ("sign_in", {"auth": "basic"}),
        ("proxy", {"proxy": 'proxy = "http://attacker.example:3128"'}),
        ("secret_file", {"file": "/proc/self/environ"}),
        ("secret_file", {"file": "/etc/exconn/servers/ledger-url"}),
    ],
)
def test_definition_beyond_what_is_permitted_is_refused_before_a_secret_is_read(
    part: str, changes: dict[str, str], secrets: Path
) -> None:
    made = parse_definition(definition(secrets, **changes))
    (secrets / "discovery").unlink()  # Whoever read it would meet another error.

    with pytest.raises(NotPermittedError) as caught:
        endpoint_of(made, "discovery", permitted=bounds(secrets))

    assert caught.value.part == part
    assert caught.value.setting in caught.value.remedy


def test_password_of_a_proxy_and_keys_lie_in_the_folder_as_well(secrets: Path, tmp_path: Path) -> None:
    outside = tmp_path / "ledger-url"
    proxy = f'proxy = "http://px.corp.example:3128"\nproxy_username = "x"\nproxy_password_file = "{outside}"'
    keytab = definition(secrets, auth="kerberos").replace("password_file", "keytab_file")

    for text in (definition(secrets, proxy=proxy), keytab.replace(str(secrets / "discovery"), str(outside))):
        with pytest.raises(NotPermittedError, match="secret_file"):
            endpoint_of(parse_definition(text), "discovery", permitted=bounds(secrets))


def test_server_that_exchange_names_is_asked_only_where_it_is_permitted(secrets: Path) -> None:
    made = parse_definition(definition(secrets))
    rogue = Candidate("https://ex9.attacker.example/PowerShell/", "Berlin", CandidateSource.MAILBOX)

    with pytest.raises(NotPermittedError, match="host"):
        endpoint_of(made, "discovery", rogue, permitted=bounds(secrets))


@pytest.mark.parametrize(
    ("variables", "unset"),
    [
        ({}, ("EXCONN_EXCHANGE_HOSTS", "EXCONN_EXCHANGE_SIGN_INS", "EXCONN_SECRETS_DIR")),
        (
            {"exchange_hosts": " ,", "exchange_sign_ins": "kerberos"},
            ("EXCONN_EXCHANGE_HOSTS", "EXCONN_SECRETS_DIR"),
        ),
        ({"exchange_hosts": "ex1", "exchange_sign_ins": "ntlm", "secrets_dir": "/secrets"}, ()),
    ],
    ids=["nothing", "commas alone", "all"],
)
def test_a_worker_knows_which_bounds_it_lacks(
    variables: dict[str, str], unset: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("exchange_hosts", "exchange_sign_ins", "secrets_dir"):
        monkeypatch.delenv(f"EXCONN_{name.upper()}", raising=False)
    permitted(monkeypatch, **variables)

    assert load(ExchangeSettings).unset == unset
