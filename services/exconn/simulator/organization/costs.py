"""What cmdlets cost: how long each takes beside what the simulator itself needs, by its name."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from exconn.simulator.errors import BadRequest

_Order = Callable[[list[str], dict[str, str], dict[str, Any]], dict[str, Any]]


class Cost(BaseModel):
    """How long a cmdlet takes; `unfiltered` is of calls only that ask for everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(ge=0, le=600)
    unfiltered: bool = False


#: By the names of cmdlets, in any case.
CostTable = dict[str, Cost]
_TABLE: TypeAdapter[CostTable] = TypeAdapter(CostTable)
#: The slowest call of an organization that has grown: all mailboxes, without a filter.
OLD_ESTATE: CostTable = {"Get-CASMailbox": Cost(seconds=1.0, unfiltered=True)}


class Costs:
    """The costs that hold now."""

    def __init__(self, first: CostTable) -> None:
        self._lock = Lock()
        self.first = first
        self.present = first

    def enter(self, table: CostTable) -> None:
        """Other costs from now on."""
        with self._lock:
            self.present = table

    def seconds(self, cmdlet: str, parameters: Mapping[str, object]) -> float:
        """How long a call takes."""
        by_name = {name.lower(): cost for name, cost in self.present.items()}
        cost = by_name.get(cmdlet.lower())
        narrowed = any(parameters.get(name) is not None for name in ("Identity", "Filter", "Mailbox"))
        return 0.0 if cost is None or (cost.unfiltered and narrowed) else cost.seconds


class CostOrders:
    """`GET /costs`, `POST /costs` with costs by cmdlet, `DELETE /costs`: those of the start again."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs

    @property
    def routes(self) -> dict[tuple[str, str], _Order]:
        """What the control port offers."""
        return {("GET", "costs"): self._show, ("POST", "costs"): self._order, ("DELETE", "costs"): self._restore}

    def _show(self, _path: list[str], _query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        return {name: cost.model_dump() for name, cost in self._costs.present.items()}

    def _order(self, path: list[str], query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        try:
            wanted = _TABLE.validate_python(body)
        except ValidationError as exc:
            first = exc.errors()[0]
            remedy = 'send {"Get-CASMailbox": {"seconds": 2, "unfiltered": true}}'
            raise BadRequest(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", remedy) from exc
        self._costs.enter({**self._costs.present, **wanted})
        return self._show(path, query, {})

    def _restore(self, path: list[str], query: dict[str, str], _body: dict[str, Any]) -> dict[str, Any]:
        self._costs.enter(self._costs.first)
        return self._show(path, query, {})
