"""Looks at the name under which Kerberos asks for Exchange, and at what a refusal can mean once it has a ticket."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exconn.cli.command_errors import ExitCode
from exconn.cli.doctor.examined_worker import ExaminedWorker
from exconn.cli.doctor.findings import Finding, failed, ok, warning
from exconn.cli.doctor.turned_away import rule_test

if TYPE_CHECKING:
    from exconn.contracts import AccountRole
    from exconn.exchange import Endpoint
    from exconn.exchange.wsman.service_name import ServiceName

_NAMES_OF_OUR_OWN = "set rdns = false in krb5.conf, as deploy/krb5.conf has it, or correct the reverse record"
_OF_AN_ALIAS = (
    "write the server's own name into url, or register the name that is missing; with dns_canonicalize_hostname = "
    "fallback, as deploy/krb5.conf has it, the alias is asked for as well"
)
_UNREGISTERED = (
    "look which account holds the name (setspn -Q); where url is the name of an array, set kerberos_host to the host "
    "whose name is registered"
)


def service_names(worker: ExaminedWorker, role: "AccountRole") -> Iterator[Finding]:
    """The service of each address, for the account of a role, where it signs in with Kerberos."""
    from exconn.connector import ConnectorError
    from exconn.exchange import ExchangeError
    from exconn.sessions import NoAccountError

    if worker.definition is None or worker.definition.exchange.auth != "kerberos" or role in worker.without_ticket:
        return
    try:
        endpoints = list(_endpoints(worker, role))
    except (ConnectorError, ExchangeError, NoAccountError):
        return  # the look at the account says it
    for endpoint in endpoints:
        service = _asked_for(worker, role, endpoint)
        if service is None:
            return  # the sign-in says why
        if endpoint is endpoints[0]:
            (worker.without_ticket if service.error else worker.with_ticket).append(role)
        yield _described(f"{role}: service name", service)
        if service.is_account_refused:
            return


def _endpoints(worker: ExaminedWorker, role: "AccountRole") -> "Iterator[Endpoint]":
    from exconn.exchange import Candidate, CandidateSource

    for site in worker.definition.exchange.sites() if worker.definition else ():
        yield worker.endpoint(role, Candidate(url=site.url, site=site.site, step=CandidateSource.CONFIGURED))


def _asked_for(worker: ExaminedWorker, role: "AccountRole", endpoint: "Endpoint") -> "ServiceName | None":
    """None without the libraries, where the account has no ticket of its own, and where no try to sign in is left."""
    from exconn.exchange import NoSeat, TriesUsedUp
    from exconn.exchange.wsman.account_tickets import AccountTickets, signs_in_by_password
    from exconn.exchange.wsman.service_name import asked_for

    tickets = worker.tickets = worker.tickets or AccountTickets()
    shared = worker.shared_account(role, endpoint)
    try:
        if shared is None or tickets.knows(endpoint) or not signs_in_by_password(endpoint):
            return asked_for(endpoint, tickets)
        return shared.show_secret(endpoint, lambda: asked_for(endpoint, tickets), is_refused=_is_refused)
    except (ImportError, NoSeat, TriesUsedUp):
        return None


def _is_refused(service: "ServiceName | None") -> bool:
    """Whether the domain controller refused the password; one that does not answer has not seen it."""
    from exconn.exchange import is_refusal

    if service is None or service.error is None:
        return False
    return service.is_account_refused and is_refusal(service.error)


def _described(check: str, service: "ServiceName") -> Finding:
    from exconn.exchange import Unreachable
    from exconn.exchange.wsman.service_name import Renamed

    host = service.wanted.partition("/")[2]
    data: dict[str, Any] = {"wanted": service.wanted, "asked": service.asked}
    said, remedy = f"Kerberos asks for {service.asked}", _UNREGISTERED
    if service.renamed is Renamed.REVERSE_DNS:
        said += f" instead of {service.wanted}: reverse DNS gives {', '.join(service.addresses)} that name"
        remedy = _NAMES_OF_OUR_OWN
    elif service.renamed is Renamed.ALIAS:
        said += f", for which {host} is an alias"
        remedy = _OF_AN_ALIAS
    if isinstance(service.error, Unreachable):
        return failed(check, str(service.error), "", ExitCode.UNREACHABLE, **data)
    if service.is_account_refused:
        return failed(check, f"no ticket to ask with: {service.error}", "", **data)
    if service.is_unknown:
        return failed(check, f"{said}; no account holds it", remedy, **data)
    if service.error is not None:
        return failed(check, f"{said}: {service.error}", "", **data)
    if service.renamed is Renamed.REVERSE_DNS:
        return warning(check, said, remedy, **data)
    return ok(check, said, **data)


def access_rules(worker: ExaminedWorker, role: "AccountRole", endpoint: "Endpoint") -> str:
    """What else to look for when Exchange refuses an account whose sign-in is right; empty where it may be wrong."""
    if role not in worker.with_ticket:
        return ""
    return (
        "; Kerberos has let it in, so from Exchange 2019 on a Client Access Rule may refuse this machine, too: "
        f"{rule_test(endpoint)}"
    )
