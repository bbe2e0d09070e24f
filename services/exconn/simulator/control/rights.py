"""The control port's orders about roles: what sessions that are opened from now on let an account see."""

from typing import Any

from exconn.simulator.errors import BadRequest
from exconn.simulator.organization.accounts import SimulatedAccount, SimulatedAccounts
from exconn.simulator.organization.roles import RoleEntry, UnknownEntry


class RightsOrders:
    """`GET /roles`, `POST /roles/<account>` with `without` and `also`, `DELETE /roles` or `/roles/<account>`."""

    def __init__(self, accounts: SimulatedAccounts) -> None:
        self._accounts = accounts

    def show(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        """Every account with its role, and what was taken from it and given to it."""
        return {"accounts": {a.name: _shown(self._accounts.present(a)) for a in self._accounts.all}}

    def change(self, path: list[str], _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """Other rights for one account; replaces an earlier order for it."""
        name = path[0] if path else ""
        unknown = sorted(body.keys() - {"without", "also"})
        lists = [body.get(field, []) for field in ("without", "also")]
        if unknown or not all(isinstance(each, list) and all(isinstance(e, str) for e in each) for each in lists):
            raise BadRequest(
                "the order can't be read", 'send {"without": ["Clear-*", "Set-CASMailbox -Name"], "also": []}'
            )
        try:
            account = self._accounts.change_rights(name, *lists)
        except UnknownEntry as exc:
            raise BadRequest(str(exc), "write Verb-Noun, or Verb-Noun -Parameter") from exc
        if account is None:
            raise BadRequest(f"no account {name!r}", "see GET /roles", status=404)
        return {name: _shown(account)}

    def restore(self, path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        """The rights of the start again."""
        if not self._accounts.restore_rights(path[0] if path else None):
            raise BadRequest(f"no account {path[0]!r}", "see GET /roles", status=404)
        return {"status": "ok"}


def _shown(account: SimulatedAccount) -> dict[str, Any]:
    return {
        "role": account.role,
        "without": [_text(entry) for entry in account.without],
        "also": [_text(entry) for entry in account.also],
    }


def _text(entry: RoleEntry) -> str:
    return " ".join([entry.cmdlet, *(f"-{name}" for name in sorted(entry.parameters))])
