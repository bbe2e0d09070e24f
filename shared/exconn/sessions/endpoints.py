"""Where Exchange is and who we are there, as a definition says it."""

from exconn.connector import AccountRole, ConnectorDefinition, is_exchange_online, read_secret
from exconn.exchange import Candidate, Endpoint, ServiceEnded


class NoAccountError(Exception):
    """The connector's definition names no account for a role."""

    def __init__(self, connector: str, role: AccountRole) -> None:
        self.connector = connector
        self.role = role
        super().__init__(f"connector {connector} has no account for {role}: add [accounts.{role}] and apply it")


def endpoint_of(definition: ConnectorDefinition, role: AccountRole, candidate: Candidate | None = None) -> Endpoint:
    """A candidate, or else the first configured address, with that role's account.

    The password is read from its file each time. Raises NoAccountError, SecretError, EndpointRefused, and ServiceEnded
    for Exchange Online.
    """
    account = definition.accounts.of(role)
    if account is None:
        raise NoAccountError(definition.name, role)
    first = definition.exchange.sites()[0]
    url = candidate.url if candidate else first.url
    if is_exchange_online(url):
        raise ServiceEnded(url)
    return Endpoint(
        url=url,
        site=(candidate.site if candidate else "") or first.site,
        auth=definition.exchange.auth,
        ca_file=definition.exchange.ca_file,
        hosted=definition.exchange.hosted,
        username=account.username,
        password=read_secret(account.password_file),
    )
