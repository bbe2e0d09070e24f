"""Issuing a wipe: find what was meant, begin, send. Safe to run again: it begins by reading Exchange."""

from collections.abc import Mapping
from dataclasses import replace

from exconn.actions.context import ActionContext
from exconn.actions.find_meant import find_meant
from exconn.actions.look import Look, class_of
from exconn.actions.send import begin, send
from exconn.actions.wipe.already_pending import is_already_pending
from exconn.actions.wipe.exchange_times import exchange_times
from exconn.actions.wipe.pre_image import PreImage
from exconn.contracts import ClientClass, HoldReason, Phase, erases
from exconn.doorbell import Decision, Defer, Hold


def issue(case: ActionContext) -> Decision:
    """Wipe the device, unless its partnership is not the one that was meant, no wipe from here reaches its client, or
    a wipe is pending already.

    The class that decides is the one of this look, whatever the device was shown to be when the wipe was asked for. At
    acceptance, intake foretells the hold of OutlookService by what was discovered (`intake/handlers/devices.py`).
    """
    look = find_meant(case)
    if not isinstance(look, Look):
        return look
    client = class_of(look.device)
    if client is ClientClass.OUTLOOK_SERVICE:
        return Hold(HoldReason.USE_INTUNE, data={"client": client})
    before = PreImage.before(case.session, look, unnamed=case.names_no_controller)
    told = {"client": client, "erases": erases(client)}
    if is_already_pending(case, client, look.statistics):
        found = before.model_dump(mode="json")
        case.notes.add(before=found)
        data = {"found": True, **told, **exchange_times(look.statistics.wipe)}
        return replace(issued(case, data=data), pre_image=found)
    begin(case, before.model_dump(mode="json"))
    unclear = send(case, lambda: _clear(case, look, before.domain_controller), before.domain_controller)
    return unclear or issued(case, data=told)


def _clear(case: ActionContext, look: Look, controller: str) -> None:
    case.session.clear_device(look.identity, domain_controller=controller or None)


def issued(case: ActionContext, *, data: Mapping[str, object]) -> Defer:
    """The wipe is in Exchange: look again soon. `found` in the data = somebody had asked for it already."""
    case.note_now("issued")
    told = {"read_back": False, "found": False, **data}
    return Defer(case.lookups.first, phase=Phase.ISSUED, number=case.numbers.issued, data=told)
