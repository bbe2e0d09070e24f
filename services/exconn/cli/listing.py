"""Lists: one page of a list of the monitor, limited to a connector, as a table, as JSON, or as names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from exconn.cli.session import CommandSession

#: The API gives this many rows at once; a list that is no longer needs no second page.
ONE_ANSWER = 500


def show_list(
    session: CommandSession,
    path: str,
    row: Callable[[dict[str, Any]], Mapping[str, object]],
    columns: Sequence[str],
    *,
    connector: str | None,
    empty: str,
    name: str = "id",
    wrap: Sequence[str] = (),
    legend: Callable[[list[dict[str, Any]]], Iterable[str]] = lambda _: (),
    **wanted: Any,
) -> None:
    """Print one page of the list at /v1/`path`, which its answer has under the same name, and how to see more.

    `name` is what --quiet prints. Where the terminal is too narrow, the columns in `wrap` go on in a second line.
    `legend` says below it what people need to read the table, or what to type next.
    """
    limited = session.connector_filter(connector)
    found = session.monitor.get(f"/v1/{path}", connector=limited, **wanted)
    rows = [row(each) for each in found[path]]
    session.out.listing(found, rows, columns, name=name, empty=empty, wrap=wrap)
    if session.out.for_people:
        below = list(legend(found[path]))
        for line in ["", *below] if below else []:
            session.out.line(line)
    if "after" in wanted and found["next"]:
        session.out.note(_more(found, len(rows), first=not wanted["after"]))


def _more(found: Mapping[str, Any], shown: int, *, first: bool) -> str:
    total = found.get("total")
    if total and first and total <= ONE_ANSWER:
        return f"{shown} of {total}; more with --limit {total}"
    return f"{shown} are shown; go on with --after {found['next']}"
