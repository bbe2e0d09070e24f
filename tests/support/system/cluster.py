"""The whole system as real processes, to be killed at will: whatever dies is started again, as a platform would.

Valkey, the simulated Exchange and the services share one folder. Each service may have several processes, each in a
group of its own with its own failpoints; a watcher starts what has ended.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import redis

from exconn.keyspace import connect
from tests.support.exchange.simulator import RunningSimulator, start_simulator
from tests.support.machine.processes import ChildProcess, wait_until
from tests.support.machine.valkey import RestartableValkey, free_port

LOOK_EVERY_SECONDS = 0.1
START_WITHIN = timedelta(seconds=60)
#: A process that keeps dying is given up: nobody would be waiting for it any more.
MOST_STARTS = 2_000


@dataclass
class Member:
    """A process of the cluster, through all of its lives."""

    name: str
    service: str
    environment: Mapping[str, str]
    log: Path
    child: ChildProcess | None = None
    deaths: int = 0
    wanted: bool = True
    #: A module, and its arguments, that starts the service in place of Python itself.
    launcher: Sequence[str] = ()

    def start(self) -> None:
        command = [sys.executable, "-m", *self.launcher, f"exconn.{self.service}"]
        self.child = ChildProcess(self.name, command, env=self.environment, log=self.log)

    @property
    def runs(self) -> bool:
        """Whether its main process runs now."""
        return self.child is not None and self.child.exit_code is None

    def signal_group(self, number: signal.Signals) -> None:
        """To the process and all that it started."""
        if self.runs and self.child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, number)


@dataclass
class Cluster:
    """The running system; end it with `stop`."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    launcher: Sequence[str] = ()
    _members: dict[str, Member] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    #: What has been started so far, which is less than all where a start failed.
    _started: ExitStack = field(default_factory=ExitStack)
    _watcher: threading.Thread | None = None

    def start(self, *, devices: int, seed: int, phone_sync: str, durable: bool = False) -> None:
        """Servers and the simulator; services are started one by one.

        With `durable`, the broker is a server of its own, and both write to the disk before they answer.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        # The append-only file is kept whole: it is the record of all that was ever written.
        options = {"auto_aof_rewrite_percentage": "0", "save": ""} | ({"appendfsync": "always"} if durable else {})
        self.valkey = RestartableValkey(self.folder / "valkey", **options)
        self._started.callback(self.valkey.stop)
        self.valkey.start()
        self.broker = RestartableValkey(self.folder / "broker", **options) if durable else self.valkey
        if durable:
            self._started.callback(self.broker.stop)
            self.broker.start()
            self.environment = {"EXCONN_LEDGER_DURABILITY": "disk", **self.environment}
        # Processes that die are the subject here: any phone has to answer its wipe, so none is Outlook in its forms,
        # nor one of a mailbox that turns it away. And what a campaign counts stays comparable with earlier ones.
        self.simulator: RunningSimulator = start_simulator(
            self.folder, devices, seed, phone_sync=phone_sync, shell_limit=1000, shell_idle="5m", estate="tidy"
        )
        self._started.callback(self.simulator.close)
        self.client: redis.Redis = connect(self.valkey.url, answer_within=timedelta(seconds=10))
        self._started.callback(self.client.close)
        self.monitor_port = free_port()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.monitor_port}"

    def start_service(self, service: str, *, name: str = "", **environment: str) -> Member:
        """Start `python -m exconn.<service>`, and again whenever it ends."""
        name = name or service
        state = self.folder / name
        state.mkdir(exist_ok=True)
        own = {
            "EXCONN_BROKER_URL": self.broker.url,
            "EXCONN_LEDGER_URL": self.valkey.url,
            "EXCONN_LEDGER_DURABILITY": "volatile",
            "EXCONN_STATE_DIR": str(state),
            "EXCONN_MONITOR_PORT": str(self.monitor_port),
        }
        variables = own | dict(self.environment) | environment
        member = Member(name, service, variables, self.folder / f"{name}.log", launcher=self.launcher)
        member.start()
        with self._lock:
            self._members[name] = member
        return member

    def start_intake(self, name: str, **environment: str) -> str:
        """Start an intake over HTTP alone; its address, which it keeps through all of its lives."""
        port = free_port()
        own = {"EXCONN_INTAKE_PORT": str(port), "EXCONN_INTAKE_DOOR": "false"}
        self.start_service("intake", name=name, **own | environment)
        return f"http://127.0.0.1:{port}"

    def end_service(self, name: str) -> None:
        """SIGTERM, and do not start it again."""
        with self._lock:
            member = self._members.pop(name)
        if member.child is not None:
            member.child.terminate(timedelta(seconds=30))
            member.child.end_group()

    def members(self, service: str) -> list[Member]:
        """The processes of a service."""
        with self._lock:
            return [member for member in self._members.values() if member.service == service]

    def kill(self, name: str) -> None:
        """SIGKILL a process and all that it started."""
        self._members[name].signal_group(signal.SIGKILL)

    def exchange(self, name: str, **environment: str) -> None:
        """SIGKILL a process; it comes back with other settings, as after an upgrade that waits for nothing."""
        with self._lock:
            member = self._members[name]
            member.environment = dict(member.environment) | environment
        self.kill(name)

    def freeze_process(self, name: str) -> None:
        """Stop the clock of one process until `thaw_process`."""
        self._members[name].signal_group(signal.SIGSTOP)

    def thaw_process(self, name: str) -> None:
        self._members[name].signal_group(signal.SIGCONT)

    def restart_server(self, server: RestartableValkey) -> None:
        """SIGKILL the ledger's server or the broker, and start it again with the same data."""
        server.kill()
        server.start()
        self.client.connection_pool.disconnect()

    def cut_connections(self) -> int:
        """End every connection to both servers, in the middle of whatever is said on them; how many."""
        cut = 0
        for server in {id(one): one for one in (self.valkey, self.broker)}.values():
            with closing(server.client()) as client:
                cut += int(client.client_kill_filter(_type="normal", skipme=True))
        self.client.connection_pool.disconnect()
        return cut

    def member_of(self, pid: int) -> str | None:
        """The name of the process with that id."""
        with self._lock:
            return next((m.name for m in self._members.values() if m.child is not None and m.child.pid == pid), None)

    def freeze(self, service: str) -> None:
        """Stop the clocks of a service's processes until `thaw`."""
        for member in self.members(service):
            member.signal_group(signal.SIGSTOP)

    def thaw(self, service: str) -> None:
        for member in self.members(service):
            member.signal_group(signal.SIGCONT)

    @property
    def deaths(self) -> dict[str, int]:
        """How often each process has died."""
        with self._lock:
            return {name: member.deaths for name, member in self._members.items()}

    def wait(self, predicate: Callable[[], object], what: str, within: timedelta = START_WITHIN) -> None:
        """Wait for a condition; the logs are shown when it does not come."""
        logs = [member.log for member in self._members.values()]
        wait_until(predicate, within, what, logs=logs)

    def stop(self) -> None:
        """End everything that was started."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=5)
        for member in self._members.values():
            member.signal_group(signal.SIGCONT)
            if member.child is not None:
                member.child.end_group()
        self._started.close()

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_SECONDS):
            with self._lock:
                ended = [member for member in self._members.values() if not member.runs]
                for member in ended:
                    self._start_again(member)

    @staticmethod
    def _start_again(member: Member) -> None:
        if member.child is not None:
            member.child.end_group()
        member.deaths += 1
        if member.deaths < MOST_STARTS:
            member.start()
