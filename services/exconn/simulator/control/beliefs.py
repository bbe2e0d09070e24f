"""`GET /beliefs`, `POST /beliefs` with those that are to change, `DELETE /beliefs`: how wipes are taken from now on."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from exconn.simulator.errors import BadRequest
from exconn.simulator.organization.world import Stage
from exconn.simulator.phones.beliefs import Beliefs

_Order = Callable[[list[str], dict[str, str], dict[str, Any]], dict[str, Any]]


class BeliefOrders:
    """Looks and orders about beliefs; they outlive a reset."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._first = stage.world.phones.beliefs

    @property
    def routes(self) -> dict[tuple[str, str], _Order]:
        """What the control port offers."""
        return {("GET", "beliefs"): self._show, ("POST", "beliefs"): self._order, ("DELETE", "beliefs"): self._restore}

    def _show(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        return self._stage.world.phones.beliefs.model_dump(mode="json")

    def _order(self, _path: list[str], _query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        present = self._stage.world.phones.beliefs.model_dump()
        try:
            wanted = Beliefs.model_validate({**present, **body})
        except ValidationError as exc:
            first = exc.errors()[0]
            fields = ", ".join(Beliefs.model_fields)
            raise BadRequest(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", f"fields: {fields}") from exc
        return self._enter(wanted)

    def _restore(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        return self._enter(self._first)

    def _enter(self, beliefs: Beliefs) -> dict[str, Any]:
        self._stage.world.phones.beliefs = beliefs
        return beliefs.model_dump(mode="json")
