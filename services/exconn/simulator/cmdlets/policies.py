"""Mailbox policies in both families: Get-, Set-, New- and Remove-."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.values import UNLIMITED, SizeWithUnit
from exconn.simulator.organization.directory import PolicyObject, PolicyValue
from exconn.simulator.organization.numbers import NumberKind
from exconn.simulator.organization.organization import Organization
from exconn.simulator.organization.policies import (
    NEW_NAMES,
    TRUNCATION_SIZES,
    documented_values,
    is_list,
    value_parameters,
)
from exconn.simulator.phones.beliefs import TruncationSizes
from exconn.simulator.shapes.policy import policy_text, shown_policy_dn

_ALREADY_EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"


def get_policies(call: Call) -> Iterator[str]:
    """All policies, or the one named."""
    organization = call.organization
    identity = call.get("Identity")
    if identity is None:
        policies = list(organization.policies.values())
    else:
        found = find_policy(organization, str(identity))
        if found is None:
            call.not_found(identity)
            return
        policies = [found]
    for policy in policies:
        guid = organization.dice.guid(NumberKind.POLICY, policy.number)
        yield _text(call, policy, guid, organization.started)


def _text(call: Call, policy: PolicyObject, guid: str, created: datetime) -> str:
    sizes = call.world.phones.beliefs.truncation_sizes
    return policy_text(policy, guid, created, mobile=call.mobile, sizes=sizes)


def find_policy(organization: Organization, identity: str) -> PolicyObject | None:
    """By GUID, name or DN."""
    number = organization.dice.number_of(NumberKind.POLICY, identity)
    wanted = identity.strip().lower().rsplit("\\", 1)[-1]
    for policy in list(organization.policies.values()):
        names = (policy.name.lower(), shown_policy_dn(policy.name).lower())
        if policy.number == number or wanted in names:
            return policy
    return None


def set_policy(call: Call) -> Iterator[str]:
    """Store what is named, keep the rest."""
    organization = call.organization
    with organization.lock:
        policy = find_policy(organization, call.parameters["Identity"])
        if policy is None:
            call.not_found(call.parameters["Identity"])
            return
        policy.values.update(_values(call))
        policy.name = call.get("Name") or policy.name
        policy.changed = datetime.now(UTC)
        _set_default(call, policy)
    yield from ()


def _set_default(call: Call, policy: PolicyObject) -> None:
    """Being made the default takes that from every other policy."""
    wanted = call.get("IsDefault") if call.get("IsDefault") is not None else call.get("IsDefaultPolicy")
    if wanted:
        for other in call.organization.policies.values():
            other.is_default = other is policy


def _values(call: Call) -> dict[str, PolicyValue]:
    known = value_parameters()
    values: dict[str, PolicyValue] = {}
    for given, value in call.parameters.items():
        name = NEW_NAMES.get(given, given)
        if name in known:
            values[name] = _stored(call, name, value)
            if value is None and is_list(known[name]):
                values[name] = []
    if values.get("RequireStorageCardEncryption") is True:
        # Documented; setting it back does not undo this (judged).
        values["DeviceEncryptionEnabled"] = True
    return values


def _stored(call: Call, name: str, value: Any) -> PolicyValue:
    """Truncation sizes are kept in bytes, whatever they were given in."""
    if value == UNLIMITED:
        return None
    bare = name in TRUNCATION_SIZES and isinstance(value, int) and not isinstance(value, SizeWithUnit)
    in_bytes = call.world.phones.beliefs.truncation_sizes is TruncationSizes.BYTES
    stored: PolicyValue = value * 1024 if bare and not in_bytes else value
    return stored


def new_policy(call: Call) -> Iterator[str]:
    """A policy with the documented defaults and what is named."""
    organization = call.organization
    name = call.parameters["Name"]
    with organization.lock:
        if find_policy(organization, name) is not None:
            text = f"The object '{name}' already exists in the directory. Choose another name."
            call.error(failures.task_error(call.cmdlet, _ALREADY_EXISTS, text))
            return
        number = max(organization.policies, default=0) + 1
        values = documented_values() | _values(call)
        policy = PolicyObject(number, name, is_default=False, values=values, changed=datetime.now(UTC))
        organization.policies[number] = policy
        _set_default(call, policy)
    guid = organization.dice.guid(NumberKind.POLICY, number)
    yield _text(call, policy, guid, policy.changed)


def remove_policy(call: Call) -> Iterator[str]:
    """Delete a policy; mailboxes that had it fall back to the default."""
    organization = call.organization
    with organization.lock:
        policy = find_policy(organization, call.parameters["Identity"])
        if policy is None:
            call.not_found(call.parameters["Identity"])
        else:
            del organization.policies[policy.number]
    yield from ()
