"""Checkpoints go to syslog as RFC 5424 says, over each way there is; a server that is away is told and
stops nothing.
"""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from exconn.audit import Checkpoint
from exconn.audit.anchors import AnchorError, read_syslog
from exconn.monitor.audit.make_checkpoints import CheckpointMaker
from exconn.monitor.audit.places import AnchorFile
from exconn.monitor.audit.settings import AuditSettings
from exconn.monitor.audit.syslog import Syslog, SyslogAddress
from exconn.settings import SettingsError, load
from tests.unit.monitor.audit.scene import DAY, projected, standing

CHECKPOINT = Checkpoint(size=12, root="ab" * 32, at=1_700_000_000_000, key="k1", signature="c2ln")
#: Facility authpriv (10), severity informational (6); version 1; no structured data.
RFC_5424 = re.compile(
    r"<86>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ exconn-monitor \d+ checkpoint - "
    r'exconn-audit-checkpoint=(\{"size": 12, .*\})'
)


def bound(family: int, kind: int, address: object) -> socket.socket:
    made = socket.socket(family, kind)
    made.settimeout(10)
    made.bind(address)  # type: ignore[arg-type]
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def received(server: socket.socket) -> bytes:
    if server.type == socket.SOCK_DGRAM:
        return server.recv(4096)
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as stream:
        return stream.read()


@pytest.fixture(params=["udp", "tcp", "unix datagrams", "unix stream"])
def listening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A server of syslog, and its address as a setting has it."""
    kind = socket.SOCK_DGRAM if request.param in ("udp", "unix datagrams") else socket.SOCK_STREAM
    if request.param.startswith("unix"):
        path = tmp_path / "log"
        server, url = bound(socket.AF_UNIX, kind, str(path)), f"unix://{path}"
    else:
        server = bound(socket.AF_INET, kind, ("127.0.0.1", 0))
        url = f"{request.param}://127.0.0.1:{server.getsockname()[1]}"
    with closing(server):
        yield server, url


def test_a_checkpoint_arrives_as_one_message_and_is_read_out_of_the_log_file(
    listening: tuple[socket.socket, str], tmp_path: Path
) -> None:
    server, url = listening

    Syslog(SyslogAddress.of(url)).add(CHECKPOINT)

    message = received(server).decode()
    assert RFC_5424.fullmatch(message.removesuffix("\n"))
    assert message.endswith("\n") == url.startswith("tcp")
    log = tmp_path / "messages.log"
    log.write_text(f"Nov 30 host other: talk\nNov 30 host exconn-monitor: {message.strip()}\n" * 2, encoding="utf-8")
    assert read_syslog(log) == [CHECKPOINT]


def test_a_checkpoint_that_was_cut_in_the_log_file_is_named_by_its_line(tmp_path: Path) -> None:
    log = tmp_path / "messages.log"
    log.write_text('talk\nhost exconn-audit-checkpoint={"size": 12, "roo\n', encoding="utf-8")

    with pytest.raises(AnchorError, match="line 2"):
        read_syslog(log)


@contextmanager
def away(scheme: str, folder: Path) -> Iterator[tuple[str, Callable[[], socket.socket]]]:
    """The address of a server of syslog that does not answer yet, and what has it answer."""
    if scheme == "unix":
        path = str(folder / "log")
        yield f"unix://{path}", lambda: bound(socket.AF_UNIX, socket.SOCK_STREAM, path)
        return
    # Bound, so that nobody else takes the port; refuses connections until it listens.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)

        def answering() -> socket.socket:
            server.listen()
            return server

        yield f"tcp://127.0.0.1:{server.getsockname()[1]}", answering


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_a_server_that_is_away_is_a_problem_until_it_takes_the_newest_checkpoint(
    engine: Engine, tmp_path: Path, scheme: str
) -> None:
    with away(scheme, tmp_path) as (url, answering):
        projected(engine, 3)
        places = (AnchorFile(tmp_path / "anchors"), Syslog(SyslogAddress.of(url)))
        checkpoints = CheckpointMaker(engine, is_active=lambda: True, key=None, places=places, checkpoint_every=DAY)

        assert checkpoints.seal() is not None

        ((name, text),) = standing(engine)
        assert (name, "not in syslog: " in text) == ("audit-not-anchored", True)
        assert (tmp_path / "anchors").read_text(encoding="utf-8").count("\n") == 1
        projected(engine, 2, after=3)  # what is projected meanwhile is stored as ever
        with closing(answering()) as server:
            checkpoints.seal()
            assert b'"size": 5' in received(server)
    assert standing(engine) == []


def test_a_checkpoint_that_a_place_lacks_is_sent_again_though_nothing_new_came(engine: Engine, tmp_path: Path) -> None:
    projected(engine, 3)
    path = tmp_path / "log"
    places = (Syslog(SyslogAddress.of(f"unix://{path}")),)
    checkpoints = CheckpointMaker(engine, is_active=lambda: True, key=None, places=places, checkpoint_every=DAY)
    checkpoints.seal()

    with closing(bound(socket.AF_UNIX, socket.SOCK_DGRAM, str(path))) as server:
        assert checkpoints.seal() is None
        assert b'"size": 3' in received(server)
    assert standing(engine) == []


@pytest.mark.parametrize("url", ["tcp://", "http://host:514", "udp://host/path", "unix://host/dev/log", "host:514"])
def test_an_address_that_is_none_is_refused_by_its_setting(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("EXCONN_AUDIT_SYSLOG", url)

    with pytest.raises(SettingsError, match="EXCONN_AUDIT_SYSLOG"):
        load(AuditSettings)
