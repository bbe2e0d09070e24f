"""`exconn audit` on a running monitor: sealed by its key, verified without it, and loud when a row was changed."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from exconn.audit.anchors import MARK
from exconn.cli.doctor.audit_log import seal_finding, verification_finding
from exconn.signing import new_signing_key
from exconn.signing.action_record import ActionRecord, signed_record
from exconn.signing.keyfile import save_signing_key
from exconn.stream import Number
from tests.support.machine.processes import INHERITED, ChildProcesses
from tests.support.streams.status import StreamWriter
from tests.support.system.monitor import RunningMonitor, start_monitor

RUNS_WITHIN = 60
ALARMED_WITHIN = timedelta(seconds=30)
COUNT = 12


@dataclass
class Sealed:
    """A monitor whose log has a signed checkpoint at its end."""

    monitor: RunningMonitor
    folder: Path
    ledger_url: str

    def run(self, *words: str) -> tuple[int, Any]:
        """One command with --json; its exit code and answer."""
        context = self.folder / "context.toml"
        context.write_text(f'monitor_url = "{self.monitor.url}"\n', encoding="utf-8")
        env = {name: os.environ[name] for name in INHERITED if name in os.environ} | {"EXCONN_CONTEXT": str(context)}
        command = [sys.executable, "-m", "exconn.cli", "audit", *words, "--json"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=RUNS_WITHIN, cwd=self.folder, env=env, check=False
        )
        return done.returncode, json.loads(done.stdout or "null")

    def verify(self, *words: str) -> tuple[int, list[tuple[str, int]]]:
        """What `verify` says with the key and the second place."""
        code, report = self.run("verify", "--key", "monitor.pub", "--anchors", "anchors", *words)
        return code, [(finding["kind"], finding["sequence"]) for finding in report["findings"]]

    def sql(self, *statements: str) -> None:
        """What somebody does who has the database."""
        with closing(sqlite3.connect(self.folder / "monitor.db", timeout=10)) as database, database:
            for statement in statements:
                database.execute(statement)


@pytest.fixture
def sealed(redis_client: redis.Redis, redis_url: str, tmp_path: Path) -> Iterator[Sealed]:
    key = new_signing_key()
    save_signing_key(key, tmp_path / "monitor.key")
    (tmp_path / "monitor.pub").write_text(key.public_text + "\n", encoding="utf-8")
    writer = StreamWriter(redis_client)
    for number in range(COUNT):
        writer.message(Number.JOB_CLAIMED, job="wipe-aaaaaaaaaaaaaaaa", kind="wipe", data={"n": number})
    processes = ChildProcesses(tmp_path)
    settings = {
        "EXCONN_AUDIT_KEY_FILE": str(tmp_path / "monitor.key"),
        "EXCONN_AUDIT_ANCHOR_FILE": str(tmp_path / "anchors"),
        "EXCONN_AUDIT_CHECKPOINT_EVERY": "1s",
        "EXCONN_AUDIT_VERIFY_EVERY": "1s",
    }
    try:
        monitor = start_monitor(processes, redis_url, tmp_path, **settings)
        monitor.child.wait_until(
            lambda: (monitor.json("/v1/audit")["checkpoint"] or {}).get("size") == COUNT, ALARMED_WITHIN, "sealed"
        )
        yield Sealed(monitor, tmp_path, redis_url)
    finally:
        processes.end_all()


def test_a_whole_log_verifies_by_the_monitor_and_by_an_export(sealed: Sealed) -> None:
    assert sealed.verify() == (0, [])
    code, exported = sealed.run("export", "audit.jsonl")
    assert (code, exported["records"]) == (0, COUNT)
    assert (sealed.folder / "audit.jsonl").stat().st_mode & 0o077 == 0
    sealed.monitor.child.terminate()

    assert sealed.verify("--file", "audit.jsonl") == (0, [])


def test_it_says_which_second_places_it_compared_and_how_far_they_go(sealed: Sealed) -> None:
    anchors = sealed.folder / "anchors"
    lines = [f"Nov 30 host exconn-monitor: {MARK}{line}" for line in anchors.read_text("utf-8").splitlines()]
    (sealed.folder / "messages.log").write_text("\n".join(["Nov 30 host other: talk", *lines]), encoding="utf-8")

    code, report = sealed.run("verify", "--anchors", "anchors", "--syslog", "messages.log")

    assert (code, len(report["anchors"])) == (0, 2)
    for place, name in zip(report["anchors"], ["anchors", "messages.log"], strict=True):
        assert (place["place"], place["size"], place["stale"]) == (name, COUNT, False)
        assert place["agree"] == place["checkpoints"] == len(lines)


def test_the_monitor_tells_when_the_log_was_clean_last(sealed: Sealed) -> None:
    def verified() -> bool:
        return (sealed.monitor.json("/v1/audit")["verified"] or {}).get("records") == COUNT

    sealed.monitor.child.wait_until(verified, ALARMED_WITHIN, "verified")
    found, now = sealed.monitor.json("/v1/audit"), datetime.now(UTC)

    assert [seal_finding(found, now).state, verification_finding(found, now).state] == ["ok", "ok"]
    assert "exconn_audit_clean_verification_timestamp_seconds 1." in sealed.monitor.get("/metrics").text


def test_a_person_verifies_at_the_monitors_place_and_takes_the_problem_back(sealed: Sealed) -> None:
    sealed.monitor.child.terminate()
    env = {"EXCONN_MONITOR_DATABASE": str(sealed.folder / "monitor.db")}
    env |= {"EXCONN_AUDIT_KEY_FILE": str(sealed.folder / "monitor.key")}
    processes = ChildProcesses(sealed.folder)

    def verify(name: str) -> tuple[int, str]:
        child = processes.start(name, "-m", "exconn.monitor", "verify", env=env)
        return child.wait(ALARMED_WITHIN), child.log.read_text(encoding="utf-8")

    try:
        sealed.sql("UPDATE messages SET \"by\" = 'somebody-else' WHERE sequence = 7")
        code, said = verify("broken")
        assert (code, "broken: 12 records; message 7 was edited" in said) == (8, True)
        sealed.sql("UPDATE messages SET \"by\" = 'worker' WHERE sequence = 7")
        code, said = verify("mended")
        assert (code, "clean: 12 records" in said) == (0, True)
    finally:
        processes.end_all()
    with closing(sqlite3.connect(sealed.folder / "monitor.db")) as database:
        assert database.execute("SELECT name FROM alarms").fetchall() == []


def test_an_export_that_was_edited_is_found(sealed: Sealed) -> None:
    sealed.run("export", "audit.jsonl")
    text = (sealed.folder / "audit.jsonl").read_text(encoding="utf-8")
    (sealed.folder / "edited.jsonl").write_text(text.replace('"data": {"n": 6}', '"data": {"n": 5}'), encoding="utf-8")

    assert sealed.verify("--file", "edited.jsonl") == (8, [("edited", 7)])


def test_an_edited_row_is_named_and_becomes_a_critical_problem_by_itself(sealed: Sealed) -> None:
    sealed.sql("UPDATE messages SET \"by\" = 'somebody-else' WHERE sequence = 7")

    assert sealed.verify() == (8, [("edited", 7)])

    def problem() -> str:
        found = sealed.monitor.json("/v1/problems")["problems"]
        return next((one["text"] for one in found if one["code"] == "audit_broken"), "")

    assert sealed.monitor.child.wait_until(problem, ALARMED_WITHIN, "the problem") == "message 7 was edited"


def test_a_log_that_was_rewritten_as_a_whole_fails_by_the_signed_checkpoint(sealed: Sealed) -> None:
    """Whoever has the database can make hashes and head anew; not the signature over them."""
    sealed.monitor.child.terminate()
    sealed.sql(
        "UPDATE messages SET \"by\" = 'somebody-else', position = NULL WHERE sequence = 7",
        "UPDATE messages SET position = NULL",
        "DELETE FROM audit_leaves",
        "DELETE FROM audit_head",
    )
    env = {"EXCONN_AUDIT_CHECKPOINT_EVERY": "1h", "EXCONN_AUDIT_VERIFY_EVERY": "1h"}
    again = ChildProcesses(sealed.folder)
    try:
        sealed.monitor = start_monitor(again, sealed.ledger_url, sealed.folder, name="again", **env)
        sealed.monitor.wait_for("/v1/audit", "size", COUNT)

        assert sealed.verify() == (8, [("rewritten", 1)])
    finally:
        again.end_all()


def test_a_log_that_was_cut_off_with_its_checkpoints_fails_by_the_second_place(sealed: Sealed) -> None:
    sealed.sql("DELETE FROM messages", "DELETE FROM audit_leaves", "DELETE FROM audit_checkpoints")
    sealed.sql("UPDATE audit_head SET size = 0, peaks = '[]'")

    code, found = sealed.verify()

    assert (code, found) == (8, [("cut", 0)])


WIPE = "wipe-bbbbbbbbbbbbbbbb"


def acknowledged(client: redis.Redis, job: str = WIPE, **data: object) -> int:
    """A message that a wipe was acknowledged; its number."""
    told = {"outcome": "succeeded"} | data
    StreamWriter(client).message(
        Number.WIPE_ACKNOWLEDGED, job=job, kind="wipe", state="settled", phase="acknowledged", epoch=1, data=told
    )
    return int(client.get("exconn:sequence") or 0)


def test_an_acknowledgement_that_no_worker_signed_is_named_though_it_is_in_the_log_as_it_came(
    sealed: Sealed, redis_client: redis.Redis
) -> None:
    key = new_signing_key()
    (sealed.folder / "actions.pub").write_text(key.public_text + "\n", encoding="utf-8")
    record = ActionRecord(job=WIPE, epoch=1, attempt=1, device="d", phase="acknowledged", outcome="succeeded")
    signed = signed_record(key, record)
    acknowledged(redis_client, **signed)
    forged = acknowledged(redis_client)
    of_another = acknowledged(redis_client, "wipe-cccccccccccccccc", **signed)
    sealed.monitor.child.wait_until(
        lambda: sealed.monitor.json("/v1/audit")["checkpoint"]["size"] == of_another, ALARMED_WITHIN, "sealed"
    )
    found = (8, [("not-signed", forged), ("not-signed", of_another)])

    assert sealed.verify("--actions-key", "actions.pub") == found
    shown = [sealed.run("show", str(n), "--actions-key", "actions.pub")[1]["unsigned"] for n in (forged - 1, forged)]
    assert shown == ["", "missing"]
    sealed.run("export", "audit.jsonl")
    assert sealed.verify("--file", "audit.jsonl", "--actions-key", "actions.pub") == found
    code, report = sealed.run("verify", "--key", "monitor.pub")
    assert (code, [text for text in report["warnings"] if "device actions" in text] != []) == (0, True)
