"""Looks at one account of Exchange: signing in, the organization, versions, rights that lack, rights too many.

Everything is looked up. No cmdlet that changes anything in Exchange is run, not even to try.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, skipped, warning
from exconn.cli.doctor.names import access_rules
from exconn.cli.doctor.network import TLS_13_REMEDY
from exconn.cli.doctor.turned_away import account_word, next_step, said_of
from exconn.cli.doctor.versions import version_findings

if TYPE_CHECKING:
    from exconn.contracts import AccountRole
    from exconn.exchange import Endpoint, Session
    from exconn.sessions import SharedAccount

_SCRIPTS = "exconn doctor --roles DIRECTORY writes"


def account(worker: ExaminedWorker, role: "AccountRole") -> Iterator[Finding]:
    """Everything about the account of one role."""
    from exconn.connector import ConnectorError
    from exconn.exchange import ExchangeError
    from exconn.sessions import NoAccountError

    try:
        endpoint = worker.endpoint(role)
    except (ConnectorError, ExchangeError, NoAccountError) as exc:
        yield failed(f"{role}: account", str(exc), "", ExitCode.BAD_INPUT)
        return
    if endpoint.url not in worker.reached:
        yield skipped(f"{role}: sign-in", f"{endpoint.server} is out of reach")
        return
    if role in worker.without_ticket:
        yield skipped(f"{role}: sign-in", "without a ticket for Exchange it would be refused")
        return
    shared = worker.shared_account(role, endpoint)
    with _seat(role, shared) as seat:
        if seat is not None:
            yield seat
        yield from _in_session(worker, role, endpoint, shared)
        if role in worker.signed_in:
            yield from _elsewhere(worker, role, shared)


def _elsewhere(worker: ExaminedWorker, role: "AccountRole", shared: "SharedAccount | None") -> Iterator[Finding]:
    """Whether the account may sign in at the addresses of the other sites as well."""
    from exconn.exchange import Candidate, CandidateSource, ExchangeError

    sites = worker.definition.exchange.sites() if worker.definition else ()
    for site in sites[1:]:
        if site.url not in worker.reached:
            continue
        endpoint = worker.endpoint(role, Candidate(url=site.url, site=site.site, step=CandidateSource.CONFIGURED))
        try:
            _opened(endpoint, shared).close()
        except ExchangeError as exc:
            yield _not_opened(worker, role, endpoint, exc)
        else:
            yield ok(f"{role}: sign-in", f"a session on {endpoint.server} for site {site.site}")


def _opened(endpoint: "Endpoint", shared: "SharedAccount | None") -> "Session":
    """A session, within the limit of tries that keeps the directory from locking the account."""
    from exconn.exchange import Session

    return Session.open(endpoint) if shared is None else shared.sign_in(endpoint)


@contextmanager
def _seat(role: "AccountRole", shared: "SharedAccount | None") -> Iterator[Finding | None]:
    """One seat of the account while it is looked at, where they are counted."""
    if shared is None:
        yield None
        return
    seat = shared.seats.take(role)
    if seat is None:
        remedy = "nothing, while work is running; if it stays so, workers keep more sessions than they should"
        yield warning(f"{role}: seats", "every seat of the account is taken; one more session is opened", remedy)
        return
    try:
        yield ok(f"{role}: seats", "a session seat was free")
    finally:
        shared.seats.give_back(seat)


def _in_session(
    worker: ExaminedWorker, role: "AccountRole", endpoint: "Endpoint", shared: "SharedAccount | None"
) -> Iterator[Finding]:
    from exconn.exchange import ExchangeError

    try:
        session = _opened(endpoint, shared)
    except ExchangeError as exc:
        yield _not_opened(worker, role, endpoint, exc)
        return
    with session:
        worker.signed_in.append(role)
        who = endpoint.username or "the ticket's owner"
        said = f"{who} opened a session on {session.server} with {endpoint.auth}{_unsupported(endpoint)}"
        yield ok(f"{role}: sign-in", f"{said}; {session.answering_server} answers", **_servers(session))
        yield from _lowered(role, endpoint)
        try:
            if role == "discovery":
                yield from _organization(worker, session)
                yield from version_findings(session)
            yield ok(f"{role}: dialect", f"the session has the {session.dialect} names", dialect=session.dialect)
            yield from _rights(worker, role, session)
            yield from _too_much(worker, role, session)
        except ExchangeError as exc:
            yield failed(f"{role}: session", said_of(exc), next_step(exc, endpoint))


def _servers(session: "Session") -> dict[str, str]:
    return {"dialled": session.server, "answering": session.answering_server}


def _unsupported(endpoint: "Endpoint") -> str:
    if endpoint.auth == "kerberos" or endpoint.hosted:
        return ""
    return ", which is not supported by Microsoft on the default directory"


def _lowered(role: "AccountRole", endpoint: "Endpoint") -> Iterator[Finding]:
    """Where TLS 1.3 was given up, and why."""
    from exconn.exchange.wsman.tls_versions import lowered

    if why := lowered(endpoint.server, endpoint.port):
        yield warning(f"{role}: tls", f"signed in with TLS 1.2 because over TLS 1.3 {why}", TLS_13_REMEDY)


def _not_opened(worker: ExaminedWorker, role: "AccountRole", endpoint: "Endpoint", error: Exception) -> Finding:
    from exconn.exchange import CmdletMissing, Throttled, Unauthorized, Unreachable, UntrustedCertificate

    check = f"{role}: sign-in"
    if remedy := next_step(error, endpoint):
        code = ExitCode.UNREACHABLE if isinstance(error, Unreachable) else ExitCode.UNHEALTHY
        return failed(check, said_of(error), remedy, code)
    if isinstance(error, UntrustedCertificate):
        return failed(check, str(error), "")
    if isinstance(error, Unreachable):
        return failed(check, str(error), "see the looks at dns, tcp and http above", ExitCode.UNREACHABLE)
    if isinstance(error, Unauthorized):
        remedy = _letting_in(role, endpoint)
        return failed(check, str(error), f"{remedy}{access_rules(worker, role, endpoint)}")
    if isinstance(error, CmdletMissing):
        return failed(check, str(error), f"assign a role with it: {_SCRIPTS} one for {role}")
    if isinstance(error, Throttled):
        return failed(check, str(error), "wait, or close sessions that others left open with this account")
    return failed(check, str(error), "")


def _letting_in(role: "AccountRole", endpoint: "Endpoint") -> str:
    """Only users have a switch for remote PowerShell; the names of computers and managed services end in a dollar."""
    if endpoint.username.partition("@")[0].endswith("$"):
        return f"give it its role: {_SCRIPTS} a script for {role}"
    return f"run: Set-User {account_word(endpoint)} -RemotePowerShellEnabled $true"


def _organization(worker: ExaminedWorker, session: "Session") -> Iterator[Finding]:
    from exconn.exchange import Gaps

    gaps = Gaps()
    found = session.organization_settings(gaps)
    known = worker.state.organization if worker.state else None
    said = f"{found.guid} ({found.distinguished_name or 'no name shown'})"
    if known and known != found.guid:
        remedy = "correct url: this connector was installed for another organization"
        yield failed("organization", f"{said}, but the connector was installed for {known}", remedy)
    else:
        yield ok("organization", said, guid=found.guid)
    if gaps.total:
        kinds = ", ".join(f"{count} of {kind}" for kind, count in gaps.by_kind.items())
        remedy = (
            "run Get-ActiveSyncOrganizationSettings in the Exchange Management Shell, and mend what it complains of"
        )
        yield warning("organization", f"errors stood beside it: {kinds}", remedy, kinds=gaps.by_kind)


def _rights(worker: ExaminedWorker, role: "AccountRole", session: "Session") -> Iterator[Finding]:
    """What the account lacks for what is armed or was asked for."""
    from exconn.exchange import report, requirements_of

    settings = worker.definition.policy.guarded() if worker.definition else ()
    check = f"{role}: rights"
    missing = report(session, [role], settings=settings).missing
    for each in missing:
        data: dict[str, Any] = {
            "cmdlet": each.lack.cmdlet,
            "parameters": list(each.lack.parameters),
            "role": each.role,
        }
        yield failed(check, each.said, each.remedy, ExitCode.UNHEALTHY, **data)
    if not missing:
        count = len(requirements_of(role, hosted=session.hosted, settings=settings))
        yield ok(check, f"all {count} cmdlets with their parameters are there for {role}")


def _too_much(worker: ExaminedWorker, role: "AccountRole", session: "Session") -> Iterator[Finding]:
    """What the account could do and must not."""
    from exconn.exchange.rights.forbidden import forbidden_for, in_reach

    check, roles = f"{role}: forbidden", worker.shared_by(role)
    found = in_reach(session, roles)
    remedy = f"take it from the account's role; {_SCRIPTS} a script with the least for {role}"
    for reason in dict.fromkeys(each.reason for each in found):
        group = [each for each in found if each.reason == reason]
        said = f"{', '.join(map(str, group))} {'are' if len(group) > 1 else 'is'} in reach: {reason}"
        cmdlets = [each.cmdlet for each in group]
        if group[0].severity == "failed":
            yield failed(check, said, remedy, cmdlets=cmdlets)
        else:
            yield warning(check, said, remedy, cmdlets=cmdlets)
    if not found:
        yield ok(check, f"none of {len(forbidden_for(roles))} forbidden cmdlets is shown to the account")
