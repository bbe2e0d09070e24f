"""The control port's orders about passwords: rotated, or no longer valid."""

import secrets
from typing import Any

from pydantic import SecretStr

from exconn.simulator.errors import BadRequest
from exconn.simulator.organization.accounts import SimulatedAccounts


class AccountOrders:
    """`POST /accounts/<account>/password` with `password`, or without for one that nobody knows."""

    def __init__(self, accounts: SimulatedAccounts) -> None:
        self._accounts = accounts

    def change(self, path: list[str], _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """Another password; requests with the old one are refused from now on, in open sessions too."""
        if path[1:] != ["password"]:
            raise BadRequest("what shall happen to the account?", "POST /accounts/<account>/password", status=404)
        password = body.get("password", secrets.token_urlsafe(18))
        if not isinstance(password, str) or not password:
            raise BadRequest("the password must be a text", 'send {"password": "..."}, or {} to lock everybody out')
        if not self._accounts.set_password(path[0], SecretStr(password)):
            raise BadRequest(f"no account {path[0]!r}", "see GET /roles for their names", status=404)
        return {"status": "ok"}
