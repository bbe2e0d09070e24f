"""A session with Exchange: one connection, one place on the server, one thread, one process, one command at a time.

Every method sends one cmdlet (or a few) and answers with records. Which family of names travels is decided by
what the session exposes. Nothing is ever sent twice.
"""

import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

from exconn.exchange import records
from exconn.exchange.beside import Beside
from exconn.exchange.cmdlets import dialect as names
from exconn.exchange.cmdlets.command import Command
from exconn.exchange.cmdlets.dialect import Dialect
from exconn.exchange.cmdlets.opath import AllOf, Negation, Operator, where
from exconn.exchange.cmdlets.parameter_values import UNLIMITED, ListChange
from exconn.exchange.cmdlets.scope import ExchangeTarget, Version, version_of
from exconn.exchange.endpoint import Endpoint
from exconn.exchange.error_catalog import micro_delay
from exconn.exchange.errors import (
    CmdletMissing,
    ExchangeError,
    Malformed,
    NoGuid,
    ObjectNotFound,
    ParameterMissing,
    SessionMisuse,
    Throttled,
)
from exconn.exchange.gaps import Gap, GapCause, Gaps
from exconn.exchange.mailbox_owner import MailboxOwner, parse_owner
from exconn.exchange.one_object import LOOKED_AT, the_one
from exconn.exchange.policies import MailboxPolicy, parse_policy
from exconn.exchange.psrp.transport import PsrpTransport
from exconn.exchange.records import Device, DeviceStatistics, OrganizationSettings, Server
from exconn.exchange.redact import identity_hint
from exconn.exchange.reported_errors import RefusedByExchange, Transient
from exconn.exchange.rights.exposed import (
    TELLING,
    Exposed,
    Lack,
    Requirement,
    dialect_of,
    family,
    lack_of,
    parse_commands,
)
from exconn.exchange.transport import Batch, SessionListener, Transport
from exconn.exchange.watch import Watch

#: Errors that are Exchange's own answer: the session is as good as before.
_CLEAR_ANSWERS = (ObjectNotFound, RefusedByExchange, Transient, CmdletMissing, ParameterMissing, Throttled)

