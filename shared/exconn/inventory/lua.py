"""The fold scripts as one library, with the sizes of the layout and the place of jobs rendered in front of them.

None is flagged allow-oom: on a full server facts wait, so that jobs can go on.
"""

from functools import cache
from importlib.resources import files

from exconn.inventory import layout
from exconn.keyspace import Library, count, ended_stream, keys

_SIZES = {
    "DIGEST": layout.DIGEST,
    "DIRECTORY": layout.DIRECTORY,
    "STATISTICS": layout.STATISTICS.size,
    "DATES": layout.EXACT_DATES.size,
    "EXACT": layout.EXACT.size,
    "MOST_ACCESS": layout.MOST_ACCESS,
    "MOST_MAKES": layout.MOST_MAKES,
    "MOST_REQUESTORS": layout.MOST_REQUESTORS,
}


#: A script for each type of page, one for what could not be read, and one for what an action has read back.
SCRIPTS = ("devices", "statistics", "owners", "gaps", "finalise", "acknowledged")


@cache
def library() -> Library:
    """All fold scripts, and what they share."""
    sizes = "\n".join(f"local {size} = {value}" for size, value in _SIZES.items())
    job = f"local JOB = '{keys.job('')}'"
    prelude = "\n".join((sizes, job, ended_stream.LUA, count.LUA, _read("prelude")))
    return Library("register", {name: _read(name) for name in SCRIPTS}, prelude)


def _read(name: str) -> str:
    return (files("exconn.inventory") / "scripts" / f"{name}.lua").read_text(encoding="utf-8")
