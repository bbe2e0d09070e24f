"""Who does what is asked for: one handler for each kind of request."""

from collections.abc import Callable, Mapping

from exconn.contracts import ACTION_KINDS, KINDS
from exconn.contracts.request import RequestKind
from exconn.intake.context import Accepted, RequestContext
from exconn.intake.handlers import cancel_retry_release, connectors, devices, kill_switch, problems, runs

#: Does it, and says what was done. Raises Refused.
Handler = Callable[[RequestContext], Accepted]

#: They bring no new work in, so a full server is no reason to refuse them.
WHEN_FULL = frozenset(
    {
        RequestKind.CONNECTOR_DISARM,
        RequestKind.CONNECTOR_REMOVE,
        RequestKind.JOB_CANCEL,
        RequestKind.JOB_RETRY,
        RequestKind.RELEASE,
        RequestKind.PAUSE,
        RequestKind.RESUME,
        RequestKind.PROBLEM_ACKNOWLEDGE,
    }
)

HANDLERS: Mapping[RequestKind, Handler] = {
    RequestKind.CONNECTOR_APPLY: connectors.apply,
    RequestKind.CONNECTOR_ARM: connectors.arm,
    RequestKind.CONNECTOR_DISARM: connectors.disarm,
    RequestKind.CONNECTOR_REMOVE: connectors.remove,
    RequestKind.SWEEP_START: runs.start_sweep,
    RequestKind.POLICY_PLAN: runs.plan_policy,
    RequestKind.POLICY_APPLY: runs.apply_policy,
    RequestKind.JOB_CANCEL: cancel_retry_release.cancel,
    RequestKind.JOB_RETRY: cancel_retry_release.retry,
    RequestKind.RELEASE: cancel_retry_release.release,
    RequestKind.PAUSE: kill_switch.pause,
    RequestKind.RESUME: kill_switch.resume,
    RequestKind.PROBLEM_ACKNOWLEDGE: problems.acknowledge,
} | {request: devices.ask_for(kind) for kind in ACTION_KINDS if (request := KINDS[kind].request)}
