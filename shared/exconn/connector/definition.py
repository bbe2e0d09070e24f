"""What `connector.toml` says: where Exchange is, with which accounts, what to discover, what to enforce.

Frozen and closed. Secrets are references to files, never values. Policy settings that are not set keep what
Exchange has; `"default"` writes Exchange's documented default.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, StringConstraints, model_validator

from exconn.connector.part import Part
from exconn.connector.settings.models import Policy
from exconn.connector.values import (
    AbsoluteFile,
    Address,
    DomainName,
    Duration,
    HostName,
    ProxyAddress,
    TimeOfDay,
)
from exconn.contracts.request import Guid, Name
from exconn.contracts.roles import ACCOUNT_ROLES, AccountRole
from exconn.contracts.work import LONGEST_WINDOW

Auth = Literal["basic", "negotiate", "kerberos", "ntlm", "certificate"]

#: Where the secret of an account can be, and which of these a way to sign in can use.
_SECRETS = ("password_file", "keytab_file", "ticket_cache_file", "certificate_file")
_SECRETS_OF: dict[Auth, tuple[str, ...]] = {
    "basic": ("password_file",),
    "ntlm": ("password_file",),
    "negotiate": ("password_file",),
    "kerberos": ("keytab_file", "ticket_cache_file", "password_file"),
    "certificate": ("certificate_file",),
}

Site = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Share = Annotated[float, Field(gt=0, le=100)]

#: The site of a definition that has one address for everything.
DEFAULT_SITE = "Default"


class SiteServer(Part):
    """The Client Access server (or array) of one Active Directory site."""

    site: Site
    """Active Directory site, as Exchange names it."""
    url: Address
    """Address of that site's PowerShell virtual directory."""
    kerberos_host: HostName | None = None
    """The host whose service name holds the key, when the address is the name of an array."""


class Exchange(Part):
    """How Exchange is reached."""

    url: Address | None = None
    """One address for the whole organization; use `servers` for one address per site."""
    servers: tuple[SiteServer, ...] = Field(default=(), max_length=200)
    """One address per Active Directory site."""
    organization: Guid | None = None
    """The GUID of the Exchange organization; needed only where the servers are to belong to another one than before."""
    hosted: StrictBool = False
    """Hosted Exchange: one address, and no on-premises-only cmdlets."""
    domains: tuple[DomainName, ...] = Field(default=(), max_length=50)
    """Domains of further Exchange servers that the accounts may be shown to, beside those of the addresses."""
    auth: Auth = "kerberos"
    """How the accounts sign in; only kerberos also over http, and Microsoft supports only that by default."""
    kerberos_host: HostName | None = None
    """The host whose service name holds the key, when `url` is the name of an array."""
    ca_file: AbsoluteFile | None = None
    """Certificate authority that signed Exchange's certificate, when the system does not know it."""
    proxy: ProxyAddress | None = None
    """Proxy for the way to Exchange, as "http://host:port"; proxies of the environment are ignored."""

    proxy_username: Annotated[str, StringConstraints(max_length=256, pattern=r"^[^:\x00-\x1f]*$")] = ""
    """Account that the proxy asks for, if it does; by Basic, and shown to the proxy alone."""
    proxy_password_file: AbsoluteFile | None = None
    """File that holds its password, on the machine of each worker."""

    @model_validator(mode="after")
    def _account_belongs_to_a_proxy(self) -> Self:
        if bool(self.proxy_username) != (self.proxy_password_file is not None):
            raise ValueError("proxy_username and proxy_password_file belong together; write both, or neither")
        if self.proxy_username and self.proxy is None:
            raise ValueError("proxy_username means nothing without a proxy; write proxy, or leave it out")
        return self

    @model_validator(mode="after")
    def _one_kind_of_address(self) -> Self:
        if (self.url is None) == (not self.servers):
            raise ValueError("either url or servers is needed, not both; write one of them")
        if self.hosted and self.servers:
            raise ValueError("hosted Exchange has one address; write url instead of servers")
        if self.hosted and not str(self.url).startswith("https://"):
            raise ValueError("hosted Exchange is reached over https only; write https:// in url")
        sites = [server.site.casefold() for server in self.servers]
        if len(set(sites)) != len(sites):
            raise ValueError("a site appears twice in servers; keep one server or array per site")
        if self.kerberos_host and self.servers:
            raise ValueError("kerberos_host belongs to url; write it into the entries of servers")
        return self

    @model_validator(mode="after")
    def _sign_in_fits_the_address(self) -> Self:
        over_http = any(server.url.startswith("http://") for server in self.sites())
        if self.auth == "basic" and over_http:
            raise ValueError("basic would send the password readable over http; write https or another auth")
        if self.auth in ("ntlm", "negotiate") and over_http:
            shown = "a proof from which the password can be found"
            raise ValueError(f"{self.auth} over http shows everybody {shown}; write https, or auth kerberos")
        if self.auth == "certificate" and over_http:
            raise ValueError("a certificate signs in over https only; write https or another auth")
        if self.auth not in ("kerberos", "negotiate") and any(server.kerberos_host for server in self.sites()):
            raise ValueError(f"kerberos_host means nothing to auth {self.auth}; write kerberos, or leave it out")
        return self

    def sites(self) -> tuple[SiteServer, ...]:
        """Every configured address, with its site."""
        if self.url is not None:
            return (SiteServer(site=DEFAULT_SITE, url=self.url, kerberos_host=self.kerberos_host),)
        return self.servers


