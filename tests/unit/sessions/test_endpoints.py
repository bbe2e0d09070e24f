"""How a definition becomes an endpoint of an account: secrets by file, and an array's name for its own address."""

from pathlib import Path

import pytest

from exconn.connector import SecretError, parse_definition
from exconn.exchange import Candidate, CandidateSource
from exconn.sessions.endpoints import endpoint_of

ARRAY, OTHER = "http://array.corp.example/PowerShell/", "http://ex2.corp.example/PowerShell/"


def definition(auth: str, secret: str, url: str = ARRAY, extra: str = "") -> str:
    return f"""
name = "north"
[exchange]
url = "{url}"
auth = "{auth}"
{extra}
[accounts.discovery]
username = "reader@CORP.EXAMPLE"
{secret}
"""


def test_a_keytab_needs_no_password_and_an_array_the_name_that_holds_the_key() -> None:
    extra = 'kerberos_host = "ex1.corp.example"\nproxy = "http://proxy.corp.example:3128"'
    made = parse_definition(definition("kerberos", 'keytab_file = "/keys/reader"', extra=extra))

    endpoint = endpoint_of(made, "discovery")

    assert (endpoint.keytab_file, endpoint.password.get_secret_value()) == (Path("/keys/reader"), "")
    assert (endpoint.kerberos_host, endpoint.proxy) == ("ex1.corp.example", "http://proxy.corp.example:3128")


def test_the_account_of_a_proxy_is_read_from_its_file_each_time(tmp_path: Path) -> None:
    secret = tmp_path / "proxy"
    account = f'proxy_username = "out"\nproxy_password_file = "{secret}"'
    extra = f'proxy = "http://proxy.corp.example:3128"\n{account}'
    made = parse_definition(definition("kerberos", 'keytab_file = "/keys/reader"', extra=extra))

    secret.write_text("0f-proxy\n")
    endpoint = endpoint_of(made, "discovery")
    secret.unlink()

    assert (endpoint.proxy_username, endpoint.proxy_password.get_secret_value()) == ("out", "0f-proxy")
    assert "0f-proxy" not in repr(endpoint)
    with pytest.raises(SecretError):
        endpoint_of(made, "discovery")


def test_a_discovered_server_is_asked_under_its_own_name() -> None:
    made = parse_definition(
        definition("kerberos", 'ticket_cache_file = "/run/cache"', extra='kerberos_host = "ex1.corp.example"')
    )

    endpoint = endpoint_of(made, "discovery", Candidate(OTHER, "Berlin", CandidateSource.MAILBOX))

    assert (endpoint.url, endpoint.kerberos_host) == (OTHER, None)
    assert endpoint.ticket_cache_file == Path("/run/cache")


@pytest.mark.parametrize("key", ["", 'certificate_key_file = "/keys/reader.key"'])
def test_a_certificate_signs_in_with_its_files(key: str) -> None:
    secret = f'certificate_file = "/keys/reader.pem"\n{key}'
    made = parse_definition(definition("certificate", secret, url=ARRAY.replace("http:", "https:")))

    endpoint = endpoint_of(made, "discovery")

    assert endpoint.certificate_file == Path("/keys/reader.pem")
    assert endpoint.certificate_key_file == (Path("/keys/reader.key") if key else None)
