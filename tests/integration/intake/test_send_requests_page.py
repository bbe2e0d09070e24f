"""The program on the page about sending requests is accepted as it stands there."""

import json
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import redis

from exconn.ledger import Ledger
from exconn.signing import new_signing_key
from tests.support.requests.signed import DEPLOYMENT, DEVICE, organization_of
from tests.support.system.intake import RunningIntake

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "send-requests.md"


@pytest.fixture(scope="module")
def program() -> str:
    """The first Python program of the page."""
    found = re.search(r"^ *```python\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return dedent(found[1])


def ran(program: str, intake: RunningIntake, **changed: str) -> "subprocess.CompletedProcess[str]":
    env = {
        "KEY_FILE": str(intake.key_file("anna")),
        "REQUESTER": "anna",
        "CONNECTOR": "north",
        "DEVICE_GUID": DEVICE,
        "INTAKE_URL": intake.url,
        "INTAKE_PUBLIC_KEY": intake.public_key,
        "DEPLOYMENT": DEPLOYMENT,
        "ORGANIZATION": organization_of("north"),
        "DEVICE_ID": "DEVICEID0001",
        "DEVICE_TYPE": "iPhone",
        "CLIENT": "native",
        "OWNER": "",
        "OWNER_ADDRESS": "jdoe@north.example",
    }
    return subprocess.run(
        [sys.executable, "-c", program], env=env | changed, capture_output=True, text=True, check=False, timeout=60
    )


def answer_to(
    program: str, intake: RunningIntake, *, requester: str, device_id: str = "DEVICEID0001"
) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(ran(program, intake, REQUESTER=requester, DEVICE_ID=device_id).stdout)
    return answer


def test_the_program_of_the_page_asks_for_a_wipe(
    program: str, intake: RunningIntake, redis_client: redis.Redis
) -> None:
    answer = answer_to(program, intake, requester="anna")

    job = Ledger(redis_client).job(answer["job"])
    assert answer["status"] == "accepted"
    assert job is not None
    assert (job.requester, job.device) == ("anna", DEVICE)


def test_the_program_of_the_page_signs_what_was_seen(program: str, intake: RunningIntake) -> None:
    answer = answer_to(program, intake, requester="anna", device_id="DEVICEID0002")

    assert (answer["error"], answer["details"]["differs"]) == ("not_as_seen", ["device_id"])


def test_the_program_of_the_page_prints_a_refusal_too(program: str, intake: RunningIntake) -> None:
    answer = answer_to(program, intake, requester="bert")

    assert (answer["status"], answer["error"]) == ("refused", "requester_mismatch")


def test_the_program_of_the_page_takes_no_answer_of_another_key(program: str, intake: RunningIntake) -> None:
    ended = ran(program, intake, INTAKE_PUBLIC_KEY=new_signing_key().public_text)

    assert ended.returncode != 0
    assert ended.stdout == ""
    assert "InvalidSignature" in ended.stderr
