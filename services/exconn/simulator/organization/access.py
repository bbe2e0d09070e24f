"""Which access state a device has, and why: decided anew at each look, in Exchange's order.

A phone that may not log on, or whose mailbox has ActiveSync switched off, is turned away before that
(`admission`). The steps from the personal allow list on are as administrators describe them; the state
numbers are those of the client interface documentation.
"""

from dataclasses import dataclass

from exconn.simulator.organization.directory import AccessRule, MailboxChange, OrganizationObject, Partnership

STATE_NUMBERS = {"Unknown": 0, "Allowed": 1, "Blocked": 2, "Quarantined": 3, "DeviceDiscovery": 4}
REASON_NUMBERS = {"Unknown": 0, "Global": 1, "Individual": 2, "DeviceRule": 3, "Upgrade": 4, "Policy": 5}
_STATE_OF_LEVEL = {"Allow": "Allowed", "Block": "Blocked", "Quarantine": "Quarantined"}


@dataclass(frozen=True, slots=True)
class Access:
    """A decision."""

    state: str
    reason: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What counts beside lists, rules and the default level."""

    #: The phone can enforce the mailbox policy, or the policy does without.
    enforceable: bool = True
    #: The mailbox came from an older version, and the phone has not called since.
    upgraded: bool = False
    #: What the phone is has been found out.
    identified: bool = True


USUAL = Circumstances()


def first_rules() -> dict[int, AccessRule]:
    """The rules at the start: one old model is quarantined."""
    return {1: AccessRule(1, "WP8 (DeviceType)", "DeviceType", "WP8", "Quarantine")}


def allowed_ids(device: Partnership, mailbox: MailboxChange) -> list[str]:
    """The personal allow list; at the start one phone in 25 is on its owner's."""
    if mailbox.allowed is not None:
        return mailbox.allowed
    return [device.device_id] if device.is_first and device.number % 25 == 19 else []


def blocked_ids(device: Partnership, mailbox: MailboxChange) -> list[str]:
    """The personal block list; at the start one phone in 25 is on its owner's."""
    if mailbox.blocked is not None:
        return mailbox.blocked
    return [device.device_id] if device.is_first and device.number % 25 == 9 else []


def decide(
    device: Partnership,
    mailbox: MailboxChange,
    rules: dict[int, AccessRule],
    settings: OrganizationObject,
    circumstances: Circumstances = USUAL,
) -> Access:
    """The decision for one device."""
    if not circumstances.enforceable:
        return Access("Blocked", "Policy")
    if _holds(blocked_ids(device, mailbox), device.device_id):
        return Access("Blocked", "Individual")
    if _holds(allowed_ids(device, mailbox), device.device_id):
        return Access("Allowed", "Individual")
    if circumstances.upgraded:
        return Access("Allowed", "Upgrade")
    if not circumstances.identified:
        return Access("DeviceDiscovery", "Global")
    for level in ("Block", "Quarantine", "Allow"):
        for rule in list(rules.values()):
            if rule.level == level and _matches(rule, device):
                return Access(_STATE_OF_LEVEL[level], "DeviceRule", rule.name)
    return Access(_STATE_OF_LEVEL[settings.default_access_level], "Global")


def _holds(ids: list[str], device_id: str) -> bool:
    return any(device_id.lower() == listed.lower() for listed in ids)


def _matches(rule: AccessRule, device: Partnership) -> bool:
    """Rules compare the whole text; there are no wildcards."""
    model = device.model
    reported = {
        "DeviceType": model.type,
        "DeviceModel": model.model,
        "DeviceOS": model.os,
        "UserAgent": model.user_agent,
    }
    return reported.get(rule.characteristic) == rule.query
