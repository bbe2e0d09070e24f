"""The demo's story: install, discover, set one policy group, wipe one phone and follow it to its acknowledgement."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from exconn.contracts.request import RequestKind, Target
from exconn.demo.client import Client, StoryError
from exconn.demo.place import CONNECTOR

Tell = Callable[[str], None]

A_MINUTE = timedelta(minutes=1)
THREE_MINUTES = timedelta(minutes=3)
#: How a job ends; everything else goes on.
ENDED = frozenset({"settled", "held"})


@dataclass(frozen=True, kw_only=True)
class Story:
    """Plays the story against a running demo, and collects what it saw."""

    client: Client
    tell: Tell

    def play(self, definition: str) -> dict[str, Any]:
        """The whole story. Raises StoryError when something does not happen."""
        connector = self._install(definition)
        discovery = self._discover()
        self._arm()
        policy = self._policy()
        wipe = self._wipe()
        return {"connector": connector, "discovery": discovery, "policy": policy, "wipe": wipe}

    def _install(self, definition: str) -> dict[str, Any]:
        self.tell("applying the connector; it is flagged for installation")
        self.client.ask(RequestKind.CONNECTOR_APPLY, Target(definition=definition))

        def installed() -> dict[str, Any] | None:
            found = self.client.read(f"/connectors/{CONNECTOR}")
            return found if found["state"] == "installed" else None

        found = self.client.wait("the installation (status 1015)", installed, within=THREE_MINUTES)
        self.tell(f"installed: status message {found['status_id']}")
        return {"name": CONNECTOR, "state": found["state"], "status_id": found["status_id"]}

    def _discover(self) -> dict[str, Any]:
        self.tell("first full discovery runs")
        expected = self.client.control("/organization")["devices"]

        def swept() -> dict[str, Any] | None:
            sweeps = self.client.read("/sweeps", connector=CONNECTOR)["sweeps"]
            finished = [sweep for sweep in sweeps if sweep.get("finished_at")]
            return finished[0] if finished else None

        self.client.wait("the first discovery", swept, within=THREE_MINUTES)
        devices = self.client.read("/devices", connector=CONNECTOR, limit=1)["total"]
        self.tell(f"discovered {devices} devices; the simulator has {expected}")
        return {"devices": devices, "expected": expected}

    def _arm(self) -> None:
        self.tell("arming policy and actions, each after its own preflight; turning the kill switch to running")
        for feature in ("policy", "actions"):
            job = self.client.ask(RequestKind.CONNECTOR_ARM, Target(feature=feature)).job
            self._succeeded(job, f"the preflight for {feature}")
        self.client.ask(RequestKind.RESUME)

    def _policy(self) -> dict[str, Any]:
        before = self._plan()
        self.tell(f"policy compared: {before['drift']} settings differ")
        if before["drift"]:
            target = Target(plan=before["plan"], digest=before["digest"])
            job = self.client.ask(RequestKind.POLICY_APPLY, target).job
            self._succeeded(job, "applying the plan")
        after = self._plan()
        self.tell(f"policy applied and read back: {after['drift']} settings differ")
        return {"drift_before": before["drift"], "drift_after": after["drift"]}

    def _plan(self) -> dict[str, Any]:
        job = self.client.ask(RequestKind.POLICY_PLAN).job
        data: dict[str, Any] = self._succeeded(job, "comparing the policy")["data"]
        return data

    def _wipe(self) -> dict[str, Any]:
        device = self._stolen_phone()
        self.tell(f"wiping {device['name']} ({device['model']})")
        guid = device["guid"]
        shown = self.client.read(f"/devices/{guid}", connector=device["connector"])
        action = self.client.ask(
            RequestKind.WIPE, Target(device=guid), reason="demo: stolen on the train", shown=shown
        ).job
        told: set[str] = set()

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.read(f"/jobs/{action}")
            if found["phase"] and found["phase"] not in told:
                told.add(found["phase"])
                self.tell(f"  {found['phase']}")
            return found if found["state"] in ENDED else None

        found = self.client.wait("the wipe's acknowledgement", ended, within=THREE_MINUTES)
        entries = self.client.control("/oracle", cmdlet="Clear-*", guid=device["guid"])["entries"]
        return {
            "action": action,
            "device": device["guid"],
            "state": found["phase"] if found["state"] == "settled" else found["state"],
            "clear_cmdlets": len([entry for entry in entries if entry["outcome"] == "ok"]),
        }

    def _stolen_phone(self) -> dict[str, Any]:
        """A phone that answers: an ActiveSync client, allowed, whose owner has only one."""
        devices = self.client.read("/devices", connector=CONNECTOR, limit=200)["devices"]
        owners = [device["owner_name"] for device in devices]
        for device in devices:
            plain = not device["device_type"].startswith("Outlook") and device["access_state"] == "Allowed"
            if plain and owners.count(device["owner_name"]) == 1:
                return dict(device)
        raise StoryError("no phone to wipe was discovered")

    def _succeeded(self, job: str | None, what: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.read(f"/jobs/{job}")
            return found if found["state"] in ENDED else None

        found = self.client.wait(what, ended, within=A_MINUTE)
        if found.get("outcome") != "succeeded":
            raise StoryError(f"{what} is {found['outcome'] or found['state']}: {found['reason_text']}")
        return found
