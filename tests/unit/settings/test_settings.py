"""Settings come from variables and files, and their errors help without telling secrets."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError

from exconn.settings import (
    Duration,
    RedisSettings,
    ServiceSettings,
    Settings,
    SettingsError,
    effective,
    load,
    parse_duration,
    sample,
    show_duration,
    without_password,
)


class Account(Settings):
    """An account in Exchange."""

    password: SecretStr = Field(description="the password of the account")
    user: str = Field(default="", description="the name of the account")
    timeout: Duration = Field(default=timedelta(minutes=5), description="how long to wait")


@pytest.fixture(autouse=True)
def _urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCONN_BROKER_URL", "redis://queue:6379/0")
    monkeypatch.setenv("EXCONN_LEDGER_URL", "rediss://exconn:pa55word@ledger:6380/1?password=pa55word")


def test_url_keeps_its_password_out_of_every_text() -> None:
    settings = load(RedisSettings)

    shown = [repr(settings), str(settings), str(effective(settings)), f"{settings.ledger_url}"]

    assert settings.ledger_url.get_secret_value().startswith("rediss://exconn:pa55word@")
    assert all("pa55word" not in text for text in shown)
    assert str(settings.ledger_url) == "rediss://exconn:***@ledger:6380/1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host/0", "redis://host/0"),
        ("redis://:only@host:1/0", "redis://:***@host:1/0"),
        ("redis://user:p@ss@host/0", "redis://user:***@host/0"),
        ("unix:///run/valkey.sock?password=x", "unix:///run/valkey.sock"),
    ],
)
def test_only_the_password_of_a_url_is_masked(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    "url", ["http://:pa55word@host", "redis://:pa55word@", "pa55word", "redis://[pa55word/", "redis://h:pa55word/"]
)
def test_unusable_url_is_refused_without_being_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("EXCONN_LEDGER_URL", url)

    with pytest.raises(SettingsError) as caught:
        load(RedisSettings)

    assert caught.value.problems[0].variable == "EXCONN_LEDGER_URL"
    assert "redis://host:6379/0" in str(caught.value)
    assert "pa55word" not in f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://:pa55word@h/0?ssl_ca_certs=/ca.crt", "does not ask for TLS: write rediss://"),
        ("rediss://:pa55word@h/0?ssl_cert_reqs=none", "would trust any server"),
        ("rediss://:pa55word@h/0?ssl_cert_reqs=CERT_NONE&ssl_ca_certs=/ca.crt", "would trust any server"),
        ("rediss://:pa55word@h/0?ssl_check_hostname=false", "would trust any server"),
        ("rediss://:pa55word@h/0?ssl_cafile=/ca.crt", "ssl_ca_certs=FILE, ssl_certfile=FILE and ssl_keyfile=FILE"),
        ("rediss://:pa55word@h/0?ssl_keyfile=/tls.key", "add ssl_certfile=FILE"),
    ],
)
def test_a_url_that_says_too_little_or_too_much_of_tls_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, problem: str
) -> None:
    monkeypatch.setenv("EXCONN_LEDGER_URL", url)

    with pytest.raises(SettingsError) as caught:
        load(RedisSettings)

    assert problem in str(caught.value)
    assert "pa55word" not in f"{caught.value!r} {caught.value.__context__!r} {caught.value.__cause__!r}"


def test_a_url_with_all_files_of_tls_is_taken_and_shown_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    files = "ssl_cert_reqs=required&ssl_ca_certs=/ca.crt&ssl_certfile=/tls.crt&ssl_keyfile=/tls.key"
    monkeypatch.setenv("EXCONN_LEDGER_URL", f"rediss://u:p@h/0?{files}")

    settings = load(RedisSettings)

    assert settings.ledger_url.get_secret_value().endswith("/tls.key")
    assert str(settings.ledger_url) == "rediss://u:***@h/0"


def test_all_problems_are_named_at_once_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXCONN_BROKER_URL")
    monkeypatch.setenv("EXCONN_LEDGER_URL", "")
    monkeypatch.setenv("EXCONN_LEDGER_DURABILITY", "perhaps")

    with pytest.raises(SettingsError) as caught:
        load(RedisSettings)

    text = str(caught.value)
    assert [problem.variable for problem in caught.value.problems] == [
        "EXCONN_LEDGER_URL",
        "EXCONN_LEDGER_DURABILITY",
        "EXCONN_BROKER_URL",
    ]
    assert "set it (or EXCONN_BROKER_URL_FILE) to the URL of" in text
    assert "\n" not in text


def test_secret_is_read_from_the_named_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    monkeypatch.setenv("EXCONN_PASSWORD_FILE", str(tmp_path / "secret"))

    account = load(Account)

    assert account.password.get_secret_value() == "s3cret"


def test_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    monkeypatch.setenv("EXCONN_PASSWORD_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("EXCONN_PASSWORD", "other")

    with pytest.raises(SettingsError, match="EXCONN_PASSWORD: set as a value and as a file"):
        load(Account)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 70_000], ids=["absent", "binary", "huge"])
def test_unreadable_secret_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("EXCONN_PASSWORD_FILE", str(path))

    with pytest.raises(SettingsError, match=r"EXCONN_PASSWORD_FILE: .*secret"):
        load(Account)


def test_a_field_that_is_no_secret_is_not_read_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCONN_PASSWORD", "x")
    monkeypatch.setenv("EXCONN_USER_FILE", "/etc/hostname")

    assert load(Account).user == ""


def test_settings_cannot_be_changed() -> None:
    settings = load(ServiceSettings)

    with pytest.raises(ValidationError, match="frozen"):
        settings.log_level = "debug"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("8s", timedelta(seconds=8)),
        ("1.5h", timedelta(minutes=90)),
        ("72h", timedelta(days=3)),
        ("2d", timedelta(days=2)),
    ],
)
def test_duration_says_its_unit(text: str, value: timedelta) -> None:
    assert parse_duration(text) == value
    assert parse_duration(show_duration(value)) == value


@pytest.mark.parametrize("text", ["5", "5 minutes", "-5s", "", "s", "1e3s"])
def test_duration_without_a_known_unit_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("EXCONN_PASSWORD", "x")
    monkeypatch.setenv("EXCONN_TIMEOUT", text or " ")

    with pytest.raises(SettingsError, match="EXCONN_TIMEOUT: not a duration with a unit"):
        load(Account)


def test_effective_settings_show_value_and_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCONN_PASSWORD", "x")
    monkeypatch.setenv("EXCONN_TIMEOUT", "90s")

    shown = {line.variable: line for line in effective(load(Account))}

    assert shown["EXCONN_PASSWORD"].value == "**********"
    assert shown["EXCONN_PASSWORD"].default is None
    assert (shown["EXCONN_TIMEOUT"].value, shown["EXCONN_TIMEOUT"].default) == ("90s", "5m")


def test_sample_leaves_required_values_open_and_comments_defaults_out() -> None:
    lines = sample([Account, ServiceSettings]).splitlines()

    assert "EXCONN_PASSWORD=" in lines
    assert "#EXCONN_TIMEOUT=5m" in lines
    assert "#EXCONN_LOG_LEVEL=info" in lines
    assert "# how long to wait" in lines


@pytest.mark.parametrize("settings", [RedisSettings, ServiceSettings])
def test_every_field_is_described_in_one_line(settings: type[Settings]) -> None:
    for name, field in settings.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description
