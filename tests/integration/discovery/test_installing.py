"""What an installation does when Exchange is not ready for it."""

import os
from datetime import timedelta
from pathlib import Path

from exconn.contracts import EndReason, HoldReason
from exconn.keyspace import keys
from exconn.ledger import State
from exconn.stream import Number
from tests.integration.discovery.scene import CONNECTOR, Scene

AN_HOUR = timedelta(hours=1)


def test_a_failed_installation_says_why_and_waits_an_hour(scene: Scene) -> None:
    scene.apply(ca_file=_untrusted())
    scene.worker()

    job = scene.reached(scene.install(), State.WAITING)

    (message,) = [message for message in scene.messages(job.id) if message.number == Number.INSTALL_FAILED]
    assert message.data["error"] == "UntrustedCertificate"
    assert "is not trusted" in message.text
    assert "Failed to open runspace for site Default" in message.text
    assert told(scene, Number.RUNSPACE_FAILED) == ["Failed to open runspace for site Default"]
    assert scene.store.get(CONNECTOR).state == "flagged"
    assert "is not trusted" in str(scene.store.get(CONNECTOR).last_error)
    assert job.due is not None
    assert AN_HOUR - timedelta(minutes=1) < job.due - scene.ledger.time() <= AN_HOUR


def test_a_corrected_definition_installs_the_waiting_job(scene: Scene) -> None:
    scene.apply(ca_file=_untrusted())
    scene.worker()
    job = scene.reached(scene.install(), State.WAITING)

    scene.apply()
    scene.ledger.retry(job.id, by="test")

    scene.settled(job.id)
    assert scene.store.get(CONNECTOR).state == "installed"
    assert scene.store.get(CONNECTOR).last_error is None


def test_an_account_that_lacks_a_cmdlet_is_told_which_and_a_role(scene: Scene) -> None:
    scene.simulator.fault("missing_cmdlet", "Get-MobileDeviceStatistics", times=-1)
    scene.simulator.fault("missing_cmdlet", "Get-ActiveSyncDeviceStatistics", times=-1)
    scene.worker()

    job = scene.reached(scene.install(), State.WAITING)

    (message,) = [message for message in scene.messages(job.id) if message.number == Number.INSTALL_FAILED]
    assert "Get-ActiveSyncDeviceStatistics" in message.text
    assert "View-Only Recipients" in message.text


def test_a_missing_access_rule_cmdlet_does_not_prevent_the_installation(scene: Scene) -> None:
    scene.simulator.rights("discovery", without=["*-ActiveSyncDeviceAccessRule", "Set-ActiveSyncOrganizationSettings"])
    scene.apply()
    scene.worker()

    job = scene.job(scene.install())
    scene.settled(job.id)

    assert [message.number for message in scene.messages(job.id)].count(Number.INSTALLED) == 1


def test_an_account_that_lacks_a_parameter_is_told_which(scene: Scene) -> None:
    scene.simulator.rights("discovery", without=["Get-MobileDeviceStatistics -Mailbox"])
    scene.apply()
    scene.worker()

    job = scene.reached(scene.install(), State.WAITING)

    (message,) = [message for message in scene.messages(job.id) if message.number == Number.INSTALL_FAILED]
    assert "Get-MobileDeviceStatistics lacks Mailbox." in message.text
    assert "Add Mailbox to the entry Get-MobileDeviceStatistics" in message.text


def test_a_cmdlet_that_fails_is_announced_in_the_words_that_operators_search_for(scene: Scene) -> None:
    scene.simulator.fault("error", "Get-ActiveSyncOrganizationSettings")
    scene.worker()
    scene.reached(scene.install(), State.WAITING)

    assert told(scene, Number.CMDLET_FAILED) == ["Invoking cmdlet Get-ActiveSyncOrganizationSettings failed"]


def test_a_sweep_that_is_held_or_waits_announces_the_cmdlet_too(scene: Scene) -> None:
    scene.worker()
    scene.settled(scene.install())
    scene.simulator.fault("error", "Get-MobileDevice")
    held = scene.reached(scene.sweep(), State.HELD)
    scene.simulator.fault("shell_gone", "Get-MobileDevice")
    scene.settled(scene.sweep())

    assert held.reason == HoldReason.REFUSED_BY_EXCHANGE
    assert str(held.data["said"]).startswith("Invoking cmdlet Get-MobileDevice failed: ")
    assert told(scene, Number.CMDLET_FAILED) == ["Invoking cmdlet Get-MobileDevice failed"] * 2


def told(scene: Scene, number: Number) -> list[str]:
    """The texts of all messages with that number."""
    return [message.text for message in scene.messages() if message.number == number]


def _untrusted() -> str:
    """A bundle of authorities that did not sign the simulator's certificate."""
    import certifi

    bundle = Path(certifi.where())
    assert os.access(bundle, os.R_OK)
    return str(bundle)


def test_a_connector_of_exchange_online_fails_for_good_and_says_why(scene: Scene) -> None:
    """It was applied by an earlier version: a new one is refused before it is applied."""
    raw = str(scene.client.hget(keys.revisions(CONNECTOR), "1"))
    online = raw.replace(scene.simulator.url, "https://outlook.office365.com/PowerShell/")
    scene.client.hset(keys.revisions(CONNECTOR), "1", online)
    scene.worker()

    job = scene.reached(scene.install(), State.SETTLED)

    assert job.outcome == "failed"
    assert job.data["reason"] == EndReason.SERVICE_ENDED
    assert "remote PowerShell has ended" in str(job.data["said"])
    assert "Intune" in str(scene.store.get(CONNECTOR).last_error)
