"""A company that is attacked: every service as a process with its own user, and its people with their keys.

Its definition is tighter than the bounds in its registry: of one requester LIMIT wipes an hour begin, of all BREAKER.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import redis

from exconn.connector import ConnectorStore, PendingChange, PendingChanges
from exconn.contracts import Answer, Request
from exconn.contracts.request import Audience, RequestKind, Target
from exconn.contracts.seen import seen_of_shown
from exconn.coordinator.load_functions import libraries
from exconn.keyspace import connect, keys, load
from exconn.ledger import Job, Ledger, State
from exconn.signing import SigningKey, make_service_key, new_signing_key, registry_text, sign
from tests.faults.attack.defences import DEFENCES, Defence
from tests.faults.attack.outcome import Outcome
from tests.support.exchange.shown_devices import shown
from tests.support.fault_runs.evidence import clears
from tests.support.machine.processes import comes_true
from tests.support.requests.signed import DEPLOYMENT
from tests.support.system.cluster import Cluster
from tests.support.system.server_users import ServerUsers

CONNECTOR = "company"
#: Whose key is stolen, and who is there beside.
THIEF, BOSS = "anna", "boss"
DEVICES = 60
#: Wipes that begin in an hour: of one requester, and of all.
LIMIT, BREAKER = 3, 4
A_MINUTE = timedelta(minutes=1)
#: What was to be held, and goes out all the same, is in Exchange by then: absence needs time, not a condition.
LATE_WIPES_WITHIN = timedelta(seconds=5)
SET_UP_WITHIN = timedelta(minutes=2)
#: What stands in the definition, so that it can be written with other limits.
LIMITS = {"short": BREAKER, "long": 2 * BREAKER, "per_hour": LIMIT, "per_day": 2 * LIMIT}
#: What the registry lets a definition have at most.
WIDEST = {"short": 10, "long": 50, "per_hour": 50, "per_day": 200}

_BOUNDS = "[bounds.erase]\nfleet_percent = 100.0\n[bounds.quota]\nper_hour = 50\nper_day = 200\n"
_DEFINITION = """\
name = {name}
[exchange]
url = {url}
auth = "basic"
ca_file = {ca_file}
{accounts}
[discovery]
full_every_hours = 168
[limits.erase]
short = {{ count = {short}, within = "20m" }}
long = {{ count = {long}, within = "1d" }}
fleet_percent = 100.0
[limits.quota]
per_hour = {per_hour}
per_day = {per_day}
[lookups]
first = "1s"
longest_pause = "2s"
deadline = "1h"
"""


class Company:
    """Installed, discovered, armed and running between `start` and `stop`."""

    def __init__(self, folder: Path, *, without: str = "", settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._without = without
        self._defence = DEFENCES[without] if without else Defence(title="")
        self._settings = dict(settings or {}) | dict(self._defence.settings)
        launcher = ("tests.faults.attack.without", without) if without else ()
        self.cluster = Cluster(folder, launcher=launcher)
        self.keys: dict[str, SigningKey] = {name: new_signing_key() for name in (THIEF, BOSS)}
        self._users = ServerUsers(folder / "access")
        self._over = ExitStack()
        self._phones: list[str] = []
        self._problems_before: set[tuple[str, ...]] = set()

    # -- the company ------------------------------------------------------------------------------------------------

    def start(self, seed: int = 7) -> None:
        """Servers, services, people; then the connector, as they would bring it into service."""
        self.cluster.start(devices=DEVICES, seed=seed, phone_sync="0.5s", durable=True)
        self.simulator = self.cluster.simulator
        self.client: redis.Redis = self.cluster.client
        self.ledger = Ledger(self.client)
        self.store = ConnectorStore(self.client)
        self._users.make({"broker": self.cluster.broker, "ledger": self.cluster.valkey}, self._defence.grants)
        self._load_functions()
        self._start_services()
        self._bring_into_service()
        self._phones = self._untouched()
        self.settle_monitor()
        self._problems_before = set(self._problems())

    def stop(self) -> None:
        """End all of it."""
        self._over.close()
        self.cluster.stop()

    def at_end(self, close: Callable[[], None]) -> None:
        """Have something ended with the company."""
        self._over.callback(close)

    def client_of(self, user: str, server: str = "ledger") -> redis.Redis:
        """What a fallen service can do on a server: a client with its user."""
        client = connect(self._users.url(user, server))
        self.at_end(client.close)
        return client

    def definition(
        self,
        *,
        name: str = CONNECTOR,
        url: str = "",
        ca_file: Path | None = None,
        accounts: str = "",
        limits: Mapping[str, int] = LIMITS,
    ) -> str:
        """The text of the company's definition, or of one that differs."""
        return _DEFINITION.format(
            name=json.dumps(name),
            url=json.dumps(url or self.simulator.url),
            ca_file=json.dumps(str(ca_file or self.simulator.ca_file)),
            accounts=accounts or self.simulator.account_tables(),
            **limits,
        )

    def write_registry(self, *, revision: int) -> None:
        """All whose keys there are, as administrators: what somebody does who can write that file."""
        public = {name: key.public_text for name, key in self.keys.items()}
        text = registry_text(public, deployment=DEPLOYMENT, revision=revision, bounds=_BOUNDS)
        (self.folder / "requesters.toml").write_text(text, encoding="utf-8")

    # -- what people do ---------------------------------------------------------------------------------------------

    def ask(
        self,
        who: str,
        kind: RequestKind,
        target: Target | None = None,
        *,
        connector: str = CONNECTOR,
        sees: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request that is signed with the key of that person, who sees what is so, or something else."""
        now = datetime.now(UTC)
        state = self.store.find(connector)
        acts = target is not None and target.device is not None
        request = Request(
            kind=kind,
            audience=Audience(deployment=DEPLOYMENT, organization=state.organization if acts and state else None),
            connector=connector,
            target=target or Target(),
            reason="attack",
            requester=who,
            nonce=secrets.token_urlsafe(18),
            present_by=now + timedelta(minutes=10),
            valid_until=now + timedelta(hours=1),
        )
        if request.target.device is not None:
            seen = seen_of_shown(request.nonce, sees or shown(self.simulator, request.target.device))
            request = request.model_copy(update={"target": request.target.model_copy(update={"seen": seen})})
        return self.send(sign(request, self.keys[who]).model_dump_json())

    def send(self, envelope: str) -> Answer:
        """Send what somebody signed."""
        reply = httpx2.post(f"{self.intake_url}/v1/requests", content=envelope, timeout=30, trust_env=False)
        return Answer.model_validate_json(reply.content)

    def wipe(self, who: str, guid: str, *, connector: str = CONNECTOR) -> Answer:
        """Ask for a wipe."""
        return self.ask(who, RequestKind.WIPE, Target(device=guid), connector=connector)

    def wipe_all(self, who: str, guids: Iterable[str], *, connector: str = CONNECTOR) -> list[str]:
        """Ask for many; the jobs of those that were accepted."""
        answers = [self.wipe(who, guid, connector=connector) for guid in guids]
        return [answer.job for answer in answers if answer.status == "accepted" and answer.job]

    def apply(self, who: str, definition: str, *, connector: str = CONNECTOR) -> Answer:
        """Ask for a definition to be taken into service."""
        return self.ask(who, RequestKind.CONNECTOR_APPLY, Target(definition=definition), connector=connector)

    def release_change(self, who: str, answer: Answer, *, connector: str = CONNECTOR) -> Answer | None:
        """Release the change that waits since that answer, as it is shown; None where none waits."""
        name = (answer.details or {}).get("change")
        for change in self.changes():
            if change.id == name:
                target = Target(jobs=(change.id,), digest=change.shown)
                return self.ask(who, RequestKind.RELEASE, target, connector=connector)
        return None

    def changes(self) -> list[PendingChange]:
        """The changes that are pending."""
        return PendingChanges(self.client).all()

    def phones(self, number: int) -> list[str]:
        """So many phones that nobody has taken yet."""
        taken, self._phones = self._phones[:number], self._phones[number:]
        if len(taken) < number:
            raise RuntimeError(f"only {len(taken)} of {number} phones: simulate more devices")
        return taken

    # -- what came of it --------------------------------------------------------------------------------------------

    def job(self, job_id: str) -> Job | None:
        """A job as the ledger has it."""
        return self.ledger.job(job_id)

    def wait_until_they_rest(self, jobs: Sequence[str], within: timedelta = A_MINUTE) -> bool:
        """Until each of the jobs is sent, held, paused, ended or gone; whether they are."""
        return bool(comes_true(lambda: all(self._rests(job_id) for job_id in jobs), within))

    def wait_until_they_end(self, jobs: Sequence[str], within: timedelta = A_MINUTE) -> bool:
        """Until each of the jobs has ended or is gone; whether they have."""

        def ended() -> bool:
            found = [self.job(job_id) for job_id in jobs]
            return all(job is None or job.state is State.SETTLED for job in found)

        return bool(comes_true(ended, within))

    def _rests(self, job_id: str) -> bool:
        job = self.job(job_id)
        if job is None or job.state in (State.HELD, State.SETTLED):
            return True
        return job.wait == "switch" or job.phase not in ("accepted", "issuing")

    def wiped(self) -> list[str]:
        """The partnerships that Exchange was told to wipe, by its own log."""
        entries = self.simulator.oracle(cmdlet="Clear-*")
        return sorted({clear.guid for clear in clears(entries) if not clear.cancel})

    def outcome(
        self, *, allowed: int = LIMIT, secrets_out: int = 0, lost: int = 0, alarms: Sequence[str] = ()
    ) -> Outcome:
        """Count. With `alarms` one of these is waited for, a minute at most."""
        comes_true(lambda: len(self.wiped()) > allowed, LATE_WIPES_WITHIN)
        self.settle_monitor()
        comes_true(lambda: not alarms or set(alarms) & set(self.named()), A_MINUTE)
        beyond = max(0, len(self.wiped()) - allowed)
        return Outcome(wiped_beyond=beyond, secrets_out=secrets_out, lost=lost, named=self.named())

    def named(self) -> tuple[str, ...]:
        """The problems that came up since the attack began."""
        return tuple(sorted({problem[0] for problem in set(self._problems()) - self._problems_before}))

    def monitor_shows(self, path: str, **query: str | int) -> dict[str, Any]:
        """An answer of the monitor; empty when it has none."""
        return self._monitor(path, **query)

    def settle_monitor(self) -> None:
        """Wait until the monitor shows what the ledger had said by now; a fallen service may keep it from that."""
        last = int(self.client.get(keys.SEQUENCE) or 0)
        comes_true(lambda: self._monitor("/v1/messages", after=last - 1, limit=1).get("messages"), A_MINUTE)

    def _problems(self) -> list[tuple[str, ...]]:
        named = ("code", "connector", "service", "account", "kind", "reason", "finding")
        found = self._monitor("/v1/problems").get("problems", [])
        return [tuple(str(problem[name]) for name in named) for problem in found]

    def _monitor(self, path: str, **query: str | int) -> dict[str, Any]:
        try:
            reply = httpx2.get(self.cluster.monitor_url + path, params=query or None, timeout=10, trust_env=False)
        except httpx2.TransportError:
            return {}
        return dict(reply.json()) if reply.status_code == httpx2.codes.OK else {}

    # -- setting up -------------------------------------------------------------------------------------------------

    def _load_functions(self) -> None:
        self._defence.take_out()
        for library in libraries():
            load(self.client, library)

    def _start_services(self) -> None:
        folder = self.folder
        self.write_registry(revision=1)
        for service in ("intake", "actions"):
            make_service_key(folder / f"{service}.pem", folder / f"{service}.pub")
        to_exchange = {
            "EXCONN_EXCHANGE_HOSTS": "127.0.0.1,localhost",
            "EXCONN_EXCHANGE_SIGN_INS": "basic",
            "EXCONN_SECRETS_DIR": str(self.simulator.state_dir),
        }
        known = {"EXCONN_REQUESTERS_FILE": str(folder / "requesters.toml")}
        own: dict[str, dict[str, str]] = {
            "monitor": {"EXCONN_ACTIONS_PUBLIC_KEY_FILE": str(folder / "actions.pub")},
            "coordinator": {},
            "discovery": to_exchange,
            "policy": to_exchange,
            "actions": {
                "EXCONN_ACTIONS_KEY_FILE": str(folder / "actions.pem"),
                "EXCONN_INTAKE_PUBLIC_KEY_FILE": str(folder / "intake.pub"),
                "EXCONN_WORKER_CONCURRENCY": "2",
            }
            | to_exchange,
        }
        for service, variables in own.items():
            self.cluster.start_service(service, **self._urls(service) | known | variables | self._settings)
        key = {"EXCONN_INTAKE_KEY_FILE": str(folder / "intake.pem")}
        self.intake_url = self.cluster.start_intake("intake", **self._urls("intake") | known | key | self._settings)

    def _urls(self, service: str) -> dict[str, str]:
        urls = {"EXCONN_LEDGER_URL": self._users.url(service, "ledger")}
        if service != "monitor":
            urls["EXCONN_BROKER_URL"] = self._users.url(service, "broker")
        return urls

    def _bring_into_service(self) -> None:
        self.cluster.wait(self._intake_answers, "an answer of intake", SET_UP_WITHIN)
        self.accepted(self.apply(BOSS, self.definition()))
        self.bring_into_service(CONNECTOR)

    def bring_into_service(self, connector: str, *, by: str = BOSS) -> None:
        """What follows a definition: installation, discovery, arming, and the kill switch off."""
        self.cluster.wait(lambda: self.store.get(connector).state == "installed", "the installation", SET_UP_WITHIN)
        self.cluster.wait(lambda: self._swept(connector), "the first discovery", SET_UP_WITHIN)
        self.accepted(self.ask(by, RequestKind.CONNECTOR_ARM, Target(feature="actions"), connector=connector))
        self.cluster.wait(lambda: "actions" in self.store.get(connector).armed, "the arming", SET_UP_WITHIN)
        self.accepted(self.ask(by, RequestKind.RESUME, connector=connector))

    def _swept(self, connector: str) -> bool:
        return bool(self.client.get(keys.fleet(connector))) and not self.ledger.unsettled(connector)

    def _intake_answers(self) -> bool:
        try:
            return httpx2.get(f"{self.intake_url}/health", timeout=5, trust_env=False).status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    @staticmethod
    def accepted(answer: Answer) -> Answer:
        """The answer; an error unless it was accepted."""
        if answer.status != "accepted":
            raise RuntimeError(f"the company does not come about: {answer.error}, {answer.text}; {answer.remedy}")
        return answer

    def _untouched(self) -> list[str]:
        return [
            str(device["guid"])
            for device in self.simulator.devices(limit=1000)
            if device["online"]
            and not str(device["device_type"]).startswith("Outlook")
            and not device["wipe"]["requested"]
        ]
