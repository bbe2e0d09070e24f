"""Blocking and allowing a phone, from typing to the console and back; the test plays the worker."""

import html
import re

import pytest

from exconn.contracts import HoldReason, Kind, Phase
from exconn.ledger import Job, Outcome
from exconn.stream import Number
from tests.integration.cli.conftest import SOON, Operator, guid
from tests.support.machine.processes import wait_until

EITHER = pytest.mark.parametrize("kind", [Kind.BLOCK, Kind.ALLOW])


def asked_for(operator: Operator, kind: Kind) -> Job:
    """The one open action of that kind."""
    (job,) = [
        operator.ledger.job(each)
        for each in operator.ledger.unsettled(operator.connector)
        if each.startswith(f"{kind}-")
    ]
    assert job is not None
    return job


def page(operator: Operator, path: str, **wanted: str) -> str:
    """A page of the console, as text with one space between words."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", operator.monitor.get(path, **wanted).text)).split())


@EITHER
def test_it_is_previewed_accepted_and_followed_to_its_end(operator: Operator, kind: Kind) -> None:
    words = ("--reason", "lost", "--yes", "--wait", "--timeout", "60s")
    running = operator.start("devices", kind, "jdoe_iPhone", *words)
    wait_until(lambda: operator.ledger.unsettled(operator.connector), SOON, "the action")
    action = asked_for(operator, kind)
    claim = operator.ledger.claim(action.id, "a test")
    assert claim is not None
    operator.ledger.begin(claim.lease)
    operator.ledger.settle(claim.lease, Outcome.SUCCEEDED, phase=Phase.VERIFIED, number=Number.ACTION_VERIFIED)

    assert running.wait(SOON) == 0
    out = running.log.read_text()
    assert re.search(r"^access +", out, re.MULTILINE)
    assert f"accepted as {action.id}" in out
    assert f"Device action {kind} read back from Exchange" in out
    assert (action.device, action.requester) == (guid(1), "anna")
    assert re.search("accepted .* issuing .* verified", page(operator, f"/jobs/{action.id}"))
    listed = operator.exconn("actions", "list", "--phase", "verified", "--quiet")
    assert action.id in listed.out.split()


@EITHER
def test_it_is_json_for_programs_and_asks_people_first(operator: Operator, kind: Kind) -> None:
    asked = operator.exconn("devices", kind, guid(1), typed="y\n")
    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert not operator.ledger.unsettled(operator.connector)

    ran = operator.exconn("devices", kind, guid(1), "--yes", "--json")

    assert (ran.code, ran.json["job"]) == (0, asked_for(operator, kind).id)


@EITHER
def test_one_that_is_held_says_what_to_type_on_the_terminal_and_on_its_page(operator: Operator, kind: Kind) -> None:
    operator.exconn("devices", kind, guid(1), "--yes")
    action = asked_for(operator, kind)
    claim = operator.ledger.claim(action.id, "a test")
    assert claim is not None
    operator.ledger.hold(claim.lease, HoldReason.QUOTA)
    operator.monitor.wait_for(f"/v1/jobs/{action.id}", "state", "held")

    ran, shown = operator.exconn("actions", "follow", action.id), page(operator, f"/jobs/{action.id}")

    assert ran.code == 5
    for command in (f"exconn brakes release {action.id}", f"exconn actions cancel {action.id}"):
        assert command in ran.err
        assert command in shown


@EITHER
def test_one_that_was_refused_names_how_to_ask_again(operator: Operator, kind: Kind) -> None:
    operator.exconn("devices", kind, guid(1), "--yes")
    action = asked_for(operator, kind)
    claim = operator.ledger.claim(action.id, "a test")
    assert claim is not None
    operator.ledger.settle(claim.lease, Outcome.REFUSED, phase=Phase.CLOSED, data={"reason": "enrolled_since"})
    operator.monitor.wait_for(f"/v1/jobs/{action.id}", "state", "settled")

    again = f"exconn devices {kind} {guid(1)} --connector {operator.connector}"

    assert again in page(operator, f"/jobs/{action.id}")
    assert again in operator.exconn("actions", "follow", action.id).err


def test_a_device_whose_wipe_is_open_is_not_blocked(operator: Operator) -> None:
    wipe = operator.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()
    wait_until(
        lambda: operator.monitor.json(f"/v1/devices/{guid(1)}", connector=operator.connector)["open_action"], SOON, "it"
    )

    ran = operator.exconn("devices", "block", guid(1), "--yes")

    assert (ran.code, wipe in ran.err) == (4, True)
    assert operator.ledger.unsettled(operator.connector) == {wipe}


def test_the_page_of_a_device_names_every_action_and_its_list_calls_a_block_no_wipe(operator: Operator) -> None:
    shown = page(operator, f"/devices/{guid(1)}", connector=operator.connector)
    place = f"{guid(1)} --connector {operator.connector}"
    assert all(f"exconn devices {verb} {place}" in shown for verb in ("wipe", "block", "allow"))

    operator.exconn("devices", "block", guid(1), "--yes")
    wait_until(
        lambda: operator.monitor.json(f"/v1/devices/{guid(1)}", connector=operator.connector)["open_action"], SOON, "it"
    )

    assert "pending" not in operator.exconn("devices", "list", "jdoe").out
    assert f"exconn actions follow {asked_for(operator, Kind.BLOCK).id}" in page(
        operator, f"/devices/{guid(1)}", connector=operator.connector
    )
