"""Puts the parts together, and keeps them going until somebody says stop."""

import json
import logging
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from ssl import SSLContext
from threading import Event, Thread
from typing import Any

from exconn.simulator.cmdlets import failures
from exconn.simulator.cmdlets.engine import Engine
from exconn.simulator.control.beliefs import BeliefOrders
from exconn.simulator.control.counters import Counters
from exconn.simulator.control.http import ControlPort
from exconn.simulator.control.oracle import Oracle
from exconn.simulator.control.orders import ControlApi
from exconn.simulator.faults.faults import Faults
from exconn.simulator.faults.standing import StandingTrouble
from exconn.simulator.organization.accounts import (
    SimulatedAccount,
    SimulatedAccounts,
    generate_accounts,
    read_accounts,
    write_password,
)
from exconn.simulator.organization.costs import OLD_ESTATE, CostOrders, Costs
from exconn.simulator.organization.directory import ORGANIZATION, DirectoryServer
from exconn.simulator.organization.estate import ESTATES
from exconn.simulator.organization.limits import AccountLimits, LimitOrders
from exconn.simulator.organization.replication import DirectoryOrders, Replication
from exconn.simulator.organization.servers import Front, ServerGate, ServerOrders
from exconn.simulator.organization.world import Stage
from exconn.simulator.protocol import generic
from exconn.simulator.protocol.authentication import Method, Methods, read_methods
from exconn.simulator.protocol.authentication.acceptors import use_keytab, write_ntlm_accounts
from exconn.simulator.protocol.certificates import channel_of, make_server_context
from exconn.simulator.protocol.http import PowerShellEndpoint
from exconn.simulator.protocol.late_certificates import prepare
from exconn.simulator.protocol.shell import ShellTable
from exconn.simulator.protocol.wsman import WsmanService
from exconn.simulator.settings import SimulatorSettings

log = logging.getLogger(__name__)

_HOUSEKEEPING_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class _Opening:
    """What the servers of the organization are made of."""

    settings: SimulatorSettings
    stage: Stage
    accounts: SimulatedAccounts
    methods: Methods
    tls: SSLContext | None
    faults: Faults
    counters: Counters
    oracle: Oracle
    shells: ShellTable
    limits: AccountLimits
    replication: Replication
    costs: Costs
    trouble: StandingTrouble

    def fronts(self) -> list[Front]:
        """A front for each server that has an address, all on the same port."""
        first, *others = self.settings.organization_servers
        listening = first.host if self.settings.servers else self.settings.host
        fronts = [self._front(first, (listening, self.settings.port))]
        port = fronts[0].address[1]
        return [*fronts, *(self._front(server, (server.host, port)) for server in others if server.host)]

    def _front(self, server: DirectoryServer, address: tuple[str, int]) -> Front:
        settings = self.settings
        behind = next((each for each in settings.organization_servers if each.name == settings.back_end), server)
        engine = self._engine(behind)
        listen = partial(
            self._endpoint,
            WsmanService(self.shells, engine, self.counters, server=server.name),
            WsmanService(self.shells, engine, self.counters, generic.RESOURCE, server.name)
            if settings.generic_endpoint
            else None,
            behind.fqdn,
        )
        gate = ServerGate(self.faults, self.counters)
        return Front(server, address, gate, shells=self.shells, listen=listen)

    def _engine(self, server: DirectoryServer) -> Engine:
        engine = Engine(
            version=server.version or self.settings.version,
            server=server.fqdn,
            stage=self.stage,
            accounts=self.accounts,
            faults=self.faults,
            oracle=self.oracle,
            counters=self.counters,
            limits=self.limits,
            replication=self.replication,
            costs=self.costs,
            trouble=self.trouble,
            hosted=self.settings.hosted,
        )
        engine.shells = self.shells
        return engine

    def _endpoint(
        self,
        service: WsmanService,
        shell_lines: WsmanService | None,
        back_end: str,
        address: tuple[str, int],
        gate: ServerGate,
    ) -> PowerShellEndpoint:
        return PowerShellEndpoint(
            address,
            accounts=self.accounts,
            methods=self.methods,
            service=service,
            gate=gate,
            tls=self.tls,
            connection_limit=self.settings.connection_limit,
            compression=self.settings.compression,
            back_end=back_end,
            tls_13=self.settings.tls_13,
            generic=shell_lines,
        )


