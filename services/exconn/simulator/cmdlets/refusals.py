"""Cmdlets that are not run, because the estate or an order says so: what is said instead."""

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.faults.faults import Faults


def is_refused(call: Call, faults: Faults) -> bool:
    """Whether a fault that was ordered has nothing done; the call has reported it then."""
    if faults.strike("error", call.cmdlet):
        call.error(failures.ordered_error(call.cmdlet))
    elif (fault := faults.strike("transient", call.cmdlet)) is not None:
        call.error(failures.transient_error(call.cmdlet, fault.struck, fault.order.type))
    elif faults.strike("proxy_failed", call.cmdlet):
        call.error(failures.proxy_failed(call.cmdlet))
    elif faults.strike("says_ok", call.cmdlet):
        # Nobody hears of it.
        call.failed = True
    elif faults.strike("not_found", call.cmdlet):
        call.not_found(call.get("Identity") or call.get("Mailbox"))
    elif call.get("DomainController") and faults.strike("referral", call.cmdlet):
        call.error(failures.referral(call.cmdlet, call.domain_controller))
    else:
        return False
    return True
