"""The accounts of a connector, by what each is for, and which of them a person arms."""

from typing import Literal, get_args

#: Whose account a worker uses. Discovery only reads; policy writes mailbox policies; actions acts on single devices.
AccountRole = Literal["discovery", "policy", "actions"]
#: What may change Exchange, and only once it was armed.
Feature = Literal["policy", "actions"]

ACCOUNT_ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
FEATURES: tuple[Feature, ...] = get_args(Feature)