class Account(Part):
    """An Exchange account: a name, and where its secret is."""

    username: str = Field(min_length=1, max_length=256)
    """Account name, as DOMAIN\\name or name@domain; for kerberos always name@REALM."""
    password_file: AbsoluteFile | None = None
    """File that holds the password, on the machine of the worker that uses the account."""
    keytab_file: AbsoluteFile | None = None
    """kerberos: file with the account's keys, from which tickets are fetched; instead of a password."""
    ticket_cache_file: AbsoluteFile | None = None
    """kerberos: ticket cache that something else keeps fresh; instead of a keytab or password."""
    certificate_file: AbsoluteFile | None = None
    """certificate: the account's certificate as PEM; instead of a password."""
    certificate_key_file: AbsoluteFile | None = None
    """certificate: its key as PEM without passphrase, unless it is in certificate_file."""

    def misfit(self, auth: Auth) -> str | None:
        """What keeps this account from signing in that way, with the remedy; None when nothing does."""
        usable = _SECRETS_OF[auth]
        given = [name for name in _SECRETS if getattr(self, name) is not None]
        listed = " or ".join(usable)
        if foreign := [name for name in given if name not in usable]:
            return f"{foreign[0]} means nothing to auth {auth}; write {listed}"
        if len(given) != 1:
            return f"{'no secret' if not given else ' and '.join(given)}, where auth {auth} takes one; write {listed}"
        if self.certificate_key_file is not None and auth != "certificate":
            return f"certificate_key_file means nothing to auth {auth}; leave it out"
        if auth == "kerberos" and "\\" in self.username:
            return "username is no name that Kerberos knows; write name@REALM instead of DOMAIN\\name"
        return None


class Accounts(Part):
    """One account per service; the same account may be named more than once."""

    discovery: Account
    """Reads devices and owners."""
    policy: Account | None = None
    """Writes mailbox policies; needed before policy can be armed."""
    actions: Account | None = None
    """Wipes devices; needed before actions can be armed."""

    def of(self, role: AccountRole) -> Account | None:
        """The account of that role, or None when the definition names none."""
        found: Account | None = getattr(self, role)
        return found


class Discovery(Part):
    """What is discovered, and when."""

    full_every_hours: Annotated[StrictInt, Field(ge=1, le=168)] | None = None
    """Hours between full discoveries, 1 to 168; 24 when neither this nor `full_at` is written."""
    full_at: TimeOfDay | None = None
    """Time of day (UTC, "HH:MM") of a daily full discovery."""
    maximum_inactive_days: Annotated[StrictInt, Field(ge=1, le=3650)] | None = 30
    """Devices without a sync for longer are left out of the inventory; actions still reach them."""
    find_all: StrictBool = True
    """Discover the whole organization."""
    containers: tuple[Annotated[str, StringConstraints(min_length=1, max_length=500)], ...] = Field(
        default=(), max_length=100
    )
    """Only owners in these Active Directory containers (distinguished names)."""

    @property
    def full_every(self) -> timedelta | None:
        """The time between full discoveries, or None when `full_at` says when."""
        if self.full_at is not None:
            return None
        return timedelta(hours=self.full_every_hours or 24)

    @model_validator(mode="after")
    def _one_schedule_and_one_scope(self) -> Self:
        if self.full_every_hours is not None and self.full_at is not None:
            raise ValueError("full_every_hours and full_at are both set; keep one")
        if self.find_all and self.containers:
            raise ValueError("find_all and containers exclude each other; write find_all = false")
        if not self.find_all and not self.containers:
            raise ValueError("nothing would be discovered; write find_all = true or name containers")
        return self


