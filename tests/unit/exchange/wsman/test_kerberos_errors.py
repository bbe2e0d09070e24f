"""What each code of the Kerberos library means to an operator; the codes as MIT and GSS-API number them."""

from pathlib import Path

import pytest

from exconn.exchange import Endpoint, Unauthorized, Unreachable
from exconn.exchange.wsman.kerberos import principal, sign_in_error

BASE = -1765328384


class OfGssApi(Exception):
    """As `gssapi` raises: the minor code is unsigned."""

    def __init__(self, minor: int, major: int = 851968) -> None:
        super().__init__("text of a library")
        self.maj_code = major
        self.min_code = minor & 0xFFFFFFFF


class OfKrb5(Exception):
    """As `krb5` raises."""

    def __init__(self, code: int) -> None:
        super().__init__("text of a library")
        self.err_code = code


class OfSpnego(Exception):
    """As `pyspnego` wraps either."""

    def __init__(self, base_error: Exception) -> None:
        super().__init__("text of a library")
        self.base_error = base_error


def endpoint(**settings: object) -> Endpoint:
    values = {"url": "http://ex1.corp.example/PowerShell/", "auth": "kerberos", "username": "svc@CORP.EXAMPLE"}
    return Endpoint.model_validate(values | settings)


@pytest.mark.parametrize(
    ("code", "wrong", "remedy"),
    [
        pytest.param(6, "svc@CORP.EXAMPLE is not known", "name@REALM", id="account unknown"),
        pytest.param(7, "no account holds the service name HTTP/ex1.corp.example", "kerberos_host", id="wrong SPN"),
        pytest.param(18, "disabled, locked", "enabled", id="account disabled"),
        pytest.param(23, "password of svc@CORP.EXAMPLE has expired", "present password", id="password expired"),
        pytest.param(24, "not its present one", "present password", id="wrong password"),
        pytest.param(32, "ticket has expired", "kinit", id="ticket expired"),
        pytest.param(37, "clocks differ", "time source", id="clock skew at the server"),
        pytest.param(148, "clocks differ", "time source", id="clock skew at the KDC"),
        pytest.param(41, "another key than the service name", "only one does", id="key of the service"),
        pytest.param(181, "keytab has no key for svc@CORP.EXAMPLE", "keytab", id="keytab of another account"),
        pytest.param(195, "ticket cache does not exist", "kinit", id="no ticket cache"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_each_mishap_says_what_is_wrong_and_what_helps(code: int, wrong: str, remedy: str, wrapped: bool) -> None:
    for raised in (OfGssApi(BASE + code), OfKrb5(BASE + code)):
        error = sign_in_error(OfSpnego(raised) if wrapped else raised, endpoint())

        assert isinstance(error, Unauthorized)
        assert wrong in str(error)
        assert remedy in str(error)
        assert "text of a library" not in str(error)


@pytest.mark.parametrize("code", [154, 156, 220])
def test_without_a_domain_controller_nothing_was_refused(code: int) -> None:
    assert isinstance(sign_in_error(OfKrb5(BASE + code), endpoint()), Unreachable)


def test_a_stale_key_of_a_keytab_asks_for_a_new_one() -> None:
    error = sign_in_error(OfKrb5(BASE + 24), endpoint(keytab_file=Path("/keys/svc.keytab")))

    assert "Make a new keytab" in str(error)


def test_the_general_code_counts_where_the_special_one_says_nothing() -> None:
    assert "expired" in str(sign_in_error(OfGssApi(100001, major=11 << 16), endpoint()))


def test_an_error_that_is_its_own_cause_ends() -> None:
    error = ValueError("x")
    error.__cause__ = error

    assert isinstance(sign_in_error(error, endpoint()), Unauthorized)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("svc@corp.example", "svc@CORP.EXAMPLE"), ("svc@Corp.Example", "svc@Corp.Example"), ("svc", "svc")],
)
def test_a_realm_in_small_letters_is_written_large(written: str, meant: str) -> None:
    assert principal(written) == meant
