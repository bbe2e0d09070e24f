"""Blocking and allowing a phone, from typing to the console and back; the test plays the worker."""

import html
import re

import pytest

from exconn.contracts import HoldReason, Kind, Phase
from exconn.ledger import Job, Outcome
from exconn.stream import Number
from tests.integration.cli.conftest import SOON, Desk, guid
from tests.support.machine.processes import wait_until

EITHER = pytest.mark.parametrize("kind", [Kind.BLOCK, Kind.ALLOW])


def asked_for(desk: Desk, kind: Kind) -> Job:
    """The one open action of that kind."""
    (job,) = [desk.ledger.job(each) for each in desk.ledger.unsettled(desk.connector) if each.startswith(f"{kind}-")]
    assert job is not None
    return job


def page(desk: Desk, path: str, **wanted: str) -> str:
    """A page of the console, as text with one space between words."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", desk.monitor.get(path, **wanted).text)).split())


@EITHER
def test_it_is_previewed_accepted_and_followed_to_its_end(desk: Desk, kind: Kind) -> None:
    words = ("--reason", "lost", "--yes", "--wait", "--timeout", "60s")
    running = desk.start("devices", kind, "jdoe_iPhone", *words)
    wait_until(lambda: desk.ledger.unsettled(desk.connector), SOON, "the action")
    action = asked_for(desk, kind)
    claim = desk.ledger.claim(action.id, "a test")
    assert claim is not None
    desk.ledger.begin(claim.lease)
    desk.ledger.settle(claim.lease, Outcome.SUCCEEDED, phase=Phase.VERIFIED, number=Number.ACTION_VERIFIED)

    assert running.wait(SOON) == 0
    out = running.log.read_text()
    assert re.search(r"^access +", out, re.MULTILINE)
    assert f"accepted as {action.id}" in out
    assert f"Device action {kind} read back from Exchange" in out
    assert (action.device, action.requester) == (guid(1), "anna")
    assert re.search("accepted .* issuing .* verified", page(desk, f"/jobs/{action.id}"))
    listed = desk.exconn("actions", "list", "--phase", "verified", "--quiet")
    assert action.id in listed.out.split()


@EITHER
def test_it_is_json_for_programs_and_asks_people_first(desk: Desk, kind: Kind) -> None:
    asked = desk.exconn("devices", kind, guid(1), typed="y\n")
    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert not desk.ledger.unsettled(desk.connector)

    ran = desk.exconn("devices", kind, guid(1), "--yes", "--json")

    assert (ran.code, ran.json["job"]) == (0, asked_for(desk, kind).id)


@EITHER
def test_one_that_is_held_says_what_to_type_on_the_terminal_and_on_its_page(desk: Desk, kind: Kind) -> None:
    desk.exconn("devices", kind, guid(1), "--yes")
    action = asked_for(desk, kind)
    claim = desk.ledger.claim(action.id, "a test")
    assert claim is not None
    desk.ledger.hold(claim.lease, HoldReason.QUOTA)
    desk.monitor.wait_for(f"/v1/jobs/{action.id}", "state", "held")

    ran, shown = desk.exconn("actions", "follow", action.id), page(desk, f"/jobs/{action.id}")

    assert ran.code == 5
    for command in (f"exconn brakes release {action.id}", f"exconn actions cancel {action.id}"):
        assert command in ran.err
        assert command in shown


@EITHER
def test_one_that_was_refused_names_how_to_ask_again(desk: Desk, kind: Kind) -> None:
    desk.exconn("devices", kind, guid(1), "--yes")
    action = asked_for(desk, kind)
    claim = desk.ledger.claim(action.id, "a test")
    assert claim is not None
    desk.ledger.settle(claim.lease, Outcome.REFUSED, phase=Phase.CLOSED, data={"reason": "enrolled_since"})
    desk.monitor.wait_for(f"/v1/jobs/{action.id}", "state", "settled")

    again = f"exconn devices {kind} {guid(1)} --connector {desk.connector}"

    assert again in page(desk, f"/jobs/{action.id}")
    assert again in desk.exconn("actions", "follow", action.id).err


def test_a_device_whose_wipe_is_open_is_not_blocked(desk: Desk) -> None:
    wipe = desk.exconn("devices", "wipe", guid(1), "--yes", "--quiet").out.strip()
    wait_until(lambda: desk.monitor.json(f"/v1/devices/{guid(1)}", connector=desk.connector)["open_action"], SOON, "it")

    ran = desk.exconn("devices", "block", guid(1), "--yes")

    assert (ran.code, wipe in ran.err) == (4, True)
    assert desk.ledger.unsettled(desk.connector) == {wipe}


def test_the_page_of_a_device_names_every_action_and_its_list_calls_a_block_no_wipe(desk: Desk) -> None:
    shown = page(desk, f"/devices/{guid(1)}", connector=desk.connector)
    place = f"{guid(1)} --connector {desk.connector}"
    assert all(f"exconn devices {verb} {place}" in shown for verb in ("wipe", "block", "allow"))

    desk.exconn("devices", "block", guid(1), "--yes")
    wait_until(lambda: desk.monitor.json(f"/v1/devices/{guid(1)}", connector=desk.connector)["open_action"], SOON, "it")

    assert "pending" not in desk.exconn("devices", "list", "jdoe").out
    assert f"exconn actions follow {asked_for(desk, Kind.BLOCK).id}" in page(
        desk, f"/devices/{guid(1)}", connector=desk.connector
    )