#: Microsoft's own example of owners without the mailboxes of its connectivity tests.
_HAS_PARTNERSHIP = AllOf(
    where("HasActiveSyncDevicePartnership", value=True),
    Negation(where("DisplayName", "CAS_{*", Operator.LIKE, wildcards=True)),
)

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Everything a command answered."""

    records: list[Mapping[str, Any]] = field(default_factory=list)
    warnings: tuple[str, ...] = ()

    @property
    def delayed(self) -> timedelta:
        """For how long Exchange held the command back to slow the account down."""
        return sum((micro_delay(warning) or timedelta(0) for warning in self.warnings), timedelta(0))


class Session:
    """An open session. Use `Session.open`, as a context manager; `close` ends it on the server."""

    def __init__(self, transport: Transport, *, hosted: bool, version: Version | None = None) -> None:
        self._transport = transport
        self._target = ExchangeTarget(hosted=hosted, version=version)
        self._pid = os.getpid()
        self._thread = threading.get_ident()
        self._exposed: Exposed | None = None
        self._busy = False
        self._closed = False
        self._sound = True
        #: Looks on while commands run, from when it is set.
        self.watch: Watch | None = None

    @classmethod
    def open(
        cls,
        endpoint: Endpoint,
        *,
        commands_needed: Iterable[str] | None = None,
        listener: SessionListener | None = None,
    ) -> Self:
        """Open a session; on-premises the session then sees the entire forest.

        `commands_needed` (older names) are looked up at once; CmdletMissing names the first that is not there.
        `listener` hears every command and every message that answers it.
        """
        transport = PsrpTransport(endpoint, listener)
        try:
            transport.open()
            session = cls(transport, hosted=endpoint.hosted)
            session._prepare(tuple(commands_needed or ()))
        except BaseException as exc:
            transport.close()
            if isinstance(exc, ExchangeError):
                exc.opening(endpoint.site)
                exc.answered_by = transport.answering_server
            raise
        return session

    def _prepare(self, commands_needed: Sequence[str]) -> None:
        if not self.hosted:
            self.run(Command("Set-ADServerSettings", {"ViewEntireForest": True}))
        for requirement in self.lacks(Requirement(name) for name in commands_needed):
            raise CmdletMissing(requirement.cmdlet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def server(self) -> str:
        return self._transport.server

    @property
    def answering_server(self) -> str:
        """The server that answers, as it names itself; the one that was dialled while it does not."""
        return self._transport.answering_server or self.server

    def own(self, servers: Iterable[Server]) -> Server | None:
        """The one of these that answers here: its version decides what there is. Else the one that was dialled."""
        named = {name.casefold(): each for each in servers for name in (each.name, each.fqdn) if name}
        return named.get(self.answering_server.casefold()) or named.get(self.server.casefold())

    @property
    def session_id(self) -> str:
        return self._transport.session_id

    @property
    def idle_limit(self) -> timedelta | None:
        """After how much idleness the server ends the session, if it has said so."""
        return self._transport.idle_limit

    @property
    def hosted(self) -> bool:
        return self._target.hosted

    @property
    def usable(self) -> bool:
        """Open, idle, and never met an error after which its state is unknown."""
        return self._sound and not self._busy and not self._closed

    def is_alive(self) -> bool:
        """Ask the server for a sign of life, by looking up one name; False ends the session's use."""
        try:
            self._look_up(("Get-CASMailbox",))
        except ExchangeError:
            self._sound = False
        return self.usable

    def close(self) -> None:
        """End it on the server, in bounded time. In a forked child it does nothing: the session is the parent's."""
        if self._pid == os.getpid() and not self._closed:
            self._closed = True
            self._transport.close()

    # -- running commands ---------------------------------------------------------------------------------

    def _check_use(self) -> None:
        if self._pid != os.getpid():
            raise SessionMisuse("it was opened before a fork")
        if self._thread != threading.get_ident():
            raise SessionMisuse("it was opened by another thread")
        if self._closed:
            raise SessionMisuse("it is closed")
        if self._busy:
            raise SessionMisuse("it is still answering another command")

    def run(self, command: Command) -> CommandResult:
        """Run one command to its end."""
        found: list[Mapping[str, Any]] = []
        warnings: list[str] = []
        for batch in self._batches(command):
            found.extend(batch.records)
            warnings.extend(batch.warnings)
        return CommandResult(found, tuple(warnings))

    def stream(self, command: Command, gaps: Gaps | None = None) -> Generator[Mapping[str, Any], None, None]:
        """The records of one command as they arrive; closing the iterator early stops the command.

        With `gaps`, errors beside objects and objects that cannot be read are added to it at the end. Without, the
        command raises at its end when there was one.
        """
        for batch in self._batches(command, gaps):
            yield from batch.records

    def _list(
        self, command: Command, parse: Callable[[Mapping[str, Any]], _Parsed], gaps: Gaps | None
    ) -> Iterator[_Parsed]:
        """The parsed records of a list; with `gaps`, one that cannot be used is left out and counted."""
        for record in self.stream(command, gaps):
            try:
                parsed = parse(record)
            except Malformed as exc:
                if gaps is None:
                    raise
                cause = GapCause.NO_GUID if isinstance(exc, NoGuid) else GapCause.UNREADABLE
                gaps.add(Gap(cause, records.name_of(record), cause))
                continue
            yield parsed

    def _batches(self, command: Command, gaps: Gaps | None = None) -> Iterator[Batch]:
        self._check_use()
        command.check_scope(self._target)
        if self.watch is not None and not command.changes_exchange:
            # What changes Exchange comes behind reads; between them and it nobody is to come.
            self.watch.before_reading()
        self._busy = True
        beside = Beside(command, self.server, self.session_id, gaps)
        try:
            for batch in self._transport.run(command):
                if self.watch is not None and batch.warnings:
                    self.watch.warned(batch.warnings)
                beside.add(batch)
                yield batch
            beside.end()
        except GeneratorExit:
            raise
        except BaseException as exc:
            self._sound = self._sound and isinstance(exc, _CLEAR_ANSWERS)
            if isinstance(exc, ExchangeError):
                if self.watch is not None:
                    self.watch.failed(exc)
                exc.invoking(command.cmdlet)
            raise
        finally:
            self._busy = False

    def _one(self, command: Command, gaps: Gaps | None) -> Mapping[str, Any]:
        """The one object; what stands beside it is added to `gaps`, or raised where nobody wants to know of it."""
        beside = None if gaps is None else Gaps()
        with closing(self.stream(command, beside)) as answered:
            found = list(islice(answered, LOOKED_AT))
        try:
            one = the_one(found, command.identity, beside)
        except Malformed as exc:
            raise exc.invoking(command.cmdlet) from None
        if one is None:
            where = str(command.parameters.get("DomainController", ""))
            raise ObjectNotFound(command.cmdlet, identity_hint(command.identity), where).invoking(command.cmdlet)
        if gaps is not None and beside is not None:
            gaps.merge(beside)
        return one

    def _command(self, task: str, parameters: Mapping[str, object]) -> Command:
        return Command(names.cmdlet_for(task, self.dialect), self._given(parameters))

    def _given(self, parameters: Mapping[str, object]) -> dict[str, object]:
        """Without what was left out, and without domain controllers where a hosted Exchange hides them."""
        given = {name: value for name, value in parameters.items() if value is not None}
        if self.hosted:
            given.pop("DomainController", None)
            given.pop("ReadFromDomainController", None)
        return given

    # -- what the session exposes -------------------------------------------------------------------------

    @property
    def dialect(self) -> Dialect:
        """The family of names that this session exposes; looked up once."""
        if self._exposed is None:
            self._exposed = self._look_up(TELLING)
        return dialect_of(self._exposed)

    def _look_up(self, cmdlets: Sequence[str]) -> Exposed:
        """What the session has of these. A name that it does not have is an error, with or without other answers."""
        exposed: dict[str, frozenset[str] | None] = {}
        command = Command("Get-Command", {"Name": tuple(cmdlets), "ErrorAction": "SilentlyContinue"})
        try:
            for record in self.stream(command):
                exposed.update(parse_commands([record]))
        except (CmdletMissing, RefusedByExchange):
            if not exposed and len(cmdlets) > 1:
                for name in cmdlets:
                    exposed.update(self._look_up((name,)))
        return exposed

    def exposes(self, cmdlets: Iterable[str]) -> Exposed:
        """Which of these cmdlets the account's roles show, and with which parameters. Only looks; runs none of them."""
        wanted = sorted(set(cmdlets))
        return self._look_up(wanted) if wanted else {}

    def lacks(self, requirements: Iterable[Requirement]) -> dict[Requirement, Lack]:
        """What the account's roles hide of these, under the names that this session would send."""
        wanted = list(requirements)
        exposed = self.exposes(name for requirement in wanted for name in family(requirement.cmdlet))
        found = {requirement: lack_of(requirement, exposed, self.dialect) for requirement in wanted}
        return {requirement: lack for requirement, lack in found.items() if lack is not None}

    # -- reading ------------------------------------------------------------------------------------------

    def devices(self, gaps: Gaps | None = None) -> Iterator[Device]:
        """Every device that the account sees, as they arrive; `gaps` says what is missing."""
        yield from self._list(self._command("devices", {"ResultSize": UNLIMITED}), records.parse_device, gaps)

    def device(self, identity: str, gaps: Gaps | None = None, *, domain_controller: str | None = None) -> Device:
        """One device, by GUID (MobileDevice family) or distinguished name (ActiveSync family).

        As for the other single objects: with `gaps`, errors beside the object are added to it, and the object is kept.
        """
        command = self._command("devices", {"Identity": identity, "DomainController": domain_controller})
        return records.parse_device(self._one(command, gaps))

    def statistics_of_mailbox(
        self, mailbox: str, gaps: Gaps | None = None, *, domain_controller: str | None = None
    ) -> list[DeviceStatistics]:
        """The statistics of all devices of one mailbox: match them by `guid`, never by order."""
        command = self._command("statistics", {"Mailbox": mailbox, "DomainController": domain_controller})
        return list(self._list(command, records.parse_statistics, gaps))

    def statistics_of_device(
        self, identity: str, gaps: Gaps | None = None, *, domain_controller: str | None = None
    ) -> DeviceStatistics:
        command = self._command("statistics", {"Identity": identity, "DomainController": domain_controller})
        return records.parse_statistics(self._one(command, gaps))

    def mailbox_owners(self, gaps: Gaps | None = None) -> Iterator[MailboxOwner]:
        """Every mailbox that says it has partnerships, as they arrive; `gaps` says what is missing.

        What a mailbox says can be stale. Nobody recalculates it: that would write.
        """
        command = Command("Get-CASMailbox", {"ResultSize": UNLIMITED, "Filter": _HAS_PARTNERSHIP})
        yield from self._list(command, parse_owner, gaps)

    def mailbox_owner(
        self, identity: str, gaps: Gaps | None = None, *, domain_controller: str | None = None, fresh: bool = False
    ) -> MailboxOwner:
        """One mailbox; `fresh` asks a domain controller of its domain, and not a global catalog, which learns late."""
        target = {
            "Identity": identity,
            "DomainController": domain_controller,
            "ReadFromDomainController": True if fresh else None,
        }
        return parse_owner(self._one(Command("Get-CASMailbox", self._given(target)), gaps))

    def mailbox_policies(self, *, domain_controller: str | None = None) -> list[MailboxPolicy]:
        command = self._command("policies", {"DomainController": domain_controller})
        return [parse_policy(record, self.dialect) for record in self.run(command).records]

    def writable_settings(self) -> frozenset[str]:
        """The settings of a policy, by their newer names, that the cmdlet has here and the account's roles show."""
        cmdlet = names.policy_cmdlet(self.dialect)
        exposed = self.exposes((cmdlet.name,)).get(cmdlet.name.lower())
        return frozenset(
            newer
            for newer, own in names.policy_settings(self.dialect).items()
            if self._target.offers(cmdlet.parameters[own].applies_to) and (exposed is None or own.lower() in exposed)
        )

    def organization_settings(self, gaps: Gaps | None = None) -> OrganizationSettings:
        return records.parse_organization(self._one(Command("Get-ActiveSyncOrganizationSettings"), gaps))

    def servers(self) -> list[Server]:
        """The organization's Exchange servers; on-premises only."""
        if self.hosted:
            raise SessionMisuse("a hosted Exchange does not show its servers")
        found = [records.parse_server(record) for record in self.run(Command("Get-ExchangeServer")).records]
        own = self.own(found)
        if own is not None:
            self._target = replace(self._target, version=version_of(own.version))
        return found

    # -- changing -----------------------------------------------------------------------------------------

    def set_mailbox_policy(
        self, identity: str, values: Mapping[str, object], *, domain_controller: str | None = None
    ) -> None:
        """Write settings of a policy, given under their newer names."""
        family_names = self.dialect
        own = {names.parameter_for(name, family_names): _cleared(value) for name, value in values.items()}
        target = {"Identity": identity, "DomainController": domain_controller}
        self.run(Command(names.cmdlet_for("set policy", family_names), {**self._given(target), **own}))

    def clear_device(
        self,
        identity: str,
        *,
        account_only: bool = False,
        cancel: bool = False,
        domain_controller: str | None = None,
        notify: tuple[str, ...] = (),
    ) -> None:
        """Order a wipe, or take back one that was not sent yet. Ambiguous when the answer is lost: read back."""
        parameters = {
            "Identity": identity,
            "AccountOnly": True if account_only else None,
            "Cancel": True if cancel else None,
            "DomainController": domain_controller,
            "NotificationEmailAddresses": notify or None,
        }
        self.run(self._command("clear", parameters))

    def change_personal_lists(
        self,
        mailbox: str,
        *,
        allowed: ListChange | None = None,
        blocked: ListChange | None = None,
        domain_controller: str | None = None,
    ) -> None:
        """Edit, in one call, which device ids a mailbox allows and blocks by itself; a list without a change stays."""
        parameters = {
            "Identity": mailbox,
            "ActiveSyncAllowedDeviceIDs": allowed,
            "ActiveSyncBlockedDeviceIDs": blocked,
            "DomainController": domain_controller,
        }
        self.run(Command("Set-CASMailbox", self._given(parameters)))

    def remove_device(self, identity: str, *, domain_controller: str | None = None) -> None:
        """Remove a partnership. It does not clear the personal lists of the mailbox."""
        self.run(self._command("remove", {"Identity": identity, "DomainController": domain_controller}))


def _cleared(value: object) -> object:
    """An empty list travels as `$null`, which clears; everything else as it is."""
    return None if value == () else value
