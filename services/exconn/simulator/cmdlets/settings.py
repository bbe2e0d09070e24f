"""The organization's ActiveSync settings, its access rules, and its servers."""

from collections.abc import Iterator

from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.lists import edited
from exconn.simulator.organization.directory import AccessRule
from exconn.simulator.organization.numbers import NumberKind
from exconn.simulator.organization.organization import Organization
from exconn.simulator.shapes.policy import rule_text, settings_text, threshold_text
from exconn.simulator.shapes.server import organization_text, server_text


def get_settings(call: Call) -> Iterator[str]:
    """Get-ActiveSyncOrganizationSettings."""
    organization = call.organization
    yield settings_text(organization.settings, organization.dice.guid(NumberKind.SETTINGS, 1), organization.started)


def set_settings(call: Call) -> Iterator[str]:
    """Set-ActiveSyncOrganizationSettings: what is named is stored, and holds at once."""
    settings = call.organization.settings
    with call.organization.lock:
        if call.get("DefaultAccessLevel") is not None:
            settings.default_access_level = call.get("DefaultAccessLevel")
        if "AdminMailRecipients" in call.parameters:
            settings.admin_mail_recipients = edited(settings.admin_mail_recipients, call.get("AdminMailRecipients"))
        if "UserMailInsert" in call.parameters:
            settings.user_mail_insert = call.get("UserMailInsert") or ""
        if "OtaNotificationMailInsert" in call.parameters:
            settings.ota_notification_mail_insert = call.get("OtaNotificationMailInsert") or ""
    yield from ()


def get_rules(call: Call) -> Iterator[str]:
    """Get-ActiveSyncDeviceAccessRule."""
    organization = call.organization
    identity = call.get("Identity")
    rules = list(organization.rules.values())
    if identity is not None:
        found = _find_rule(organization, identity)
        if found is None:
            call.not_found(identity)
            return
        rules = [found]
    for rule in rules:
        yield _shown(organization, rule)


def _find_rule(organization: Organization, identity: str) -> AccessRule | None:
    number = organization.dice.number_of(NumberKind.RULE, identity)
    for rule in organization.rules.values():
        if rule.number == number or rule.name.lower() == identity.lower():
            return rule
    return None


def _shown(organization: Organization, rule: AccessRule) -> str:
    return rule_text(rule, organization.dice.guid(NumberKind.RULE, rule.number), organization.started)


def new_rule(call: Call) -> Iterator[str]:
    """New-ActiveSyncDeviceAccessRule."""
    organization = call.organization
    query, characteristic = call.parameters["QueryString"], call.parameters["Characteristic"]
    with organization.lock:
        number = max(organization.rules, default=0) + 1
        rule = AccessRule(number, f"{query} ({characteristic})", characteristic, query, call.parameters["AccessLevel"])
        organization.rules[number] = rule
    yield _shown(organization, rule)


def set_rule(call: Call) -> Iterator[str]:
    """Set-ActiveSyncDeviceAccessRule: only the level can be changed."""
    with call.organization.lock:
        rule = _find_rule(call.organization, call.parameters["Identity"])
        if rule is None:
            call.not_found(call.parameters["Identity"])
        elif call.get("AccessLevel") is not None:
            rule.level = call.get("AccessLevel")
    yield from ()


def remove_rule(call: Call) -> Iterator[str]:
    """Remove-ActiveSyncDeviceAccessRule."""
    with call.organization.lock:
        rule = _find_rule(call.organization, call.parameters["Identity"])
        if rule is None:
            call.not_found(call.parameters["Identity"])
        else:
            del call.organization.rules[rule.number]
    yield from ()


def get_thresholds(call: Call) -> Iterator[str]:
    """Get-ActiveSyncDeviceAutoblockThreshold."""
    organization = call.organization
    identity = call.get("Identity")
    found = [t for t in organization.thresholds if identity is None or t.behavior.lower() == identity.lower()]
    if identity is not None and not found:
        call.not_found(identity)
    for threshold in found:
        guid = organization.dice.guid(NumberKind.THRESHOLD, threshold.number)
        yield threshold_text(threshold, guid, organization.started)


def set_threshold(call: Call) -> Iterator[str]:
    """Set-ActiveSyncDeviceAutoblockThreshold: stored; the phones here never misbehave."""
    wanted = call.parameters["Identity"].lower()
    threshold = next((t for t in call.organization.thresholds if t.behavior.lower() == wanted), None)
    if threshold is None:
        call.not_found(call.parameters["Identity"])
        return
    fields = {
        "BehaviorTypeIncidenceLimit": "incidence_limit",
        "BehaviorTypeIncidenceDuration": "incidence_duration",
        "DeviceBlockDuration": "block_duration",
        "AdminEmailInsert": "admin_email_insert",
    }
    with call.organization.lock:
        for parameter, field in fields.items():
            if call.get(parameter) is not None:
                setattr(threshold, field, call.get(parameter))
    yield from ()


def get_servers(call: Call) -> Iterator[str]:
    """Get-ExchangeServer."""
    organization = call.organization
    identity = call.get("Identity")
    found = [s for s in call.world.servers if identity is None or str(identity).lower() in (s.name.lower(), s.fqdn)]
    if identity is not None and not found:
        call.not_found(identity)
    for server in found:
        guid = organization.dice.guid(NumberKind.SERVER, server.number)
        version = server.version or call.visibility.version
        yield server_text(server, guid, organization.started, version=version)


def get_organization_config(call: Call) -> Iterator[str]:
    """Get-OrganizationConfig."""
    yield organization_text(call.organization.dice.guid(NumberKind.SETTINGS, 2), call.organization.started)
