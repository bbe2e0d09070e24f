"""Runs pipelines: no-language mode, roles, binding, prompts, faults, the oracle, and the cmdlets."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from exconn.simulator.cmdlets import failures, scope
from exconn.simulator.cmdlets.binder import Bound, bind, bind_each
from exconn.simulator.cmdlets.call import Call
from exconn.simulator.cmdlets.catalog import Cmdlet
from exconn.simulator.cmdlets.commands import command_metadata, get_command
from exconn.simulator.cmdlets.old_objects import with_old_objects
from exconn.simulator.cmdlets.piping import Piped, from_results, from_value
from exconn.simulator.cmdlets.projection import Proxy, proxy_for
from exconn.simulator.cmdlets.refusals import is_refused
from exconn.simulator.cmdlets.registry import REGISTRY
from exconn.simulator.control.counters import Counters
from exconn.simulator.control.oracle import Oracle
from exconn.simulator.errors import CmdletFailed, PipelineStopped
from exconn.simulator.faults.faults import Faults
from exconn.simulator.faults.lists import as_ordered
from exconn.simulator.faults.standing import StandingTrouble, Trouble
from exconn.simulator.organization.accounts import SimulatedAccount, SimulatedAccounts
from exconn.simulator.organization.audit import OF_THE_SESSION
from exconn.simulator.organization.costs import Costs
from exconn.simulator.organization.limits import AccountLimits
from exconn.simulator.organization.replication import Replication
from exconn.simulator.organization.roles import Visibility
from exconn.simulator.organization.world import Stage
from exconn.simulator.protocol import generic
from exconn.simulator.protocol.envelope import shell_not_found
from exconn.simulator.protocol.invocations import Command, Invocation, MetadataQuery
from exconn.simulator.protocol.pipeline import Pipeline
from exconn.simulator.protocol.shell import Shell, ShellTable
from exconn.simulator.shapes.identity import ANSWERING, NAMES
from exconn.simulator.shapes.versions import VERSION

_CHOICES = [
    ("&Yes", "Continue with only the next step of the operation."),
    ("Yes to &All", "Continue with all the steps of the operation."),
    ("&No", "Skip this operation and proceed with the next operation."),
    ("No to A&ll", "Skip this operation and all subsequent operations."),
]
_AGREED = (0, 1)


@dataclass(frozen=True, slots=True)
class _Step:
    """A resolved command: a cmdlet with its call, or a proxy that works on what comes before."""

    command: Command
    cmdlet: Cmdlet | None
    proxy: Proxy | None


class Engine:
    """What stands behind the shells."""

    def __init__(
        self,
        *,
        version: str,
        server: str,
        stage: Stage,
        accounts: SimulatedAccounts,
        faults: Faults,
        oracle: Oracle,
        counters: Counters,
        limits: AccountLimits,
        replication: Replication,
        costs: Costs,
        trouble: StandingTrouble,
        hosted: bool = False,
    ) -> None:
        self._costs = costs
        self._trouble = trouble
        self._limits = limits
        self._replication = replication
        self._hosted = hosted
        self._accounts = accounts
        self._version = version
        self._server = server
        self._stage = stage
        self._faults = faults
        self._oracle = oracle
        self._counters = counters
        self.shells: ShellTable | None = None

    def admit(self, account: SimulatedAccount) -> SimulatedAccount:
        """The account with the rights that it has now, for the life of its shell.

        Refuses one without any role, or as it was ordered.
        """
        for kind, fault in failures.REFUSED_SHELLS.items():
            if (struck := self._faults.strike(kind, "*")) is not None:
                raise fault(struck.seconds)
        account = self._accounts.present(account)
        if not self._visibility(account).has_any_role:
            raise failures.no_role(account.username)
        return account

    def _visibility(self, account: SimulatedAccount) -> Visibility:
        return Visibility(
            self._version,
            account.role,
            hidden=self._faults.hides,
            without=account.without,
            also=account.also,
            hosted=self._hosted,
        )

    def run(self, shell: Shell, pipeline: Pipeline, work: Invocation | MetadataQuery) -> None:
        """Start a pipeline; faults that are ordered for its cmdlets may refuse the request instead."""
        if isinstance(work, MetadataQuery):
            visibility = self._visibility(shell.account)
            pipeline.start(lambda p: _write_all(p, command_metadata(visibility, work.names)), f"metadata {shell.id}")
            return
        for command in work.commands:
            self._faults.command(command.name)
            if (fault := self._faults.strike("throttled", command.name)) is not None:
                raise failures.budget_exceeded(fault.seconds)
            self._limits.spend(shell.account.username)
            if self._faults.strike("shell_gone", command.name) and self.shells is not None:
                self.shells.close(shell.id)
                raise failures.prefixed(shell_not_found(shell.id), "InvalidShellID")
        pipeline.start(lambda p: self._run_commands(shell, p, work), f"shell {shell.id}")

    def _run_commands(self, shell: Shell, pipeline: Pipeline, work: Invocation) -> None:
        commands = work.commands
        asks_for_exit_code = False
        pipeline.acquire(shell.runspace)
        try:
            if shell.resource == generic.RESOURCE:
                asks_for_exit_code = generic.asks_for_exit_code(commands)
                commands = generic.understood(commands)
            if any(command.is_script for command in commands):
                raise failures.scripts_not_allowed()
            # Objects of the client are for the first command, as far as there are any.
            sent = [from_value(value) for value in pipeline.inputs()] if work.expects_input else []
            failed = self._run_statements(shell, pipeline, commands, sent, past_errors=asks_for_exit_code)
            if failed and asks_for_exit_code:
                pipeline.exit(1)
        finally:
            shell.runspace.release()

    def _run_statements(
        self, shell: Shell, pipeline: Pipeline, commands: Sequence[Command], sent: list[Piped], *, past_errors: bool
    ) -> bool:
        """Whether the last one failed; one that is ended by an error is the last, unless told to go past it."""
        failed = False
        for statement in _statements(commands):
            before = pipeline.errors
            try:
                _write_all(pipeline, self._statement(shell, pipeline, statement, sent))
            except CmdletFailed as failure:
                if not past_errors:
                    raise
                pipeline.error(failure.record)
            sent = []
            failed = pipeline.errors > before
        return failed

    def _statement(self, shell: Shell, pipeline: Pipeline, commands: list[Command], sent: list[Piped]) -> Iterator[str]:
        visibility = self._visibility(shell.account)
        steps = [_resolve(visibility, command, speaks_text=shell.resource == generic.RESOURCE) for command in commands]
        results: Iterator[str] = iter(())
        for number, step in enumerate(steps):
            if step.proxy is not None:
                results = step.proxy(results, step.command.arguments)
            elif step.cmdlet is None:
                results = get_command(visibility, step.command.arguments, pipeline.merging(step.command.merged).error)
            else:
                objects = _later(results) if number else sent and iter(sent)
                results = self._cmdlet(shell, pipeline, visibility, step, objects or None)
        return results

    def _cmdlet(
        self, shell: Shell, pipeline: Pipeline, visibility: Visibility, step: _Step, objects: Iterator[Piped] | None
    ) -> Iterator[str]:
        """Once by its arguments, or once for each object of the pipeline."""
        cmdlet, arguments = step.cmdlet, step.command.arguments
        if cmdlet is None:
            return
        visible = visibility.parameters(cmdlet)
        if objects is None:
            yield from self._call(shell, pipeline, visibility, step, bind(cmdlet, visible, arguments))
            return
        for bound in bind_each(cmdlet, visible, arguments, objects):
            if isinstance(bound, CmdletFailed):
                pipeline.merging(step.command.merged).error(bound.record)
            else:
                yield from self._call(shell, pipeline, visibility, step, bound)

    def _call(
        self, shell: Shell, pipeline: Pipeline, visibility: Visibility, step: _Step, parameters: Bound
    ) -> Iterator[str]:
        cmdlet = step.cmdlet
        if cmdlet is None:
            return
        call = Call(
            cmdlet.name,
            parameters,
            shell.account,
            shell,
            self._stage.world,
            visibility,
            pipeline.merging(step.command.merged),
            self._stage.audit,
        )
        call.sent = {argument.name or "": argument.value for argument in step.command.arguments}
        call.answering = scope.answering(call, self._replication.answering)
        if call.is_reading:
            call.world = self._replication.seen_by(call.domain_controller, call.world)
        if not _confirmed(cmdlet, call, pipeline):
            return
        if (fault := self._faults.strike("slow", cmdlet.name)) is not None:
            pipeline.pause(fault.seconds)
        if (fault := self._faults.strike("lost_call", cmdlet.name)) is not None:
            pipeline.lose()
            if call.world.phones.beliefs.calls_outlive_shells:
                time.sleep(fault.seconds)
            else:
                pipeline.pause(fault.seconds)
        yield from self._executed(call, pipeline)

    def _executed(self, call: Call, pipeline: Pipeline) -> Iterator[str]:
        """Run the cmdlet; what changes Exchange is written down before anybody hears of it."""
        drop = self._faults.strike("drop_answer", call.cmdlet) is not None
        pipeline.garble_answer = self._faults.strike("malformed", call.cmdlet) is not None
        late = self._faults.strike("slow_answer", call.cmdlet)
        pipeline.hostile = self._faults.hostile(call.cmdlet)
        pipeline.without_state = self._faults.strike("no_state", call.cmdlet) is not None
        outcome = "error"
        self._counters.cmdlet(call.cmdlet)
        slowed = self._faults.strike("micro_delay", call.cmdlet)
        delay = self._limits.delay(call.account.username) if slowed is None else slowed.seconds
        if delay:
            pipeline.pause(delay)
            pipeline.warning(failures.micro_delay_text(delay))
        if cost := self._costs.seconds(call.cmdlet, call.parameters):
            pipeline.pause(cost)
        try:
            yield from self._results(call)
            outcome = "error" if call.failed else "ok"
        except (GeneratorExit, PipelineStopped):
            outcome = "stopped"
            raise
        finally:
            pipeline.cut_answer = pipeline.cut_answer or drop
            self._record(
                call,
                outcome,
                answered=not (
                    pipeline.cut_answer or pipeline.garble_answer or pipeline.without_state or pipeline.hostile
                ),
                pipeline=pipeline,
            )
        if late is not None:
            pipeline.pause(late.seconds)
        if self._faults.strike("shell_dies", call.cmdlet) and self.shells is not None:
            self.shells.close(call.shell.id)

    def _results(self, call: Call) -> Iterator[str]:
        ANSWERING.set(call.domain_controller)
        NAMES.set(scope.names_on_objects(call))
        VERSION.set(self._version)
        trouble = self._standing_trouble(call)
        if trouble is Trouble.NOT_DONE:
            call.error(failures.transient_error(call.cmdlet, self._trouble.struck))
            return
        if is_refused(call, self._faults):
            return
        if call.is_reading or call.cmdlet == OF_THE_SESSION:
            self._forget_identity(call)
            results = with_old_objects(call, REGISTRY.get(call.cmdlet, _nothing)(call))
            yield from as_ordered(results, call.cmdlet, self._faults, call.error, failures.errors_beside)
        elif not call.get("WhatIf"):
            with self._replication.changing(scope.changed_at(call), call.organization):
                yield from REGISTRY.get(call.cmdlet, _nothing)(call)
            if trouble is Trouble.DONE:
                call.streams.error(failures.transient_error(call.cmdlet, self._trouble.struck))
            if self._faults.strike("error_and_success", call.cmdlet):
                call.streams.error(failures.ordered_error(call.cmdlet))
            if (fault := self._faults.strike("transient_after", call.cmdlet)) is not None:
                call.streams.error(failures.transient_error(call.cmdlet, fault.struck, fault.order.type))
            if call.get("DomainController") and self._faults.strike("referral_after", call.cmdlet):
                call.streams.error(failures.referral(call.cmdlet, call.domain_controller))

    def _standing_trouble(self, call: Call) -> Trouble:
        """What the estate itself does to the call; sessions can always be opened."""
        if call.cmdlet == OF_THE_SESSION or call.get("WhatIf"):
            return Trouble.NONE
        return self._trouble.next(changes=not call.is_reading)

    def _forget_identity(self, call: Call) -> None:
        """Documented: an identity that is not there is answered with every object."""
        if self._faults.strike("all_objects", call.cmdlet):
            call.parameters = {name: value for name, value in call.parameters.items() if name != "Identity"}

    def _record(self, call: Call, outcome: str, *, answered: bool, pipeline: Pipeline) -> None:
        entry = self._oracle.record(
            answered=answered,
            account=call.account.username,
            server=self._server,
            shell_id=call.shell.id,
            cmdlet=call.cmdlet,
            parameters=call.parameters,
            sent=call.sent,
            identity_guid=call.device_guid,
            outcome=outcome,
        )
        pipeline.on_delivered.append(lambda: entry.update(answered=True))
        if not call.get("WhatIf"):
            call.audit.record(
                caller=call.account.username,
                cmdlet=call.cmdlet,
                object_modified=_object_of(call),
                parameters=call.parameters,
                succeeded=outcome == "ok",
                server=self._server.partition(".")[0].upper(),
            )


def _object_of(call: Call) -> str:
    """What a call was about, as the directory names it, or else as the caller did."""
    number = call.organization.find_device(call.device_guid) if call.device_guid else None
    if number is not None:
        return call.organization.device(number).identity
    return str(call.get("Identity") or call.get("Name") or "")


def _resolve(visibility: Visibility, command: Command, *, speaks_text: bool) -> _Step:
    proxy = proxy_for(command.name) or (generic.text_proxy_for(command.name) if speaks_text else None)
    if proxy is not None:
        return _Step(command, None, proxy)
    if command.name.lower() == "get-command":
        return _Step(command, None, None)
    if (cmdlet := visibility.find(command.name)) is None:
        raise failures.cmdlet_not_found(command.name)
    return _Step(command, cmdlet, None)


def _confirmed(cmdlet: Cmdlet, call: Call, pipeline: Pipeline) -> bool:
    """Whether to go on; asks the client where the cmdlet asks by default or is told to."""
    asks = cmdlet.confirms if call.get("Confirm") is None else bool(call.get("Confirm"))
    if not asks or call.get("WhatIf"):
        return True
    target = call.get("Identity") or call.get("Name") or ""
    doing = f'Performing the operation "{cmdlet.name}" on target "{target}".'
    message = f"Are you sure you want to perform this action?\r\n{doing}"
    return pipeline.ask("Confirm", message, _CHOICES) in _AGREED


def _later(results: Iterator[str]) -> Iterator[Piped]:
    """The objects of the command before, which runs when the first of them is asked for."""
    yield from from_results(results)


def _statements(commands: Sequence[Command]) -> Iterator[list[Command]]:
    statement: list[Command] = []
    for command in commands:
        statement.append(command)
        if command.ends_statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _write_all(pipeline: Pipeline, results: Iterator[str]) -> None:
    try:
        pipeline.outputs(results)
    finally:
        # A stopped cmdlet is to be in the log before its client hears of the end.
        if isinstance(results, Generator):
            results.close()


def _nothing(_call: Call) -> Iterator[str]:
    return iter(())
