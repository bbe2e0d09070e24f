"""The scripts that change connectors and pending changes."""

from functools import cache
from importlib import resources

from exconn.keyspace import Library, ended_stream, keys

_SCRIPTS = ("change", "close", "propose")


@cache
def library() -> Library:
    """The library with all of them."""
    folder = resources.files("exconn.connector").joinpath("scripts")
    texts = {name: folder.joinpath(f"{name}.lua").read_text("utf-8") for name in (*_SCRIPTS, "tell")}
    prelude = f"{ended_stream.LUA}local function enter() refuse_ended('{keys.STATUS}') end\n{texts['tell']}"
    return Library("connector", {name: texts[name] for name in _SCRIPTS}, prelude)
