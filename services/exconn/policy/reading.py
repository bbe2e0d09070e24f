"""Reading the policy that is guarded: the organization's default mailbox policy."""

from datetime import timedelta

from exconn.connector import PolicyValue, group_parameters
from exconn.exchange import MailboxPolicy, Session


class NoDefaultPolicyError(Exception):
    """Exchange shows no default mailbox policy: an error, never a reason to create one."""

    def __init__(self) -> None:
        super().__init__(
            "Exchange shows no default mobile device mailbox policy: check the account's role and the policies"
        )


def default_policy(session: Session) -> MailboxPolicy:
    """The default mailbox policy. Raises NoDefaultPolicyError."""
    for policy in session.mailbox_policies():
        if policy.is_default:
            return policy
    raise NoDefaultPolicyError


def group_values(policy: MailboxPolicy, group: str) -> dict[str, PolicyValue | None]:
    """What the policy has for each parameter of a group; None where it is not set."""
    return {name: _known(policy.values.get(name)) for name in group_parameters(group)}


def _known(value: object) -> PolicyValue | None:
    if isinstance(value, bool | int | timedelta):
        return value
    return "Unlimited" if value == "Unlimited" else None
