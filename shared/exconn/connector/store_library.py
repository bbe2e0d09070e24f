"""The scripts that change connectors and pending changes."""

from functools import cache
from importlib import resources

from exconn.keyspace import Library

_SCRIPTS = ("change", "close", "propose")


@cache
def library() -> Library:
    """The library with all of them."""
    folder = resources.files("exconn.connector").joinpath("scripts")
    texts = {name: folder.joinpath(f"{name}.lua").read_text("utf-8") for name in (*_SCRIPTS, "tell")}
    return Library("connector", {name: texts[name] for name in _SCRIPTS}, prelude=texts["tell"])
