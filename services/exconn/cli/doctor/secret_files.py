"""The secret files that a definition names for an account, and whether they are on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exconn.connector import ConnectorDefinition
    from exconn.contracts import AccountRole


def secret_files(account: Any) -> list[Path]:
    """Every file that an account's definition names."""
    values = (getattr(account, name) for name in type(account).model_fields)
    return [value for value in values if isinstance(value, Path)]


def is_on_this_machine(definition: "ConnectorDefinition", role: "AccountRole") -> bool:
    """Whether the secret files of a role's account are here."""
    account = definition.accounts.of(role)
    return account is not None and all(path.exists() for path in secret_files(account))
