"""The roles that the registry gives to requesters, and what each may ask for.

`docs/requesters.md` shows the same table.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from exconn.contracts.request import RequestKind


class RequesterRole(StrEnum):
    """What a requester is there for."""

    VIEW = "view"
    HELP_DESK = "help-desk"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"


#: Only looks at Exchange, and what stops: neither can harm.
_LOOKS = frozenset({RequestKind.SWEEP_START, RequestKind.POLICY_PLAN})
_STOPS = frozenset({RequestKind.JOB_CANCEL, RequestKind.PAUSE})
_SINGLE_DEVICES = frozenset({RequestKind.WIPE, RequestKind.BLOCK, RequestKind.ALLOW})
_RUNNING = frozenset(
    {RequestKind.JOB_RETRY, RequestKind.POLICY_APPLY, RequestKind.PROBLEM_ACKNOWLEDGE, RequestKind.CONNECTOR_DISARM}
)
_CONSENT = frozenset({RequestKind.RELEASE, RequestKind.RESUME})

#: What each role may ask for. An approver consents and stops, and asks for nothing that would need consent.
MAY: Mapping[RequesterRole, frozenset[RequestKind]] = MappingProxyType(
    {
        RequesterRole.VIEW: _LOOKS,
        RequesterRole.HELP_DESK: _LOOKS | _STOPS | _SINGLE_DEVICES,
        RequesterRole.OPERATOR: _LOOKS | _STOPS | _SINGLE_DEVICES | _RUNNING,
        RequesterRole.APPROVER: _LOOKS | _STOPS | _CONSENT | {RequestKind.PROBLEM_ACKNOWLEDGE},
        RequesterRole.ADMIN: frozenset(RequestKind),
    }
)
