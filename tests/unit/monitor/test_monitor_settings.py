"""Where the monitor listens and keeps its database."""

from pathlib import Path

import pytest

from exconn.monitor.settings import LOOPBACK, MonitorSettings
from exconn.settings import SettingsError, load


def test_listens_on_loopback_and_accepts_only_its_names_by_default() -> None:
    settings = load(MonitorSettings)

    assert settings.host == "127.0.0.1"
    assert settings.accepted_names() == {"127.0.0.1", "::1", "localhost"}


@pytest.mark.parametrize(
    ("host", "names", "accepted"),
    [
        ("127.0.0.1", "console.contoso.test", {"127.0.0.1", "::1", "localhost", "console.contoso.test"}),
        ("127.0.0.2", "", LOOPBACK),
        ("0.0.0.0", "Console.contoso.test, monitor", {"console.contoso.test", "monitor"} | LOOPBACK),
    ],
    ids=["loopback behind a proxy", "loopback", "named"],
)
def test_names_narrow_what_it_answers_to(
    monkeypatch: pytest.MonkeyPatch, host: str, names: str, accepted: set[str]
) -> None:
    monkeypatch.setenv("EXCONN_MONITOR_HOST", host)
    monkeypatch.setenv("EXCONN_MONITOR_NAMES", names)

    assert load(MonitorSettings).accepted_names() == accepted


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "console.contoso.test"])
@pytest.mark.parametrize("names", ["", " , "], ids=["none", "only commas"])
def test_listening_for_others_needs_the_names_they_use(monkeypatch: pytest.MonkeyPatch, host: str, names: str) -> None:
    monkeypatch.setenv("EXCONN_MONITOR_HOST", host)
    monkeypatch.setenv("EXCONN_MONITOR_NAMES", names)

    with pytest.raises(SettingsError) as refused:
        load(MonitorSettings)

    (problem,) = refused.value.problems
    assert problem.variable == "EXCONN_MONITOR_NAMES"
    assert "EXCONN_MONITOR_HOST is not loopback" in problem.problem


@pytest.mark.parametrize(
    ("database", "url"),
    [
        ("", "sqlite:////state/monitor.db"),
        ("/data/console.db", "sqlite:////data/console.db"),
        ("postgresql+psycopg://host/exconn", "postgresql+psycopg://host/exconn"),
    ],
)
def test_database_is_a_path_or_a_url(monkeypatch: pytest.MonkeyPatch, database: str, url: str) -> None:
    monkeypatch.setenv("EXCONN_MONITOR_DATABASE", database)

    assert load(MonitorSettings).database_url(Path("/state")) == url
