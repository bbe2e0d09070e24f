"""The certificates of servers and services: who is trusted, for how long, and what is made anew."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.system.deploy_programs import program

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SERVERS = {"broker": ["broker", "exconn-broker.phones.svc"]}
SERVICES = ["discovery", "intake"]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return program("certificates")


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def uses(path: Path) -> list[x509.ObjectIdentifier]:
    return list(read(path).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_each_gets_a_certificate_of_one_authority_for_its_own_part(maker: ModuleType, tmp_path: Path) -> None:
    made = maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)

    authority = read(tmp_path / "authority/ca.crt")
    assert made == ["broker", "discovery", "intake"]
    for name in made:
        read(tmp_path / name / "tls.crt").verify_directly_issued_by(authority)
        assert read(tmp_path / name / "ca.crt") == authority
        ssl.create_default_context().load_cert_chain(tmp_path / name / "tls.crt", tmp_path / name / "tls.key")
    assert ExtendedKeyUsageOID.SERVER_AUTH in uses(tmp_path / "broker/tls.crt")
    assert uses(tmp_path / "discovery/tls.crt") == [ExtendedKeyUsageOID.CLIENT_AUTH]
    names = read(tmp_path / "broker/tls.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker", "exconn-broker.phones.svc", "localhost"]


def test_the_authoritys_key_and_the_keys_of_others_are_in_no_folder_but_their_own(
    maker: ModuleType, tmp_path: Path
) -> None:
    maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)

    keys = [path.read_bytes() for path in tmp_path.rglob("*.key")]
    assert len(keys) == len(set(keys)) == 4
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.key")} == {0o600}


def test_what_is_good_for_half_a_year_more_stays(maker: ModuleType, tmp_path: Path) -> None:
    maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    assert maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW + timedelta(days=540)) == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_what_ends_within_half_a_year_is_made_anew_by_the_same_authority(maker: ModuleType, tmp_path: Path) -> None:
    maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)
    authority = (tmp_path / "authority/ca.crt").read_bytes()
    later = NOW + timedelta(days=560)

    made = maker.write_certificates(tmp_path, SERVERS, SERVICES, later)

    assert made == ["broker", "discovery", "intake"]
    assert (tmp_path / "authority/ca.crt").read_bytes() == authority
    assert read(tmp_path / "intake/tls.crt").not_valid_after_utc == later + timedelta(days=730)


def test_an_authority_that_would_end_before_what_it_issues_is_replaced_with_all_that_it_issued(
    maker: ModuleType, tmp_path: Path
) -> None:
    maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)
    authority = (tmp_path / "authority/ca.crt").read_bytes()

    made = maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW + timedelta(days=3000))

    assert made == ["broker", "discovery", "intake"]
    assert (tmp_path / "authority/ca.crt").read_bytes() != authority
    assert (tmp_path / "intake/ca.crt").read_bytes() == (tmp_path / "authority/ca.crt").read_bytes()


@pytest.mark.parametrize("lost", ["ca.crt", "tls.crt", "tls.key"])
def test_a_lost_file_is_made_anew_for_its_service_alone(maker: ModuleType, tmp_path: Path, lost: str) -> None:
    maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)
    (tmp_path / "intake" / lost).unlink()

    assert maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW) == ["intake"]


def test_a_server_under_another_name_gets_another_certificate(maker: ModuleType, tmp_path: Path) -> None:
    maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)

    assert maker.write_certificates(tmp_path, {"broker": ["queues"]}, SERVICES, NOW) == ["broker"]


def test_a_key_of_another_certificate_is_noticed(maker: ModuleType, tmp_path: Path) -> None:
    maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW)
    (tmp_path / "intake/tls.key").write_bytes((tmp_path / "discovery/tls.key").read_bytes())

    assert maker.write_certificates(tmp_path, SERVERS, SERVICES, NOW) == ["intake"]
