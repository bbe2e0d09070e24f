"""Reading the policy that is guarded: the organization's default mailbox policy. What cannot be read is an error."""

from collections.abc import Iterable
from typing import ClassVar

from exconn.connector import GROUPS, PolicyValue
from exconn.contracts import HoldReason, reason_text
from exconn.exchange import MailboxPolicy


class PolicyReadError(Exception):
    """What Exchange shows is nothing to compare with, or to write to; a person must look.

    `reason` and `data` are what the job is held with.
    """

    reason: ClassVar[HoldReason]

    def __init__(self, **data: object) -> None:
        self.data = data
        super().__init__(reason_text(self.reason, data))


class NoDefaultPolicyError(PolicyReadError):
    """Exchange shows no default mailbox policy: an error, never a reason to create one."""

    reason = HoldReason.NO_DEFAULT_POLICY


class SeveralDefaultPoliciesError(PolicyReadError):
    """More than one policy says that it is the default: which one phones get is not known."""

    reason = HoldReason.SEVERAL_DEFAULT_POLICIES

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(count=count)


class EmptyGroupError(PolicyReadError):
    """The policy shows no value at all of a group: that is a failed reading, not an empty policy."""

    reason = HoldReason.EMPTY_GROUP

    def __init__(self, group: str) -> None:
        self.group = group
        super().__init__(group=group)


def default_policy(policies: Iterable[MailboxPolicy]) -> MailboxPolicy:
    """The default one. Raises NoDefaultPolicyError, SeveralDefaultPoliciesError."""
    found = [policy for policy in policies if policy.is_default]
    if not found:
        raise NoDefaultPolicyError
    if len(found) > 1:
        raise SeveralDefaultPoliciesError(len(found))
    return found[0]


def group_values(policy: MailboxPolicy, group: str) -> dict[str, PolicyValue | None]:
    """What the policy has for each parameter of a group; None where it is not set, or not shown.

    Raises EmptyGroupError for a group that is guarded as a whole.
    """
    table = GROUPS[group]
    values = {row.parameter: row.known(policy.values.get(row.parameter)) for row in table.rows}
    if table.guards_all and all(value is None for value in values.values()):
        raise EmptyGroupError(group)
    return values


def values_of(policy: MailboxPolicy, groups: Iterable[str]) -> dict[str, PolicyValue | None]:
    """The same for several groups. Raises EmptyGroupError."""
    values: dict[str, PolicyValue | None] = {}
    for group in groups:
        values |= group_values(policy, group)
    return values
