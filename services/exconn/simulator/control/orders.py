"""What the control port answers to a method and a path, apart from HTTP."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from difflib import get_close_matches
from itertools import islice
from typing import Any

from exconn.simulator.control.accounts import AccountOrders
from exconn.simulator.control.counters import Counters
from exconn.simulator.control.mailboxes import MailboxOrders
from exconn.simulator.control.oracle import Oracle
from exconn.simulator.control.rights import RightsOrders
from exconn.simulator.errors import BadRequest
from exconn.simulator.faults.faults import KINDS, Faults, UnknownFault
from exconn.simulator.organization.accounts import SimulatedAccounts
from exconn.simulator.organization.audit import Wanted
from exconn.simulator.organization.organization import Organization
from exconn.simulator.organization.world import Stage
from exconn.simulator.phones.admission import access_of
from exconn.simulator.phones.enrolment import Enrolment, enrol
from exconn.simulator.phones.handsets import MODELS, model_named
from exconn.simulator.protocol.shell import ShellTable
from exconn.simulator.shapes.statistics import Contact

Query = dict[str, str]
Body = dict[str, Any]
Route = Callable[[list[str], Query, Body], dict[str, Any]]

_DEFAULT_LIMIT = 100
#: Devices of which the names are compared when somebody is not found.
_SUGGESTED_AMONG = 500


class ControlApi:
    """Looks and orders, by method and path."""

    def __init__(
        self,
        *,
        stage: Stage,
        oracle: Oracle,
        counters: Counters,
        faults: Faults,
        shells: ShellTable,
        accounts: SimulatedAccounts,
        further: Iterable[Mapping[tuple[str, str], Route]] = (),
    ) -> None:
        self._stage = stage
        self._oracle = oracle
        self._counters = counters
        self._faults = faults
        self._shells = shells
        self._rights = RightsOrders(accounts)
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", "health"): self._health,
            ("GET", "organization"): self._organization,
            ("GET", "devices"): self._devices,
            ("GET", "oracle"): self._executed,
            ("GET", "counters"): self._counts,
            ("GET", "audit"): self._audited,
            ("GET", "faults"): self._open_faults,
            ("POST", "faults"): self._order_fault,
            ("DELETE", "faults"): self._cancel_faults,
            ("POST", "phones"): self._phones,
            ("POST", "reset"): self._reset,
            ("GET", "roles"): self._rights.show,
            ("POST", "roles"): self._rights.change,
            ("DELETE", "roles"): self._rights.restore,
            **MailboxOrders(stage).routes,
            ("POST", "accounts"): AccountOrders(accounts).change,
            **{route: answer for routes in further for route, answer in routes.items()},
        }

    def answer(self, method: str, path: list[str], query: Query, body: Body) -> dict[str, Any]:
        """The answer; BadRequest says what is wrong."""
        route = self._routes.get((method, path[0] if path else ""))
        if route is None:
            known = ", ".join(f"{m} /{p}" for m, p in self._routes)
            raise BadRequest(f"no such address: {method} /{'/'.join(path)}", f"use one of {known}", status=404)
        return route(path[1:], query, body)

    @property
    def _present(self) -> Organization:
        return self._stage.world.organization

    def _health(self, _path: list[str], _query: Query, _body: Body) -> dict[str, Any]:
        return {"status": "ok", "devices": self._present.device_count}

    def _organization(self, _path: list[str], _query: Query, _body: Body) -> dict[str, Any]:
        organization = self._present
        return {
            "devices": organization.device_count,
            "partnerships": organization.partnership_count,
            "owners": organization.owners,
            "seed": organization.seed,
            "estate": organization.estate.name.value,
            "domains": [domain.name for domain in organization.estate.forest.domains],
            "policies": [p.name for p in organization.policies.values()],
            "servers": [s.fqdn for s in self._stage.world.servers],
            "default_access_level": organization.settings.default_access_level,
        }

    # Devices

    def _devices(self, path: list[str], query: Query, _body: Body) -> dict[str, Any]:
        if path:
            return self._device(self._numbers_of(path[0])[0])
        limit = _whole(query, "limit", _DEFAULT_LIMIT)
        numbers = self._numbers_of(query["user"]) if "user" in query else self._present.numbers()
        return {"devices": [self._device(n) for n in islice(numbers, limit)]}

    def _device(self, number: int) -> dict[str, Any]:
        organization, phones = self._present, self._stage.world.phones
        device, change = organization.device(number), organization.change_of(number)
        access = access_of(self._stage.world, device)
        last = phones.last_contact(number)
        contact = Contact(last, change.wipe, change.account_only, access, "", change.wiped)
        return {
            "guid": device.guid,
            "user": device.owner.alias,
            "device_type": device.model.type,
            "device_id": device.device_id,
            "directory_shows_id": device.shows_id,
            "model": device.model.model,
            "user_agent": device.model.user_agent,
            "client_type": device.model.client_type,
            "client_version": device.model.client_version,
            "owner_kind": organization.mailbox(device.owner.number).kind.value,
            "domain": device.owner.domain.name,
            "identity": device.identity,
            "distinguished_name": device.dn,
            "state": access.state,
            "state_reason": access.reason,
            "status": contact.status,
            "online": phones.is_online(number),
            "refuses_wipe": change.refuses_wipe,
            "erased": change.wiped,
            "wipe_failed": change.wipe_failed and change.wipe_failed.isoformat(),
            "enforces_policy": device.enforces,
            "wipe": _wipe(change.wipe),
            "account_only_wipe": _wipe(change.account_only),
            "first_sync": device.first_sync.isoformat(),
            "last_sync": last.isoformat(),
            "created": device.created.isoformat(),
            "enrolments": change.enrolments,
        }

    def _numbers_of(self, who: str) -> list[int]:
        """The phones of a user, or the one with that GUID."""
        organization = self._present
        number = organization.find_device(who)
        if number is not None:
            return [number]
        owner = organization.find_owner(who)
        numbers = [] if owner is None else organization.devices_of(owner)
        if not numbers:
            near = ", ".join(self._names_near(who)) or "see GET /devices"
            raise BadRequest(f"no phone of {who!r}", f"near names: {near}", status=404)
        return numbers

    def _names_near(self, who: str) -> list[str]:
        numbers = islice(self._present.numbers(), _SUGGESTED_AMONG)
        names = {self._present.device(n).owner.alias for n in numbers}
        return get_close_matches(who.lower(), sorted(names), n=5, cutoff=0.4)

    # Oracle and counters

    def _executed(self, _path: list[str], query: Query, _body: Body) -> dict[str, Any]:
        since = _whole(query, "since", 0)
        if "event" in query:
            return {"entries": self._oracle.events(query["event"], query.get("guid"), since)}
        return {"entries": self._oracle.entries(query.get("cmdlet", "*"), query.get("guid"), since)}

    def _counts(self, _path: list[str], _query: Query, _body: Body) -> dict[str, Any]:
        shells = self._shells.all()
        return {
            **self._counters.snapshot(),
            "open_shells": len(shells),
            "open_commands": sum(s.open_commands for s in shells),
        }

    def _audited(self, _path: list[str], query: Query, _body: Body) -> dict[str, Any]:
        wanted = Wanted(cmdlets=[query["cmdlet"]] if "cmdlet" in query else ())
        found = self._stage.audit.search(wanted, size=_whole(query, "limit", _DEFAULT_LIMIT))
        return {"entries": [asdict(entry) for entry in found]}

    # Faults

    def _open_faults(self, _path: list[str], _query: Query, _body: Body) -> dict[str, Any]:
        return {"faults": self._faults.open()}

    def _order_fault(self, _path: list[str], _query: Query, body: Body) -> dict[str, Any]:
        try:
            return {"id": self._faults.order(body).id}
        except UnknownFault as exc:
            fields = "kind, cmdlet, times, after, seconds, probability"
            raise BadRequest(str(exc), f"fields: {fields}; kinds: {', '.join(KINDS)}") from exc

    def _cancel_faults(self, path: list[str], _query: Query, _body: Body) -> dict[str, Any]:
        wanted = int(path[0]) if path and path[0].isdigit() else None
        if path and (wanted is None or not self._faults.cancel(wanted)):
            raise BadRequest(f"no fault {path[0]!r}", "see GET /faults", status=404)
        if not path:
            self._faults.cancel()
        return {"status": "ok"}

    # Phones

    def _phones(self, path: list[str], _query: Query, body: Body) -> dict[str, Any]:
        if not path:
            return self._new_phone(body)
        if path == ["speed"]:
            self._stage.world.phones.set_sync(timedelta(seconds=_seconds(body)))
            return {"sync_seconds": _seconds(body)}
        if len(path) != len(("who", "what")):
            raise BadRequest(
                "what shall the phone do?",
                "POST /phones/<user or guid>/sync|offline|online|enrol|refuse_wipe|take_wipe|lose_acknowledgement|"
                "obey_policy|ignore_policy",
            )
        numbers = [self._move(n, path[1], body) for n in self._numbers_of(path[0])]
        return {"devices": [self._device(n) for n in numbers]}

    def _move(self, number: int, what: str, body: Body) -> int:
        phones = self._stage.world.phones
        moves: dict[str, Callable[[int], None]] = {
            "sync": phones.contact,
            "offline": phones.go_offline,
            "online": phones.go_online,
            "refuse_wipe": phones.refuse_wipe,
            "take_wipe": lambda n: phones.refuse_wipe(n, refuses=False),
            "lose_acknowledgement": phones.lose_acknowledgement,
            "obey_policy": lambda n: phones.set_enforcing(n, able=True),
            "ignore_policy": lambda n: phones.set_enforcing(n, able=False),
        }
        if what == "enrol":
            forms = [form.value for form in Enrolment]
            if body.get("form") not in forms:
                raise BadRequest(f"unknown form {body.get('form')!r}", f'send {{"form": …}}, one of {", ".join(forms)}')
            return enrol(phones, number, Enrolment(body["form"]))
        if what not in moves:
            raise BadRequest(f"a phone can't {what}", f"one of {', '.join((*moves, 'enrol'))}", status=404)
        moves[what](number)
        return number

    def _new_phone(self, body: Body) -> dict[str, Any]:
        owner = self._present.find_owner(str(body.get("user", "")))
        if owner is None:
            near = ", ".join(self._names_near(str(body.get("user", "")))) or "see GET /devices"
            raise BadRequest(f"no user {body.get('user')!r}", f"near names: {near}", status=404)
        model = None
        if "device_type" in body:
            wanted = [str(body.get(name, "")) for name in ("device_type", "client_type", "model")]
            if (model := model_named(*wanted)) is None:
                known = ", ".join(dict.fromkeys(f"{m.type} ({m.client_type}, {m.model})" for m in MODELS))
                raise BadRequest(f"no phone is a {' '.join(filter(None, wanted))!r}", f"one of {known}")
        return self._device(self._stage.world.phones.add(owner, model))

    def _reset(self, _path: list[str], _query: Query, body: Body) -> dict[str, Any]:
        devices, seed = body.get("devices", self._present.device_count), body.get("seed", self._present.seed)
        if not isinstance(devices, int) or not isinstance(seed, int) or not 0 <= devices <= 1_000_000:
            raise BadRequest("devices and seed must be whole numbers", "devices from 0 to 1000000")
        self._stage.reset(devices, seed)
        return self._organization([], {}, {})


def _whole(query: Query, name: str, otherwise: int) -> int:
    text = query.get(name, str(otherwise))
    if not text.isdigit():
        raise BadRequest(f"{name} must be a whole number, not {text!r}", f"for example {name}={otherwise}")
    return int(text)


def _seconds(body: Body) -> float:
    seconds = body.get("sync_seconds")
    if not isinstance(seconds, int | float) or not 0.05 <= seconds <= 86_400:
        raise BadRequest("sync_seconds must be a number from 0.05 to 86400", 'send {"sync_seconds": 8}')
    return float(seconds)


def _wipe(wipe: Any) -> dict[str, Any]:
    return {
        "requested": wipe.requested and wipe.requested.isoformat(),
        "sent": wipe.sent and wipe.sent.isoformat(),
        "acknowledged": wipe.acknowledged and wipe.acknowledged.isoformat(),
        "requestor": wipe.requestor,
    }
