"""Where Exchange is and who we are there, as a definition says it."""

from exconn.connector import AccountRole, ConnectorDefinition, read_secret
from exconn.exchange import Endpoint


class NoAccountError(Exception):
    """The connector's definition names no account for a role."""

    def __init__(self, connector: str, role: AccountRole) -> None:
        self.connector = connector
        self.role = role
        super().__init__(f"connector {connector} has no account for {role}: add [accounts.{role}] and apply it")


def endpoint_of(definition: ConnectorDefinition, role: AccountRole) -> Endpoint:
    """The address with that role's account; its password is read from its file each time.

    Raises NoAccountError, SecretError and EndpointRefused.
    """
    account = definition.accounts.of(role)
    if account is None:
        raise NoAccountError(definition.name, role)
    site = definition.exchange.sites()[0]
    return Endpoint(
        url=site.url,
        site=site.site,
        auth=definition.exchange.auth,
        ca_file=definition.exchange.ca_file,
        hosted=definition.exchange.hosted,
        username=account.username,
        password=read_secret(account.password_file),
    )
