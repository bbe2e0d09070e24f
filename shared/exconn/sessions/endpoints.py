"""Where Exchange is and who we are there, as a definition says it."""

from functools import partial
from urllib.parse import urlsplit

from pydantic import SecretStr

from exconn.connector import ConnectorDefinition, NotPermittedError, is_exchange_online, read_secret
from exconn.contracts.roles import AccountRole
from exconn.exchange import Candidate, Endpoint, ServiceEnded
from exconn.sessions.permitted import EVERYTHING, HOSTS, Permitted


class NoAccountError(Exception):
    """The connector's definition names no account for a role."""

    def __init__(self, connector: str, role: AccountRole) -> None:
        self.connector = connector
        self.role = role
        super().__init__(f"connector {connector} has no account for {role}: add [accounts.{role}] and apply it")


def endpoint_of(
    definition: ConnectorDefinition,
    role: AccountRole,
    candidate: Candidate | None = None,
    *,
    permitted: Permitted = EVERYTHING,
) -> Endpoint:
    """A candidate, or else the first configured address, with that role's account.

    A password is read from its file each time, after all that the definition says was found to be permitted.
    Raises NoAccountError, NotPermittedError, SecretError, EndpointRefused, and ServiceEnded for Exchange Online.
    """
    account = definition.accounts.of(role)
    if account is None:
        raise NoAccountError(definition.name, role)
    first = definition.exchange.sites()[0]
    url = candidate.url if candidate else first.url
    if is_exchange_online(url):
        raise ServiceEnded(url)
    permitted.check(definition, role)
    if not permitted.permits_url(url):
        raise NotPermittedError("host", urlsplit(url).hostname or url, HOSTS)
    # Discovered servers are asked under their own names, which hold the key.
    exchange = definition.exchange
    secret = partial(read_secret, below=permitted.secrets)
    arrays = {site.url: site.kerberos_host for site in definition.exchange.sites()}
    return Endpoint(
        url=url,
        site=(candidate.site if candidate else "") or first.site,
        auth=definition.exchange.auth,
        ca_file=definition.exchange.ca_file,
        hosted=definition.exchange.hosted,
        kerberos_host=arrays.get(url),
        proxy=exchange.proxy,
        proxy_username=exchange.proxy_username,
        proxy_password=secret(exchange.proxy_password_file) if exchange.proxy_password_file else SecretStr(""),
        username=account.username,
        password=secret(account.password_file) if account.password_file is not None else SecretStr(""),
        keytab_file=account.keytab_file,
        ticket_cache_file=account.ticket_cache_file,
        certificate_file=account.certificate_file,
        certificate_key_file=account.certificate_key_file,
    )
