"""The demo in a Kerberos domain of its own: the whole story by tickets, and nothing of it left running."""

import json
import re
import socket
from pathlib import Path

import pytest

from exconn.demo import kdc
from exconn.demo.kdc import Kdc, KdcError
from tests.integration.cli.running import CommandLine
from tests.support.machine.kdc import require_kerberos
from tests.support.system.demo_summary import found_by_monitor

ROLES = ("discovery", "policy", "actions")
#: The whole system starts, and three services wait for their processors.
TIMEOUT_SECONDS = 300


@pytest.mark.timeout(TIMEOUT_SECONDS)
def test_the_story_is_played_by_tickets_and_the_domain_ends_with_it(tmp_path: Path) -> None:
    require_kerberos()
    folder = tmp_path / "demo"
    exconn = CommandLine(tmp_path, within_seconds=TIMEOUT_SECONDS)

    ran = exconn("demo", "--once", "--kerberos", "--devices", "20", "--folder", str(folder), "--json")

    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["wipe"]["state"] == "acknowledged"
    assert found_by_monitor(folder) == []
    issued = re.findall(r"TGS_REQ.* ISSUE: .* exconn-(\w+)@EXCONN.DEMO for HTTP/localhost@", kdc_log(folder))
    assert set(issued) == set(ROLES)
    (port,) = re.findall(r"kdc = 127\.0\.0\.1:(\d+)", (folder / "kerberos" / "krb5.conf").read_text("utf-8"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=5)


def kdc_log(folder: Path) -> str:
    return (folder / "kerberos" / "kdc.log").read_text("utf-8")


def test_a_machine_without_a_kdc_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdc, "SEARCHED", str(tmp_path))

    with pytest.raises(KdcError, match=r"krb5kdc, kadmin.local, kdb5_util not found: install .* krb5-kdc krb5-admin"):
        Kdc(tmp_path / "domain", "EXCONN.DEMO")

    assert list(tmp_path.iterdir()) == []
