"""Where the company works: two servers with users, a simulated Exchange, and every service as a process of its own."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import redis

from exconn.connector import ConnectorStore
from exconn.coordinator.load_functions import libraries
from exconn.keyspace import load
from exconn.ledger import Ledger
from exconn.signing import SigningKey, make_service_key, new_signing_key, registry_text
from tests.faults.attack.defence import Defence
from tests.faults.attack.defences import DEFENCES
from tests.faults.attack.setting import BOSS, BOUNDS, CONNECTOR, DEVICES, LIMITS, THIEF, limits_text
from tests.support.fault_runs.definition_text import definition_text
from tests.support.requests.signed import DEPLOYMENT
from tests.support.system.cluster import Cluster
from tests.support.system.server_users import ServerUsers


class Premises:
    """All processes, without a connector yet; where a defence is missing, all of them lack it, and this one has to."""

    def __init__(self, folder: Path, *, without: str = "", settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._defence = DEFENCES[without] if without else Defence(title="")
        self._settings = dict(settings or {}) | dict(self._defence.settings)
        launcher = ("tests.faults.attack.without", without) if without else ()
        self.cluster = Cluster(folder, launcher=launcher)
        self.keys: dict[str, SigningKey] = {name: new_signing_key() for name in (THIEF, BOSS)}
        self._users = ServerUsers(folder / "access")
        self._over = ExitStack()

    def open(self, seed: int) -> None:
        """Start the servers, then the services."""
        self.cluster.start(devices=DEVICES, seed=seed, phone_sync="0.5s", durable=True)
        self.simulator = self.cluster.simulator
        self.client: redis.Redis = self.cluster.client
        self.ledger = Ledger(self.client)
        self.store = ConnectorStore(self.client)
        servers = {"broker": self.cluster.broker, "ledger": self.cluster.valkey}
        self._users.make(servers, also=self._defence.grants, without=self._defence.no_grants)
        self._load_functions()
        self._start_services()

    def stop(self) -> None:
        """End all of it."""
        self._over.close()
        self.cluster.stop()

    def at_end(self, close: Callable[[], None]) -> None:
        """Have something ended with the company."""
        self._over.callback(close)

    def client_of(self, user: str, server: str = "ledger") -> redis.Redis:
        """What a fallen service can do on a server: a client with its user."""
        # As `redis-cli` connects: our services name their connections, which not every user may.
        client: redis.Redis = redis.Redis.from_url(
            self._users.url(user, server), decode_responses=True, socket_timeout=10
        )
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
        tables = limits_text(limits)
        return definition_text(self.simulator, name=name, limits=tables, url=url, ca_file=ca_file, accounts=accounts)

    def write_registry(self, *, revision: int) -> None:
        """All whose keys there are, as administrators: what somebody does who can write that file."""
        public = {name: key.public_text for name, key in self.keys.items()}
        text = registry_text(public, deployment=DEPLOYMENT, revision=revision, bounds=BOUNDS)
        (self.folder / "requesters.toml").write_text(text, encoding="utf-8")

    def _load_functions(self) -> None:
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
