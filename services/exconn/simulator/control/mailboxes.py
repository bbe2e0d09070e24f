"""What the control port does to mailboxes, and to partnerships as a whole."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from exconn.simulator.cmdlets.mailboxes import describe
from exconn.simulator.errors import BadRequest
from exconn.simulator.organization import administration
from exconn.simulator.organization.directory import OwnerKind
from exconn.simulator.organization.organization import Organization
from exconn.simulator.organization.world import Stage, World

Query = dict[str, str]
Body = dict[str, Any]
_MOST_HEALTH_MAILBOXES = 100


class MailboxOrders:
    """Looks and orders about mailboxes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.routes: dict[tuple[str, str], Callable[[list[str], Query, Body], dict[str, Any]]] = {
            ("GET", "mailboxes"): self._mailbox,
            ("POST", "mailboxes"): self._change,
            ("POST", "monitoring"): self._monitoring,
            ("POST", "cleanup"): self._clean_up,
        }
        self._orders: dict[str, Callable[[World, int, Body], dict[str, Any] | None]] = {
            "kind": _set_kind,
            "upgrade": lambda world, owner, _body: administration.upgrade(world, owner),
            "move": _move,
            "flag": _set_flag,
            "leave": _leave,
        }

    def _mailbox(self, path: list[str], _query: Query, _body: Body) -> dict[str, Any]:
        return _shown(self._stage.world.organization, self._owner(path))

    def _change(self, path: list[str], _query: Query, body: Body) -> dict[str, Any]:
        if path[1:] == ["arrive"]:
            return self._arrive(path[0])
        order = self._orders.get(path[1] if len(path) > 1 else "")
        if order is None:
            raise BadRequest(
                "what shall happen to the mailbox?",
                f"POST /mailboxes/<user>/{'|'.join((*self._orders, 'arrive'))}",
                status=404,
            )
        world, owner = self._stage.world, self._owner(path)
        return order(world, owner, body) or _shown(world.organization, owner)

    def _owner(self, path: list[str]) -> int:
        owner = self._stage.world.organization.find_owner(path[0]) if path else None
        if owner is None:
            raise BadRequest(f"no mailbox {'/'.join(path[:1])!r}", "the user of a device: see GET /devices", status=404)
        return owner

    def _arrive(self, user: str) -> dict[str, Any]:
        world = self._stage.world
        owner = world.organization.find_absent_owner(user)
        if owner is None:
            raise BadRequest(f"{user!r} has not left", "first POST /mailboxes/<user>/leave", status=404)
        return {"guids": _guids(world, administration.arrive(world, owner))} | _shown(world.organization, owner)

    def _monitoring(self, _path: list[str], _query: Query, body: Body) -> dict[str, Any]:
        count = body.get("mailboxes", 1)
        if not isinstance(count, int) or not 1 <= count <= _MOST_HEALTH_MAILBOXES:
            raise BadRequest("mailboxes must be a whole number", f"from 1 to {_MOST_HEALTH_MAILBOXES}")
        world = self._stage.world
        return {"guids": _guids(world, [world.organization.add_probe() for _ in range(count)])}

    def _clean_up(self, _path: list[str], _query: Query, body: Body) -> dict[str, Any]:
        days = body.get("idle_days")
        if not isinstance(days, int | float) or not 0 < days <= 10_000:
            raise BadRequest("idle_days must be a number above 0", 'send {"idle_days": 30}')
        world = self._stage.world
        return {"guids": _guids(world, administration.clean_up(world, timedelta(days=days)))}


def _set_kind(world: World, owner: int, body: Body) -> None:
    kinds = [kind.value for kind in OwnerKind]
    if body.get("kind") not in kinds:
        raise BadRequest(f"unknown kind {body.get('kind')!r}", f"one of {', '.join(kinds)}")
    administration.set_kind(world, owner, OwnerKind(body["kind"]))


def _set_flag(world: World, owner: int, body: Body) -> None:
    flag = body.get("has_partnership", "")
    if flag is not None and not isinstance(flag, bool):
        raise BadRequest("has_partnership must be true, false or null", 'send {"has_partnership": false}')
    administration.set_partnership_flag(world, owner, flag)


def _move(world: World, owner: int, body: Body) -> None:
    if not isinstance(body.get("database"), str) or not body["database"]:
        raise BadRequest("which database?", 'send {"database": "Mailbox Database 02"}')
    administration.move(world, owner, body["database"])


def _leave(world: World, owner: int, _body: Body) -> dict[str, Any]:
    return {"guids": _guids(world, administration.leave(world, owner))}


def _guids(world: World, numbers: list[int]) -> list[str]:
    return [world.organization.guid(n) for n in numbers]


def _shown(organization: Organization, owner: int) -> dict[str, Any]:
    described = describe(organization, owner)
    mailbox = organization.mailbox(owner)
    return {
        "user": described.person.alias,
        "guid": described.guid,
        "address": described.person.address,
        "mailbox_guid": described.mailbox_guid,
        "distinguished_name": described.person.dn,
        "kind": described.kind.value,
        "database": described.database,
        "active_sync": described.active_sync,
        "lets_in": mailbox.lets_in,
        "policy": described.policy_name,
        "allowed": described.allowed,
        "blocked": described.blocked,
    }