class LimitWindow(Part):
    """At most `count` actions in any `within`."""

    count: Annotated[StrictInt, Field(ge=1, le=100_000)]
    """Actions."""
    within: Annotated[Duration, Field(le=LONGEST_WINDOW)]
    """Sliding window, such as 20m; at most 366 days."""


class Breaker(Part):
    """When destructive actions are held: too many in a short time, in a long time, or of the fleet."""

    short: LimitWindow = LimitWindow(count=10, within=timedelta(minutes=20))
    """Short window."""
    long: LimitWindow = LimitWindow(count=50, within=timedelta(days=1))
    """Long window."""
    fleet_percent: Share = 1.0
    """Share of the known devices, per long window."""
    fleet_floor: Annotated[StrictInt, Field(ge=1, le=1000)] = 3
    """What the share never goes below."""


class Quota(Part):
    """How much one requester may ask for."""

    per_hour: Annotated[StrictInt, Field(ge=1, le=100_000)] = 5
    """Device actions per hour and requester."""
    per_day: Annotated[StrictInt, Field(ge=1, le=100_000)] = 20
    """Device actions per day and requester."""


class LimitSettings(Part):
    """The brakes, of a connector or a deployment; whatever exceeds them is held for a person, never dropped."""

    erase: Breaker = Breaker()
    """Wipes."""
    disconnect: Breaker = Breaker()
    """Removals and blocks."""
    quota: Quota = Quota()
    """Per requester; the registry of requesters can give one less."""


#: A wipe that was issued is looked at this often at least, whatever a definition says: one that is to wait for longer
#: stands still, and the monitor says so.
LONGEST_PAUSE = timedelta(days=1)


class Lookups(Part):
    """How a wipe is followed after it was issued."""

    first: Annotated[Duration, Field(le=LONGEST_PAUSE)] = timedelta(seconds=5)
    """Time to the first look, a day at most."""
    longest_pause: Annotated[Duration, Field(le=LONGEST_PAUSE)] = timedelta(minutes=5)
    """Longest time between two looks, a day at most."""
    deadline: Duration = timedelta(hours=72)
    """Time without acknowledgement after which a person is asked."""
    unreported_after: Duration = timedelta(hours=1)
    """Time after which a wipe that was sent to Outlook, which never reports, has ended."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.first <= self.longest_pause < self.deadline:
            order = "first <= longest_pause < deadline"
            raise ValueError(f"first, longest_pause and deadline are out of order; write {order}")
        return self


#: Shells that Exchange gives an account: hosted, and on an organization's own servers.
_MOST_HOSTED, _MOST = 3, 18


class SeatSettings(Part):
    """How many Exchange sessions an account has at a time, over all workers."""

    total: Annotated[StrictInt, Field(ge=1, le=_MOST)] | None = None
    """Sessions per account, 1 to 18 (hosted: 1 to 3); 4 (hosted: 3) when not written."""
    for_actions: Annotated[StrictInt, Field(ge=0, le=_MOST - 1)] = 1
    """Sessions of those that only device actions take; less than the total."""

    @model_validator(mode="after")
    def _some_left(self) -> Self:
        if self.total is not None and self.total <= self.for_actions and self.total > 1:
            raise ValueError("for_actions leaves no session for anything else; write less than total")
        return self

    def of(self, *, hosted: bool) -> tuple[int, int]:
        """Sessions in all, and those kept for device actions."""
        total = self.total or (_MOST_HOSTED if hosted else 4)
        return total, min(self.for_actions, total - 1)


class ConnectorDefinition(Part):
    """A connector as its operators define it."""

    name: Name
    """The connector's name: lower-case letters, digits and dashes."""
    exchange: Exchange
    """How Exchange is reached."""
    accounts: Accounts
    """With which accounts."""
    seats: SeatSettings = SeatSettings()
    """How many sessions at a time."""
    discovery: Discovery = Discovery()
    """What is discovered, and when."""
    policy: Policy = Policy()
    """Settings groups to guard."""
    limits: LimitSettings = LimitSettings()
    """The brakes."""
    lookups: Lookups = Lookups()
    """How a wipe is followed."""

    @model_validator(mode="after")
    def _fits_hosted(self) -> Self:
        if self.exchange.hosted and (self.seats.total or 0) > _MOST_HOSTED:
            raise ValueError(f"hosted Exchange gives an account {_MOST_HOSTED} sessions; write seats.total = 3 or less")
        return self

    @model_validator(mode="after")
    def _accounts_can_sign_in(self) -> Self:
        for role in ACCOUNT_ROLES:
            account = self.accounts.of(role)
            if account is not None and (problem := account.misfit(self.exchange.auth)) is not None:
                raise ValueError(f"accounts.{role}: {problem}")
        return self