class Simulator:
    """One simulated Exchange with its two ports."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        directory = settings.state_dir
        directory.mkdir(parents=True, exist_ok=True)
        # Left by one that was killed; nobody is to take its word.
        self._description_file.unlink(missing_ok=True)
        accounts = read_accounts(settings.users) if settings.users else generate_accounts()
        self._accounts = SimulatedAccounts(accounts, settings.rights_delay.total_seconds())
        self._oracle = Oracle(directory / "oracle.jsonl")
        estate = ESTATES[settings.estate]
        self._stage = Stage(settings.devices, settings.seed, settings.phone_sync, settings.organization_servers, estate)
        self._stage.world.phones.beliefs = settings.beliefs_of_version
        self._stage.world.phones.on_acknowledged = lambda guid: self._oracle.happened("acknowledged", guid)
        counters, faults = Counters(), Faults(settings.seed)
        too_many = failures.too_many_shells_2010 if settings.version == "2010" else failures.too_many_shells
        self._shells = ShellTable(settings.limits.shells, settings.shell_idle, too_many)
        costs = Costs({**(OLD_ESTATE if estate.is_old else {}), **settings.costs})
        limits, replication = AccountLimits(settings.limits), Replication(settings.replication_delay.total_seconds())
        tls = self._tls_context(directory)
        opening = _Opening(
            settings=settings,
            stage=self._stage,
            accounts=self._accounts,
            methods=self._ways_to_sign_in(directory),
            tls=tls,
            faults=faults,
            counters=counters,
            oracle=self._oracle,
            shells=self._shells,
            limits=limits,
            replication=replication,
            costs=costs,
            trouble=StandingTrouble(settings.seed, is_hostile=estate.is_hostile),
        )
        self._fronts = opening.fronts()
        scheme = "https" if settings.tls else "http"
        api = ControlApi(
            stage=self._stage,
            oracle=self._oracle,
            counters=counters,
            faults=faults,
            shells=self._shells,
            accounts=self._accounts,
            further=(
                ServerOrders(self._fronts, scheme).routes,
                LimitOrders(limits, self._shells).routes,
                DirectoryOrders(replication, estate.forest).routes,
                BeliefOrders(self._stage).routes,
                CostOrders(costs).routes,
            ),
        )
        self._control = ControlPort(("127.0.0.1", settings.control_port), api)
        self._stop = Event()

    def _tls_context(self, directory: Path) -> SSLContext | None:
        if not self._settings.tls:
            return None
        wanted = Method.CERTIFICATE in read_methods(self._settings.auth)
        clients = {f"{a.name}-client": a.username for a in self._accounts.all} if wanted else {}
        context = make_server_context(directory, self._settings.host_names, clients)
        prepare(context, self._settings.tls_13, directory / "ca.pem")
        return context

    def _ways_to_sign_in(self, directory: Path) -> Methods:
        settings = self._settings
        methods = Methods(
            enabled=read_methods(settings.auth),
            sealed=not settings.tls,
            spaced_boundary=settings.spaced_boundary,
            channel=channel_of(directory / "server.pem") if settings.channel_binding else None,
        )
        if methods.enabled & {Method.NTLM, Method.NEGOTIATE}:
            write_ntlm_accounts(self._accounts.all, directory)
        if settings.keytab is not None:
            use_keytab(settings.keytab)
        return methods

    @property
    def _description_file(self) -> Path:
        return self._settings.state_dir / "simulator.json"

    def run(self) -> None:
        """Serve until `stop` is called."""
        for front in self._fronts:
            front.serve()
        Thread(target=self._control.serve_forever, args=(0.1,), name="control", daemon=True).start()
        self._describe()
        try:
            while not self._stop.wait(_HOUSEKEEPING_SECONDS):
                self._shells.close_idle()
        finally:
            self._close()

    def stop(self) -> None:
        """End `run`; may be called from a signal handler."""
        self._stop.set()

    def _close(self) -> None:
        self._description_file.unlink(missing_ok=True)
        self._shells.close_all()
        for front in self._fronts:
            front.close()
        self._control.shutdown()
        self._control.server_close()
        self._stage.world.phones.stop()
        self._oracle.close()

    def _describe(self) -> None:
        """Write `simulator.json` in one step: who finds it can connect."""
        target = self._description_file
        draft = target.with_suffix(".draft")
        draft.write_text(json.dumps(self._description(), indent=2), "utf-8")
        draft.replace(target)

    def _account_files(self, account: SimulatedAccount, directory: Path) -> dict[str, str]:
        files = {"username": account.username, "password_file": str(write_password(account, directory))}
        certificate = directory / f"{account.name}-client.pem"
        if Method.CERTIFICATE in read_methods(self._settings.auth):
            files |= {"certificate_file": str(certificate), "key_file": str(certificate.with_suffix(".key"))}
        return files

    def _description(self) -> dict[str, Any]:
        settings = self._settings
        scheme = "https" if settings.tls else "http"
        directory = settings.state_dir.absolute()
        return {
            "url": f"{scheme}://{settings.host_names[0]}:{self._fronts[0].address[1]}/PowerShell/",
            "servers": [front.described(scheme) for front in self._fronts],
            "control_url": f"http://127.0.0.1:{self._control.server_address[1]}",
            "ca_file": str(directory / "ca.pem") if settings.tls else None,
            "accounts": {a.name: self._account_files(a, directory) for a in self._accounts.all},
            "pid": os.getpid(),
            "organization": ORGANIZATION,
            "estate": settings.estate.value,
        }
